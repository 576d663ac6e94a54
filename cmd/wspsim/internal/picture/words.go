package picture

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/recording"
)

// nameOf is what the picture calls the system of a run.
func nameOf(r *recording.Run) string { return cmp.Or(r.Long, r.Profile) }

// does says what the system did with the crowd.
func does(r *recording.Run) string {
	figure := figuresOf(r)
	var parts []string
	if n := figure["listener.refused_syns"]; n > 0 {
		parts = append(parts, "refuses: an RST to "+words.Counted(n, "SYN"))
	}
	if n := figure["listener.ignored_syns"]; n > 0 {
		parts = append(parts, "stays silent: no answer to "+words.Counted(n, "SYN"))
	}
	if wait := again(r); wait > 0 && len(parts) > 0 {
		parts[len(parts)-1] += ", and the client asks again after " + instant(wait)
	}
	if len(parts) == 0 {
		return "answers every SYN"
	}
	return strings.Join(parts, "; ")
}

// outcome counts how the attempts ended.
func outcome(r *recording.Run) string {
	figure := figuresOf(r)
	text := fmt.Sprintf("%d of %d accepted", figure["outcomes.accepted"], figure["outcomes.offered"])
	if n := figure["outcomes.refused"]; n > 0 {
		text += fmt.Sprintf(", %d refused for good", n)
	}
	if n := figure["outcomes.phantom"]; n > 0 {
		text += fmt.Sprintf(", %d phantom", n)
	}
	return text
}

func figuresOf(r *recording.Run) map[string]int64 {
	figure := map[string]int64{}
	for _, f := range r.Figures {
		figure[f.Name] = f.Value
	}
	return figure
}

// instant writes nanoseconds with two digits behind the point, in the unit that makes it short.
func instant(ns int64) string {
	if ns == 0 {
		return "0"
	}
	for _, unit := range []struct {
		name string
		size int64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if n := float64(ns) / float64(unit.size); ns >= unit.size/10 {
			return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", n), "0"), ".") + " " + unit.name
		}
	}
	return fmt.Sprintf("%d ns", ns)
}

// shortened is a text of at most n characters.
func shortened(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// escaped is a text as XML holds it.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
