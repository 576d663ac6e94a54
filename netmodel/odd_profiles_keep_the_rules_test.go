package netmodel_test

import (
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// The general rules also hold in legal profiles that no system has.

func TestSettingsThatNeedASynQueueOfItsOwnSaySo(t *testing.T) {
	for _, row := range []struct {
		why   string
		alter func(*netmodel.Profile)
		want  string
	}{
		{"there is nothing to share", func(p *netmodel.Profile) { p.SynQueue.Shared = true }, "SynQueue.Shared"},
		{"slots belong to one listener", func(p *netmodel.Profile) { p.Migrates = true }, "Migrates"},
	} {
		p := profiles.WSP()
		row.alter(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: Validate() = %v, want %s in it", row.why, err, row.want)
		}
	}
}

func TestARequestWithoutAnAnswerThatIsLostForADescriptorIsGone(t *testing.T) {
	p := profiles.Windows()
	p.StarvedLoses = true
	s := newStage(t, p, 2)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.set(s.fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	s.listen(5)
	s.exhaust()
	check(t, "SYN", s.syn("a"), "")
	check(t, "accept", s.accept(), "WSAEMFILE")
	s.wantQueue("it is lost", ". _ _ _ _") // four wait for a descriptor, as before
	s.wait(24 * time.Hour)
	check(t, "it hears nothing", s.heard("a"), "")
}

func TestASlotThatComesBackLateToAListenerThatIsGoneIsLost(t *testing.T) {
	p := exact(profiles.Linux())
	p.SlotReturnDelay = time.Second
	s := listening(t, p, 5)
	s.open("a")
	check(t, "accept", s.accept(), "a")
	wantErr(t, "shutdown", s.h.Shutdown(s.fd, winsock.SD_BOTH), 0)
	wantErr(t, "listen", s.h.Listen(s.fd, 5), 0)
	s.wait(2 * time.Second) // what always holds is checked then
	s.wantQueue("another listener", ". . . . . .")
}

func TestWhoIsHeldBackComesBeforeWhoComesLater(t *testing.T) {
	p := profiles.WSP()
	p.OnFull = netmodel.HoldWhenFull
	s := newStage(t, p, 3)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.listen(1)
	files := s.exhaust()
	s.open("a")
	check(t, "b finds the queue full", s.syn("b"), "")
	wantErr(t, "close", s.h.CloseFile(files[0]), 0)
	check(t, "accept", s.accept(), "a")
	check(t, "no descriptor fills the slot: b hears", s.heard("b"), "")
	wantErr(t, "close", s.h.CloseFile(files[1]), 0)
	check(t, "accept fills it", s.accept(), "WSAEWOULDBLOCK")
	check(t, "b hears", s.heard("b"), "SYN-ACK")
	check(t, "c finds the queue full", s.syn("c"), "")
}
