package golden

import (
	"strings"
	"testing"

	_ "wspsim/internal/update" // the flag -update

	"pgregory.net/rapid"
)

func TestFirstDifferenceNamesTheLine(t *testing.T) {
	for _, test := range []struct{ want, got, shows string }{
		{"a\n", "b\n", "line 1:\n want | a\n  got | b"},
		{"1\n2\n3\n4\n5\nx\n", "1\n2\n3\n4\n5\ny\n", "line 6:\n    3 | 3\n    4 | 4\n    5 | 5\n want | x\n  got | y"},
		{"1\n2\n", "1\n", "line 2:\n    1 | 1\n want | 2\n  got | (ends)"},
		{"", "1\n", "line 1:\n want | (ends)\n  got | 1"},
		{"1\n2\n", "1\n2", "line 2:\n    1 | 1\n want | 2\n  got | \"2\""},
		{"1\n", "1\r\n", "line 1:\n want | 1\n  got | \"1\\r\\n\""},
		{"1\n", "\x1b[31m\n", "line 1:\n want | 1\n  got | \"\\x1b[31m\\n\""},
		{"1\n", strings.Repeat("é", 1000) + "\n", ""},
	} {
		d, differs := FirstDifference([]byte(test.want), []byte(test.got))
		if !differs || test.shows != "" && d.String() != test.shows {
			t.Errorf("FirstDifference(%q, %q) = %v, %v; want\n%s", test.want, test.got, d, differs, test.shows)
		}
		if n := len(d.String()); n > 2000 || strings.Contains(d.String(), "\x1b") {
			t.Errorf("FirstDifference(%.20q, %.20q) is %d bytes or would disturb a terminal", test.want, test.got, n)
		}
	}
}

func TestFirstDifferenceAgreesWithEquality(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab\n")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		want, got := text.Draw(t, "want"), text.Draw(t, "got")
		d, differs := FirstDifference([]byte(want), []byte(got))
		if differs != (want != got) {
			t.Fatalf("%q and %q: differs %v", want, got, differs)
		}
		if !differs {
			return
		}
		w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
		at := d.Line - 1
		if d.WantEnds != (at >= len(w) || w[at] == "") || d.GotEnds != (at >= len(g) || g[at] == "") ||
			strings.Join(w[:at], "") != strings.Join(g[:at], "") || len(d.Before) != min(at, 3) ||
			!d.WantEnds && w[at] != d.Want || !d.GotEnds && g[at] != d.Got || d.Want == d.Got {
			t.Fatalf("%q and %q: %+v", want, got, d)
		}
	})
}
