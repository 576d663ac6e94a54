package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/internal/update"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// extended returns a run of which every group of statistics has a row more for each
// unit, each with a value of its own.
func extended(t *testing.T) (*play.Play, *play.Done) {
	t.Helper()
	s, _ := scenarios.ByName("overflow")
	p := &play.Play{Scenario: s, Profile: "wsp", Seed: play.DefaultSeed}
	d, err := p.Run(context.Background(), play.Watch{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Statistics {
		group := &d.Statistics[i]
		for _, unit := range []scenarios.Unit{scenarios.UnitCount, scenarios.UnitDuration, scenarios.UnitRatio} {
			group.Rows = append(group.Rows, scenarios.Statistic{
				Name: group.Name + "_added_" + unit.String(), Label: group.Label + " added " + unit.String(), Unit: unit,
				Help: "Help of " + group.Name + " " + unit.String() + ".", Of: func(*scenarios.Result) int64 { return 41_000 + int64(i) },
			})
		}
	}
	return p, d
}

// What is added to the table stands in every output. The test of package compare
// shows the same for compare.
func TestARowOfTheTableStandsInEveryOutput(t *testing.T) {
	p, d := extended(t)
	var text, whole, lines, page bytes.Buffer
	w := bufio.NewWriter(&text)
	(&Run{Play: p, Done: d}).Rest(context.Background(), w)
	_ = w.Flush()
	SchemaPage(&page, d.Statistics)
	records := bufio.NewWriter(&lines)
	out := NewLines(records)
	if err := out.End(p, d); err != nil {
		t.Fatal(err)
	}
	_ = records.Flush()
	if err := JSON(&whole, p, d); err != nil {
		t.Fatal(err)
	}
	help := StatisticsHelp(d.Statistics)
	for _, group := range d.Statistics {
		for _, row := range group.Rows {
			for _, place := range []struct{ what, got, want string }{
				{"--json", whole.String(), `"` + row.Name + `": `},
				{"--jsonl", lines.String(), `"` + row.Name + `":`},
				{"help", help, row.Help},
				{"schema page", page.String(), "| `" + group.Name + "." + row.Name + "` | "},
			} {
				if !strings.Contains(place.got, place.want) {
					t.Errorf("%s.%s: %s lacks %s", group.Name, row.Name, place.what, place.want)
				}
			}
			if value, shown := Figure(row, d); shown && !row.Told && !strings.Contains(joinLines(text.String()), row.Label+" "+value) {
				t.Errorf("%s.%s: the text lacks %s %s\n%s", group.Name, row.Name, row.Label, value, text.String())
			}
		}
	}
}

// joinLines undoes the breaking of lines.
func joinLines(text string) string { return strings.Join(strings.Fields(text), " ") }

// A figure that is told elsewhere is told indeed: its value stands in the text.
func TestWhatTheTextTellsElsewhereStandsThere(t *testing.T) {
	p, d := extended(t)
	d.Listener.Backlog, d.Listener.EffectiveBacklog, d.Listener.Limit, d.Listener.LimitAtSYN, d.Listener.Pending = 7001, 7002, 7003, 7004, 7005
	d.Attempts = nil
	d.Outcomes = scenarios.Outcomes{Offered: 39, Accepted: 2, Refused: 3, Reset: 4, TimedOut: 5, GaveUp: 6, Pending: 19, Trying: 8, Queued: 1, Phantom: 10}
	for _, end := range []struct {
		outcome  netmodel.Outcome
		progress netmodel.Progress
		count    int
	}{
		{netmodel.OutcomeAccepted, 0, 2}, {netmodel.OutcomeRefused, 0, 3}, {netmodel.OutcomeReset, 0, 4}, {netmodel.OutcomeTimedOut, 0, 5},
		{netmodel.OutcomeGaveUp, 0, 6}, {netmodel.OutcomePending, netmodel.ProgressTrying, 8}, {netmodel.OutcomePending, netmodel.ProgressQueued, 1},
		{netmodel.OutcomePending, netmodel.ProgressPhantom, 10},
	} {
		one := netmodel.AttemptResult{Client: 1, Attempt: 1, Outcome: end.outcome, Progress: end.progress}
		d.Attempts = append(d.Attempts, slices.Repeat([]netmodel.AttemptResult{one}, end.count)...)
	}
	var text bytes.Buffer
	w := bufio.NewWriter(&text)
	r := &Run{Play: p, Done: d}
	r.Head(w)
	r.Rest(context.Background(), w)
	_ = w.Flush()
	got := joinLines(text.String())
	for _, group := range d.Statistics {
		for _, row := range group.Rows {
			want := group.Name + "." + row.Name
			switch {
			case !row.Told || want == "outcomes.pending": // the sum of the three rows below it
				continue
			case want == "outcomes.offered":
				want = "39 attempts"
			case group.Name == "outcomes" && slices.Contains([]string{"trying", "queued", "phantom"}, row.Name):
				want = "pending " + written(row.Unit, row.Of(d.Result)) + " "
			case group.Name == "outcomes":
				want = row.Label + " " + written(row.Unit, row.Of(d.Result)) + " "
			default:
				want = written(row.Unit, row.Of(d.Result))
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s.%s: the text lacks %q\n%s", group.Name, row.Name, want, text.String())
			}
		}
	}
}

func TestTheSchemaPageIsThatOfTheTable(t *testing.T) {
	const file = "../../../../testdata/statistics.md"
	var got bytes.Buffer
	SchemaPage(&got, scenarios.Statistics())
	if update.Goldens() {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(want, got.Bytes()) {
		t.Errorf("%s is not what the table says, %v (go test ./cmd/wspsim/internal/report -update rewrites it); want:\n%s", file, err, got.String())
	}
}

func TestPathsOfStatisticsAreUniqueAndTheirWordsComplete(t *testing.T) {
	var paths []string
	for _, group := range scenarios.Statistics() {
		for _, row := range group.Rows {
			path := group.Name + "." + row.Name
			if slices.Contains(paths, path) || row.Label == "" || !strings.HasSuffix(row.Help, ".") || row.Of == nil {
				t.Errorf("%s: label %q, help %q; want a path of its own, a label, a sentence and a computation", path, row.Label, row.Help)
			}
			paths = append(paths, path)
		}
	}
}

// A ratio is a fraction for programs and a percentage for people.
func TestARatioIsAFraction(t *testing.T) {
	row := scenarios.Statistic{Unit: scenarios.UnitRatio, Of: func(*scenarios.Result) int64 { return 125_000 }}
	got, err := json.Marshal(number(row, nil))
	if text := written(row.Unit, 125_000); err != nil || string(got) != "0.125" || text != "12.5%" {
		t.Errorf("125,000 millionths: JSON %s, %v, text %s; want 0.125 and 12.5%%", got, err, text)
	}
}
