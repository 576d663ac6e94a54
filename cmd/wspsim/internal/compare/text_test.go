package compare

import (
	"bufio"
	"bytes"
	"context"
	"strings"
	"testing"

	_ "wspsim/internal/update" // the flag -update

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/scenarios"
)

// What is added to the table of statistics stands in both outputs of compare.
func TestARowOfTheTableOfStatisticsIsCompared(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	p := &play.Play{Scenario: s, Profile: "wsp", Seed: play.DefaultSeed}
	c, err := Play(context.Background(), p, []string{"wsp", "windows"}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Runs {
		d := c.Runs[i].Done
		for g := range d.Statistics {
			group := &d.Statistics[g]
			group.Rows = append(group.Rows, scenarios.Statistic{
				Name: "added_to_" + group.Name, Label: "added to " + group.Label, Of: func(*scenarios.Result) int64 { return int64(41_000 + i) },
			})
		}
	}
	var text, doc bytes.Buffer
	w := bufio.NewWriter(&text)
	c.Text(w, screen.Style{})
	_ = w.Flush()
	if err := c.JSON(&doc); err != nil {
		t.Fatal(err)
	}
	for _, group := range c.Runs[0].Done.Statistics {
		for _, row := range group.Rows {
			if got := strings.Count(doc.String(), `"`+row.Name+`": `); got < 2 {
				t.Errorf("%s.%s: %d times in the JSON, want one for each profile", group.Name, row.Name, got)
			}
		}
		want := "added to " + group.Label + " 41,000 41,001"
		if got := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(got, want) {
			t.Errorf("%s: the text lacks %q:\n%s", group.Name, want, text.String())
		}
	}
}
