package lockstep

import (
	"slices"
	"strings"
	"testing"
)

// everyOp returns each kind with each value of N, or with some of them.
func everyOp() []Op {
	var out []Op
	for _, k := range Kinds() {
		_, client, n, names := k.describe()
		values := []int{0}
		switch n {
		case argName:
			values = nil
			for v := range names {
				values = append(values, v)
			}
		case argFaults:
			values = []int{0, 1, 2, 3, 4, 5, 6, 7}
		case argNumber:
			values = []int{0, 1, 200, longestPause}
			if k == Listen {
				values = append(values, -1, -1<<31, 1<<31-1)
			}
		}
		for _, v := range values {
			out = append(out, Op{k, 0, v})
			if client {
				out = append(out, Op{k, MaxClients - 1, v})
			}
		}
	}
	return out
}

func TestEveryOperationCanBeReadBack(t *testing.T) {
	seen := map[string]Op{}
	for _, op := range everyOp() {
		text := op.String()
		if !op.Valid() {
			t.Errorf("%+v is not valid", op)
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%+v and %+v are both written %q", op, other, text)
		}
		seen[text] = op
		got, err := Parse(text)
		if err != nil || !slices.Equal(got, []Op{op}) {
			t.Errorf("Parse(%q) = %v, %v, want %+v", text, got, err, op)
		}
	}
}

func TestArgIsTheWordThatTheTextHasForN(t *testing.T) {
	for _, c := range []struct{ text, want, why string }{
		{"accept(reject)", "reject", "the word of a call"},
		{"hangup(a,hard)", "hard", "the word stands behind the client"},
		{"pause(on)", "on", "a word that cannot be left out"},
		{"accept", "", "a word that is left out"},
		{"listen(2)", "", "a number is no word"},
		{"faults(down)", "", "faults are a set, not a word"},
		{"syn(a)", "", "a client is no word"},
	} {
		history, err := Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := history[0].Arg(); got != c.want {
			t.Errorf("(%s).Arg() = %q, want %q: %s", c.text, got, c.want, c.why)
		}
	}
	if got := (Op{Kind: Accept, N: 99}).Arg(); got != "" {
		t.Errorf("Arg() of an invalid operation = %q, want none", got)
	}
}

func TestWhatIsNoHistoryIsRefusedWithTheReason(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"lisen(2)", `operation 1, "lisen(2)": no such operation: want one of listen, accept`},
		{"listen(2) listen", `operation 2, "listen": want listen(NUMBER)`},
		{"listen()", `want listen(NUMBER)`},
		{"listen(", `want listen(NUMBER)`},
		{"listen(2", `want listen(NUMBER)`},
		{"listen(two)", `want listen(NUMBER)`},
		{"listen(99999999999999999999)", `want listen(NUMBER)`},
		{"listen(1,2)", `want listen(NUMBER)`},
		{"listen(1)x", `want listen(NUMBER)`},
		{"syn", `want syn(CLIENT) with a client a to p`},
		{"syn(q)", `want syn(CLIENT) with a client a to p`},
		{"syn(A)", `want syn(CLIENT) with a client a to p`},
		{"syn(aa)", `want syn(CLIENT) with a client a to p`},
		{"syn(a,old)", `want syn(CLIENT)`},
		{"rst(a,older)", `want rst(CLIENT,old)`},
		{"rst(a,)", `want rst(CLIENT,old)`},
		{"accept(maybe)", `want accept(accept|reject|defer|invalid|listening|accepting|closing|opening)`},
		{"accept(accept+reject)", `want accept(`},
		{"pause", `want pause(off|on)`},
		{"faults", `want faults(none or some of down+buffers+callback)`},
		{"faults(down+down)", `want faults(`},
		{"faults(fire)", `want faults(`},
		{"time(-1)", `out of range: want time(NUMBER)`},
		{"time(1000000001)", `out of range: want time(NUMBER)`},
		{"()", `no such operation`},
		{"\x00\xff", `no such operation`},
		{strings.Repeat("x", 1000), "..."},
		{strings.Repeat("close ", maxHistory+1), "want at most 50000"},
	} {
		_, err := Parse(c.line)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
			t.Errorf("Parse(%.60q): got error %v, want one line with %q", c.line, err, c.want)
		}
	}
}
