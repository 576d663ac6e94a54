package simnettest

import "testing"

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
