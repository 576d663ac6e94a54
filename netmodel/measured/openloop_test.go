package measured

import (
	"fmt"
	"strings"
	"testing"
)

func TestOpenLoopsAreDecidedAsLogged(t *testing.T) {
	all := replayFile(t, "L12_openloop")
	s := sum(all)
	if s.DecisionsAgree != 34584 || s.Decisions != 34644 {
		t.Errorf("L12_openloop: %d of %d decisions agree, want 34584 of 34644", s.DecisionsAgree, s.Decisions)
	}
	if s.Agree != 188 || s.Fields != 220 {
		t.Errorf("L12_openloop: %d of %d fields agree, want 188 of 220", s.Agree, s.Fields)
	}
	// Of the 60 that differ: how many for which reason.
	causes := map[string]int{}
	for _, d := range s.Differences {
		if d.Cause == "" {
			t.Errorf("L12_openloop: %s differs without a cause: %s", d.Field, d.Example)
		}
		if !strings.HasPrefix(d.Cause, "follows from") {
			for part := range strings.SplitSeq(d.Cause, "; ") {
				n, why := 0, ""
				if _, err := fmt.Sscanf(part, "%d %s", &n, &why); err != nil {
					t.Errorf("L12_openloop: cause %q: want a number and a reason: %v", part, err)
				}
				causes[why] += n * d.Times
			}
		}
	}
	want := map[string]int{"within": 42, "with": 5, "which": 7, "unexplained": 6} // an accept, the half-open count, a burst
	if fmt.Sprint(causes) != fmt.Sprint(want) {
		t.Errorf("L12_openloop: causes by their first word %v, want %v", causes, want)
	}
}

// loop is an open-loop log of the given events on a listener with backlog 0.
func loop(t *testing.T, events string) *Comparison {
	t.Helper()
	c, err := play("openloop", `{"backlog":0}`, `{"events_us":[`+events+`]}`)
	if err != nil {
		t.Fatalf("log %s: %v", events, err)
	}
	return c
}

func TestLogsAreJudgedByWhatFollows(t *testing.T) {
	const first = `[1000,"S",0],[1001,"s",0],[1002,"A",0],` // the queue of one is full
	for _, tt := range []struct {
		name, events     string
		decisions, agree int
		cause            string
		why              string
	}{
		{"full", first + `[2000,"S",1],[900000,"a",0]`, 4, 4, "", "a SYN at a full queue is ignored"},
		{"overshoot", first + `[2000,"S",1],[2001,"s",1],[900000,"a",0]`, 4, 3, "1 unexplained", "the kernel answered what the model ignores"},
		{"stamp", first + `[2000,"S",1],[2001,"s",1],[2100,"a",0]`, 4, 3, "1 within 2 ms of the return of an accept, which was stamped late", "it had accepted before"},
		{"ignored", first + `[900000,"a",0],[910000,"S",1],[1920000,"S",1]`, 5, 3, "2 unexplained", "room, and yet no answer"},
		{"order", first + `[1005,"a",0],[1100,"S",1],[1101,"s",1],[1102,"A",1],[1150,"a",1]`, 6, 6, "", "accept in the order of completion"},
		{"data", first + `[1005,"a",0],[1100,"S",1],[1101,"s",1],[1102,"A",1],[1103,"D",1],[1150,"a",1]`, 6, 6, "", "the ACK let it in: the data behind it decides nothing"},
	} {
		c := loop(t, tt.events)
		if c.Decisions != tt.decisions || c.DecisionsAgree != tt.agree {
			t.Errorf("%s: %d of %d decisions agree, want %d of %d (%s)", tt.name, c.DecisionsAgree, c.Decisions, tt.agree, tt.decisions, tt.why)
		}
		if cause := c.Fields[0].Cause; cause != tt.cause {
			t.Errorf("%s: cause %q, want %q (%s)", tt.name, cause, tt.cause, tt.why)
		}
	}
}
