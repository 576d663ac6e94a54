package sources

import (
	"strings"
	"testing"

	_ "wspsim/internal/update" // the flag -update
)

func TestOnlyWhatTheCompilerReadsIsTheSource(t *testing.T) {
	written := func(text string) string {
		var b strings.Builder
		write(&b, []byte(text))
		return b.String()
	}
	const text = "package a\n\n// F is a function.\nfunc F() int { return 1 }\n"
	for _, tt := range []struct {
		text string
		same bool
		why  string
	}{
		{strings.Replace(text, "is a function", "returns 1", 1), true, "another comment"},
		{strings.ReplaceAll(text, "\n", "\r\n"), true, "the ends of lines of another system"},
		{strings.Replace(text, "return 1", "return 2", 1), false, "another number"},
		{strings.Replace(text, "func F", "func G", 1), false, "another name"},
		{strings.Replace(text, "// F is", "//go:noinline\n// F is", 1), false, "a directive"},
		{strings.Replace(text, "1 }", "1; }", 1), false, "another token"},
	} {
		if got := written(tt.text) == written(text); got != tt.same {
			t.Errorf("%s: the same source: %v, want %v", tt.why, got, tt.same)
		}
	}
}
