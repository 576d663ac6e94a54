package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

// The schemas of the documents that ProfilesJSON and ProfileJSON write.
const (
	ProfilesSchema = "wspsim.profiles/v2"
	ProfileSchema  = "wspsim.profile/v2"
)

// listened are the arguments of listen that a card is about: the corners, and
// what programs ask for.
func listened() []int { return []int{-1, 0, 1, 5, 128, 1_000_000} }

// holds returns how many connections wait for accept after listen(n) if they come one
// by one. The SYN and the final ACK must both find room.
func holds(p *netmodel.Profile, n int) int {
	backlog := p.Backlog.Effective(n)
	most := p.AtSyn.Of(backlog)
	if p.SynQueue.Separate {
		most = min(most, p.AtAck.Of(backlog))
	}
	return max(0, most)
}

// fullQueue says in a word what a SYN meets when as many wait as may.
func fullQueue(facts []profiles.Fact) string {
	for _, f := range facts {
		switch {
		case f.Field != "OnFull":
		case f.Value == profiles.NoEffect:
			return "let in"
		case strings.Contains(f.Value, "young"):
			return "ignore but two"
		default:
			return f.Value
		}
	}
	return ""
}

// tally counts the facts that have an effect by their certainty.
func tally(facts []profiles.Fact) map[profiles.Certainty]int {
	count := map[profiles.Certainty]int{}
	for _, f := range facts {
		if f.Value != profiles.NoEffect {
			count[f.Certainty]++
		}
	}
	return count
}

// letter stands for a certainty at the head of a narrow column.
func letter(c profiles.Certainty) string {
	return map[profiles.Certainty]string{
		profiles.Measured: "M", profiles.ReadInSource: "R", profiles.Documented: "D", profiles.Derived: "I", profiles.Unknown: "U",
	}[c]
}

const profilesLegend = "Of the values of each: M measured by this project on the system itself, R read in its source, D documented " +
	"(by its maker, or by others who measured), I inferred from those, U unknown and so chosen. " +
	"holds: how many connections wait for accept after listen(5). SYN: what happens to the next one."

// Profiles prints a table of all profiles.
func Profiles(w *bufio.Writer, style screen.Style) {
	const columns = "%-14s %2s %2s %2s %2s %2s  %5s  %-14s  "
	head := []any{"name"}
	for _, c := range profiles.Certainties() {
		head = append(head, letter(c))
	}
	line := fmt.Sprintf(columns, append(head, "holds", "SYN")...)
	fmt.Fprintf(w, "%swhat it is\n", line)
	for _, p := range profiles.All() {
		facts := profiles.Facts(p)
		count := tally(facts)
		row := []any{p.Name}
		for _, c := range profiles.Certainties() {
			row = append(row, strconv.Itoa(count[c]))
		}
		text := fmt.Sprintf(columns, append(row, strconv.Itoa(holds(&p, 5)), fullQueue(facts))...)
		fmt.Fprintf(w, "%s%s%s\n", style.Bold(p.Name), text[len(p.Name):], strings.TrimLeft(words.Wrap(p.Long, widest, strings.Repeat(" ", len(line))), " "))
	}
	fmt.Fprintf(w, "\n%s\n\n", words.Wrap(profilesLegend, width, ""))
	fmt.Fprintf(w, "Where a value is from: wspsim profile NAME. Not to rely on what is unknown: wspsim run SCENARIO --strict\n")
}

// FindProfile returns the ready-made profile of that name. The error of an
// unknown one offers the nearest.
func FindProfile(name string) (netmodel.Profile, error) {
	p, ok := profiles.ByName(name)
	if !ok {
		return p, play.CheckProfile(name)
	}
	return p, nil
}

// Profile prints the card of a profile: what listen holds, each value with its
// certainty and source, and the settings of the kernel.
func Profile(w *bufio.Writer, p netmodel.Profile, style screen.Style) {
	facts := profiles.Facts(p)
	fmt.Fprintf(w, "%s\n", style.Bold(p.Name+": "+p.Long))
	count := tally(facts)
	var counts []string
	for _, c := range profiles.Certainties() {
		counts = append(counts, fmt.Sprintf("%d %s", count[c], c))
	}
	fmt.Fprintf(w, "values: %s; model %s\n\n", strings.Join(counts, ", "), netmodel.ModelVersion)
	top, bottom := "  n          ", "  wait       "
	for _, n := range listened() {
		top += fmt.Sprintf("  %9s", words.Count(n))
		bottom += fmt.Sprintf("  %9s", words.Count(holds(&p, n)))
	}
	fmt.Fprintf(w, "%s\n%s\n%s\n\n", style.Bold("Connections that wait after listen(n), if they come one by one:"), top, bottom)
	printFacts(w, facts, style)
	if settings := profiles.Settings(p); len(settings) > 0 {
		fmt.Fprintf(w, "\n%s\n", style.Bold("Settings of its kernel (--set NAME=VALUE):"))
		for _, t := range settings {
			line := fmt.Sprintf("  %-38s %9s  ", t.Name, strconv.FormatInt(t.Value, 10))
			help := fmt.Sprintf("%s (%d to %d)", t.Help, t.Min, t.Max)
			fmt.Fprintln(w, line+strings.TrimLeft(words.Wrap(help, widest, strings.Repeat(" ", len(line))), " "))
		}
	}
	fmt.Fprintf(w, "\n  next   %s\n", nextOf(p.Name))
}

// printFacts prints a table of facts, and below it the fields without effect.
func printFacts(w *bufio.Writer, facts []profiles.Fact, style screen.Style) {
	fmt.Fprintf(w, "%s\n", style.Bold("Values, their certainty and their sources:"))
	var idle []profiles.Fact
	for _, f := range facts {
		if f.Value == profiles.NoEffect {
			idle = append(idle, f)
			continue
		}
		certainty := f.Certainty.String()
		if f.Certainty == profiles.ReadInSource {
			certainty = "read"
		}
		row(w, f.Field, f.Value, certainty, f.Source)
	}
	if idle == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", style.Bold("Without effect here:"))
	var reasons []string
	for _, f := range idle {
		if !slices.Contains(reasons, f.Source) {
			reasons = append(reasons, f.Source)
		}
	}
	for _, reason := range reasons {
		var fields []string
		for _, f := range idle {
			if f.Source == reason {
				fields = append(fields, f.Field)
			}
		}
		fmt.Fprintln(w, words.Wrap(strings.Join(fields, ", ")+": "+strings.TrimPrefix(reason, "no effect: "), width, "  "))
	}
}

// row prints a line of the table of facts; cells that are too long go on below.
func row(w *bufio.Writer, field, value, certainty, source string) {
	const fieldWidth, valueWidth, certaintyWidth = 23, 33, 10
	values := strings.Split(words.Wrap(value, valueWidth, ""), "\n")
	sources := strings.Split(words.Wrap(source, widest-2-fieldWidth-valueWidth-certaintyWidth-3, ""), "\n")
	at := func(lines []string, i int) string {
		if i < len(lines) {
			return lines[i]
		}
		return ""
	}
	for i := range max(len(values), len(sources)) {
		line := fmt.Sprintf("  %-*s %-*s %-*s %s", fieldWidth, field, valueWidth, at(values, i), certaintyWidth, certainty, at(sources, i))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
		field, certainty = "", ""
	}
}

// nextOf returns a command that shows a profile at work: the first scenario whose
// lesson is about it.
func nextOf(profile string) string {
	name := play.ScenarioNames()[0]
	for _, s := range scenarios.All() {
		if slices.Contains(s.Profiles, profile) {
			name = s.Name
			break
		}
	}
	return "wspsim run " + name + " --profile " + profile
}

// profileCard is a profile as other programs read it.
type profileCard struct {
	Name      string         `json:"name"`
	Long      string         `json:"long"`
	Holds     []heldEntry    `json:"holds"`
	FullQueue string         `json:"full_queue"`
	Known     knownEntry     `json:"known"`
	Facts     []factEntry    `json:"facts"`
	Settings  []settingEntry `json:"settings"`
}

type heldEntry struct {
	Backlog     int `json:"backlog"`
	Effective   int `json:"effective_backlog"`
	Connections int `json:"connections"`
}

// knownEntry counts the facts that have an effect.
type knownEntry struct {
	Measured     int `json:"measured"`
	ReadInSource int `json:"read_in_source"`
	Documented   int `json:"documented"`
	Derived      int `json:"derived"`
	Unknown      int `json:"unknown"`
}

type factEntry struct {
	Field     string `json:"field"`
	Value     string `json:"value"`
	Effect    bool   `json:"effect"`
	Certainty string `json:"certainty"`
	Source    string `json:"source"`
}

type settingEntry struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
	Min   int64  `json:"min"`
	Max   int64  `json:"max"`
	Help  string `json:"help"`
}

func cardOf(p netmodel.Profile) profileCard {
	facts := profiles.Facts(p)
	n := tally(facts)
	card := profileCard{
		Name: p.Name, Long: p.Long, FullQueue: fullQueue(facts), Settings: []settingEntry{},
		Known: knownEntry{n[profiles.Measured], n[profiles.ReadInSource], n[profiles.Documented], n[profiles.Derived], n[profiles.Unknown]},
	}
	for _, n := range listened() {
		card.Holds = append(card.Holds, heldEntry{n, p.Backlog.Effective(n), holds(&p, n)})
	}
	for _, f := range facts {
		card.Facts = append(card.Facts, factEntry{f.Field, f.Value, f.Value != profiles.NoEffect, f.Certainty.String(), f.Source})
	}
	for _, t := range profiles.Settings(p) {
		card.Settings = append(card.Settings, settingEntry{t.Name, t.Value, t.Min, t.Max, t.Help})
	}
	return card
}

// ProfilesJSON writes the cards of all profiles as one document.
func ProfilesJSON(w io.Writer) error {
	doc := struct {
		Schema   string        `json:"schema"`
		Model    string        `json:"model"`
		Profiles []profileCard `json:"profiles"`
	}{ProfilesSchema, netmodel.ModelVersion, nil}
	for _, p := range profiles.All() {
		doc.Profiles = append(doc.Profiles, cardOf(p))
	}
	return WriteJSON(w, doc)
}

// ProfileJSON writes the card of one profile as a document.
func ProfileJSON(w io.Writer, p netmodel.Profile) error {
	return WriteJSON(w, struct {
		Schema string `json:"schema"`
		Model  string `json:"model"`
		profileCard
	}{ProfileSchema, netmodel.ModelVersion, cardOf(p)})
}
