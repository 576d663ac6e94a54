package teach

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
)

// mostClients is how many clients of a scenario a reader guesses about.
const mostClients = 4

// FromScenario returns the exercise of a scenario: what becomes of the clients that its
// expectations name, its most telling figure, and the median wait if no client has a name. It
// runs the scenario. The summary of a scenario often answers its question, so the exercise is
// named without it.
func FromScenario(ctx context.Context, p *play.Play, progress *screen.Progress) (Exercise, error) {
	var incidents report.Incidents
	var cited []string
	done, err := p.Run(ctx, play.Watch{Progress: progress, Record: func(n *netmodel.Network, r netmodel.Record) {
		incidents.Note(n, r)
		if _, rule := profiles.ReasonIn(n, r); rule != "" && !slices.Contains(cited, rule) {
			cited = append(cited, rule)
		}
	}})
	if err != nil {
		return Exercise{}, err
	}
	s := p.Scenario
	e := Exercise{Name: s.Name, Title: s.Name, Note: noteOf(p, done), Intro: s.Question}
	for _, client := range askedClients(s, p.Profile) {
		if end, ok := report.EndingOf(done, &incidents, client); ok {
			e.Questions = append(e.Questions, aboutClient(p, client, end))
		}
	}
	named := len(e.Questions) > 0
	if path, ok := askedFigure(s, done); ok {
		e.Questions = append(e.Questions, aboutFigure(p, done, path, cited))
	}
	const wait = "wait_ns.p50" // which no count gives away
	if !named && figureOf(done, wait) >= int64(time.Millisecond) {
		q := aboutFigure(p, done, wait, nil)
		q.Because = []Reason{{Text: fmt.Sprintf("At most %d connections are pending at once. The longest wait is %s.", done.Listener.PeakPending, words.Span(done.Waits.Max))}}
		if slices.Contains(cited, "WS.Q1") {
			q.Because[0].Rules = []string{"WS.Q1"}
		}
		e.Questions = append(e.Questions, q)
	}
	if slices.Contains(s.Profiles, p.Profile) && len(done.ChangedKnobs) == 0 && p.Clients == "" && p.Arrivals.File == "" {
		e.End = s.Lesson
	}
	e.Next = nextOf(p)
	return e, nil
}

// noteOf says what runs, and which knobs differ from those of the question.
func noteOf(p *play.Play, d *play.Done) string {
	note := fmt.Sprintf("profile %s (%s), seed %d", p.Profile, play.LongName(p.Profile), p.Seed)
	if changed := play.SettingsText(slices.Concat(d.ChangedKnobs, d.KernelSettings)); changed != "" {
		note += ", changed: " + changed
	}
	return note
}

// nextOf returns what is worth trying after the questions about a scenario.
func nextOf(p *play.Play) []string {
	next := []string{p.Brief("explain")}
	for _, other := range p.Scenario.Profiles {
		if other != p.Profile {
			return append(next, p.Under(other).Brief("quiz"))
		}
	}
	return next
}

// askedClients returns the clients that expectations are about, or the first ones, in the
// order in which they connect.
func askedClients(s scenarios.Scenario, profile string) []string {
	var all, expected []string
	for _, step := range s.Steps {
		if r, ok := step.Do.(scenarios.Request); ok && !slices.Contains(all, r.Client) {
			all = append(all, r.Client)
		}
	}
	told := func(client string) bool {
		return slices.ContainsFunc(s.Expect, func(e scenarios.Expectation) bool {
			return e.Client == client && (e.For == "" || e.For == profile)
		})
	}
	for _, client := range all {
		if told(client) {
			expected = append(expected, client)
		}
	}
	for _, e := range s.Expect { // clients of the load
		if e.Client != "" && told(e.Client) && !slices.Contains(all, e.Client) && !slices.Contains(expected, e.Client) {
			expected = append(expected, e.Client)
		}
	}
	if expected == nil {
		expected = all
	}
	// The last ones: when they come the queue is full.
	return expected[max(0, len(expected)-mostClients):]
}

// endings are what can become of a client, as choices.
var endings = []struct {
	label    string
	outcome  netmodel.Outcome
	progress netmodel.Progress // if the outcome is pending
}{
	{"accepted", netmodel.OutcomeAccepted, 0},
	{"refused", netmodel.OutcomeRefused, 0},
	{"reset", netmodel.OutcomeReset, 0},
	{"timed out", netmodel.OutcomeTimedOut, 0},
	{"gave up", netmodel.OutcomeGaveUp, 0},
	{"still trying at the end", netmodel.OutcomePending, netmodel.ProgressTrying},
	{"still in the queue at the end", netmodel.OutcomePending, netmodel.ProgressQueued},
	{"a phantom: connected, but not at the server", netmodel.OutcomePending, netmodel.ProgressPhantom},
}

func aboutClient(p *play.Play, client string, end report.Ending) Question {
	q := Question{
		Kind:    page.Choose,
		Ask:     "What becomes of " + client + "?",
		Because: []Reason{{Text: end.Sentence + "."}},
		Command: p.Brief("explain", "--client", client),
	}
	if end.Rule != "" {
		q.Because[0].Rules = []string{end.Rule}
	}
	for i, e := range endings {
		q.Choices = append(q.Choices, e.label)
		if e.outcome == end.Outcome && (e.outcome != netmodel.OutcomePending || e.progress == end.Progress) {
			q.Right = strconv.Itoa(i + 1)
		}
	}
	return q
}

// telling lists figures from the most telling on.
var telling = []string{
	"outcomes.refused", "listener.refused_syns", "listener.ignored_syns", "outcomes.phantom", "listener.trimmed", "outcomes.queued",
	"outcomes.reset", "outcomes.gave_up", "listener.syn_cookies", "outcomes.accepted",
}

// askedFigure returns the path of the figure to ask for: the most telling one that an
// expectation is about, or the most telling of all. A figure that is zero is asked for only if
// an expectation has no other. It returns false if there is nothing to ask for.
func askedFigure(s scenarios.Scenario, d *play.Done) (string, bool) {
	var expected []string
	for _, e := range s.Expect {
		if e.Statistic != "" && (e.For == "" || e.For == d.Profile) && !slices.Contains(expected, e.Statistic) {
			expected = append(expected, e.Statistic)
		}
	}
	place := func(path string) int {
		switch at := slices.Index(telling, path); {
		case figureOf(d, path) == 0:
			return 2 * len(telling)
		case at < 0:
			return len(telling)
		default:
			return at
		}
	}
	slices.SortStableFunc(expected, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	for _, path := range slices.Concat(expected, telling) {
		if figureOf(d, path) != 0 {
			return path, true
		}
	}
	if len(expected) > 0 {
		return expected[0], true
	}
	return "", false
}

// figureOf returns a figure of a run by its path.
func figureOf(d *play.Done, path string) int64 {
	row, ok := rowOf(d, path)
	if !ok {
		return 0
	}
	return row.Of(d.Result)
}

func rowOf(d *play.Done, path string) (scenarios.Statistic, bool) {
	group, name, _ := strings.Cut(path, ".")
	for _, g := range d.Statistics {
		for _, row := range g.Rows {
			if g.Name == group && row.Name == name {
				return row, true
			}
		}
	}
	return scenarios.Statistic{}, false
}

func aboutFigure(p *play.Play, d *play.Done, path string, cited []string) Question {
	row, _ := rowOf(d, path)
	value, unit := row.Of(d.Result), ""
	if row.Unit == scenarios.UnitDuration {
		value, unit = time.Duration(value).Round(time.Millisecond).Milliseconds(), "ms"
	}
	ask := fmt.Sprintf("What is the figure %q at the end? %s", row.Label, row.Help)
	if path == "wait_ns.p50" {
		ask = "How long does the median accepted client wait in the queue? A tenth off counts as right."
	}
	q := Question{
		Kind:    page.Count,
		Ask:     ask,
		Unit:    unit,
		Right:   strconv.FormatInt(value, 10),
		Command: p.Brief("run"),
	}
	for _, path := range []string{"outcomes.offered", "outcomes.accepted", "outcomes.refused", "outcomes.reset", "listener.refused_syns", "listener.ignored_syns", "outcomes.phantom"} {
		if row, ok := rowOf(d, path); ok && row.Of(d.Result) > 0 {
			q.Bars = append(q.Bars, Bar{Label: row.Label, Value: row.Of(d.Result)})
		}
	}
	if unit != "" {
		q.Near = value / 10
		q.Bars = nil // counts beside a time would be bars of two units
	}
	told := citedIn(p.Scenario.Lesson)
	if ids := slices.DeleteFunc(slices.Clone(cited), func(id string) bool { return !slices.Contains(told, id) }); len(ids) > 0 {
		q.Because = []Reason{{Text: "The rules behind it:", Rules: ids}}
	}
	return q
}

var ruleID = regexp.MustCompile(`\b(?:WS\.[A-Z]\d+|ST\.\d+|[PVERCK]\d+)`)

// citedIn returns the rules that a text names, each once.
func citedIn(text string) []string {
	var ids []string
	for _, id := range ruleID.FindAllString(text, -1) {
		if _, ok := profiles.RuleByID(id); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
