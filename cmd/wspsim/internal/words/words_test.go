package words_test

import (
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/cmd/wspsim/internal/words"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/sim"
)

func TestCountsHaveCommasAfterEveryThirdDigit(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -5: "-5", -1000: "-1,000", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := words.Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	if got := words.Count(uint64(math.MaxUint64)); got != "18,446,744,073,709,551,615" {
		t.Errorf("Count of the largest = %q", got)
	}
	if got := words.Counted(1, "client") + ", " + words.Counted(2000, "client"); got != "1 client, 2,000 clients" {
		t.Errorf("Counted = %q", got)
	}
}

func TestInstantsAreInMillisecondsUpToTenSeconds(t *testing.T) {
	for _, test := range []struct {
		at   time.Duration
		want string
	}{
		{0, "0.000 ms"}, {1500 * time.Microsecond, "1.500 ms"}, {9999 * time.Millisecond, "9999.000 ms"},
		{10 * time.Second, "10.000 s"}, {12848 * time.Millisecond, "12.848 s"}, {time.Hour, "3600.000 s"},
	} {
		if got := words.Instant(sim.Time(test.at)); got != test.want {
			t.Errorf("Instant(%v) = %q, want %q", test.at, got, test.want)
		}
	}
}

func TestPercentIsRoundedDownAndDoesNotOverflow(t *testing.T) {
	for _, test := range []struct {
		part, whole int64
		want        string
	}{{0, 1, "0%"}, {1, 1, "100%"}, {1, 3, "33%"}, {math.MaxInt64 / 2, math.MaxInt64, "50%"}} {
		if got := words.Percent(test.part, test.whole); got != test.want {
			t.Errorf("Percent(%d, %d) = %q, want %q", test.part, test.whole, got, test.want)
		}
	}
}

func TestWrapKeepsToItsWidthAndEveryWord(t *testing.T) {
	text := "one two  three\nfour seventeencharacters five"
	got := words.Wrap(text, 14, "  ")
	want := "  one two\n  three four\n  seventeencharacters\n  five"
	if got != want {
		t.Errorf("Wrap = %q, want %q", got, want)
	}
	if !slices.Equal(strings.Fields(got), strings.Fields(text)) {
		t.Errorf("Wrap changed the words: %q", got)
	}
}

func TestPlainLetsNothingMoveTheCursor(t *testing.T) {
	for text, want := range map[string]string{
		"plain äöü":        "plain äöü",
		"\x1b[31mred":      `\x1b[31mred`,
		"a\nb\tc\r":        `a\nb\tc\r`,
		"bad\xffbyte":      `bad\xffbyte`,
		"turned\u202eback": `turned\u202eback`,
		"\x00\x7f\u009b":   `\x00\x7f\u009b`,
	} {
		if got := words.Printable(text); got != want {
			t.Errorf("Plain(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestShellReadsBackWhatIsQuoted(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to read it")
	}
	for _, argument := range []string{
		"plain", "", "two words", "it's", `back\slash`, "$HOME", "a\nb", "\x1b[31m'\\", "backlog=-5", "~", "*", "naïve", "bad\xff",
	} {
		out, err := exec.Command(bash, "-c", "printf %s "+words.Shell(argument)).Output()
		if err != nil || string(out) != argument {
			t.Errorf("Shell(%q) = %s, which bash reads as %q (%v)", argument, words.Shell(argument), out, err)
		}
	}
}

func TestNearestOffersWhatWasMeant(t *testing.T) {
	names := []string{"overflow", "burst", "recorded", "relisten-smaller", "relisten-larger", "late-success"}
	for _, test := range []struct {
		word string
		want []string
		why  string
	}{
		{"overflo", []string{"overflow"}, "one letter is missing"},
		{"ovreflow", []string{"overflow"}, "two letters are swapped"},
		{"OVERFLOW", []string{"overflow"}, "capitals"},
		{"relisten", []string{"relisten-smaller", "relisten-larger"}, "a part of the name"},
		{"brust", []string{"burst"}, "two letters are swapped"},
		{"zzzzzzzz", nil, "nothing is near"},
		{"", nil, "nothing was said"},
	} {
		if got := words.Nearest(test.word, names); !slices.Equal(got, test.want) {
			t.Errorf("Nearest(%q) = %q, want %q: %s", test.word, got, test.want, test.why)
		}
	}
}

func FuzzPlainIsPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07")
	f.Add("\xe2\x80\xae")
	f.Fuzz(func(t *testing.T, text string) {
		plain := words.Printable(text)
		if words.Printable(plain) != plain {
			t.Errorf("Plain(%q) = %q is not plain", text, plain)
		}
	})
}
