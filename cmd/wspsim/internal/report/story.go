package report

import (
	"bufio"
	"fmt"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

const (
	shortStory = 60 // lines of a trace that is shown whole
	digest     = 6  // lines from the beginning of a longer one
)

// StoryLines is how many lines of the story a report needs.
const StoryLines = shortStory

// Story prints a short trace whole. Of a long trace it prints the beginning, the first
// line of each notable kind, and where to get the rest.
func (r *Run) Story(w *bufio.Writer) {
	var legend Legend
	chosen := r.chosen()
	text := make([]string, len(chosen))
	for i, line := range chosen {
		legend.Note(line.Text)
		text[i] = line.Text
	}
	left := fmt.Sprintf("%14s...\n", "")
	last := 0
	for i, line := range squeeze(text) {
		if chosen[i].Number > last+1 {
			w.WriteString(left)
		}
		last = chosen[i].Number
		fmt.Fprintln(w, paint(r.Style, line))
	}
	if r.Done.TotalLines > last {
		w.WriteString(left)
	}
	if r.Done.TotalLines > len(chosen) {
		fmt.Fprintf(w, "%14s%s in all; --trace FILE writes them, --full shows them\n", "", words.Counted(r.Done.TotalLines, "line"))
	}
	legend.Print(w)
	fmt.Fprintln(w)
}

// chosen returns the lines that are shown.
func (r *Run) chosen() []scenarios.Line {
	most := shortStory
	if r.Done.TotalLines > shortStory {
		most = digest
	}
	var shown []scenarios.Line
	for i, text := range r.Done.Lines[:min(most, len(r.Done.Lines))] {
		shown = append(shown, scenarios.Line{Number: i + 1, Text: text})
	}
	for _, line := range r.Done.FirstLines {
		if line.Number > most {
			shown = append(shown, line)
		}
	}
	return shown
}
