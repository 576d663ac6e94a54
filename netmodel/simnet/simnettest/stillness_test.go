package simnettest

import (
	"strings"
	"testing"
	"time"
)

// told passes on what is written to it.
type told chan string

func (c told) Write(b []byte) (int, error) {
	c <- string(b)
	return len(b), nil
}

func TestTimeThatStandsStillIsTold(t *testing.T) {
	messages := make(told, 1)
	beat, stop := watchStillness(messages, "TestX", 20*time.Millisecond)
	defer stop()
	beat.Store(int64(3 * time.Second))
	select {
	case m := <-messages:
		for _, want := range []string{"TestX", "stood still at 3s", "made outside of the function given to Run"} {
			if !strings.Contains(m, want) {
				t.Errorf("the message is %q, want %q in it", m, want)
			}
		}
	case <-time.After(10 * time.Second):
		t.Error("virtual time stands still, and nobody says so")
	}
}

func TestTimeThatPassesIsNotTold(t *testing.T) {
	messages := make(told, 1)
	beat, stop := watchStillness(messages, "TestX", 50*time.Millisecond)
	for i := range 30 {
		beat.Store(int64(i))
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if len(messages) > 0 {
		t.Errorf("virtual time passes, and the message is %q", <-messages)
	}
}

func TestThePatternOfATestMatchesIt(t *testing.T) {
	for name, want := range map[string]string{
		"TestA":              "^TestA$",
		"TestA/sub":          "^TestA$/^sub$",
		"TestA/small_(a+b)$": `^TestA$/^small_\(a\+b\)\$$`,
	} {
		if got := pattern(name); got != want {
			t.Errorf("pattern(%q) = %s, want %s", name, got, want)
		}
	}
}
