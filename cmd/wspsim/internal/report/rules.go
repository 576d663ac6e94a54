package report

import (
	"bufio"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/profiles"
)

// RuleIDs returns the ids of all rules.
func RuleIDs() []string {
	var ids []string
	for _, r := range profiles.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// FindRules returns the rules with these ids, all rules if ids is empty. The error of
// an unknown one offers the nearest.
func FindRules(ids []string) ([]profiles.Rule, error) {
	all := profiles.Rules()
	if len(ids) == 0 {
		return all, nil
	}
	var found []profiles.Rule
	for _, id := range ids {
		i := slices.IndexFunc(all, func(r profiles.Rule) bool { return strings.EqualFold(r.ID, id) })
		if i < 0 {
			return nil, fmt.Errorf("unknown rule %q; %s", id, play.Offer(id, RuleIDs(), "wspsim rules lists all"))
		}
		found = append(found, all[i])
	}
	return found, nil
}

// certainties says what the abbreviations mean.
const certainties = "MEAS measured on the system itself; READ read in its source; DOC documented by Microsoft; DOC! documented, but another Microsoft page contradicts; " +
	"OBS observed on Windows by others; INF inferred; UNSPEC neither, so chosen"

// Rules prints a table of rules.
func Rules(w *bufio.Writer, rules []profiles.Rule, style screen.Style) {
	longest, surest := 0, 0
	for _, r := range rules {
		longest, surest = max(longest, len(r.ID)), max(surest, len(r.Certainty))
	}
	for _, r := range rules {
		text := hanging(longest+surest+4, r.Claim+source(r))
		fmt.Fprintf(w, "%s%s  %-*s  %s\n", style.Bold(r.ID), strings.Repeat(" ", longest-len(r.ID)), surest, r.Certainty, text)
	}
	fmt.Fprintf(w, "\n%s\n", words.Wrap(certainties, width, ""))
}

// hanging wraps a text that begins in a column.
func hanging(column int, text string) string {
	return strings.TrimLeft(words.Wrap(text, width, strings.Repeat(" ", column)), " ")
}

// source says where a rule stands, if it stands anywhere.
func source(r profiles.Rule) string {
	if r.Source == "-" || r.Source == "" {
		return " (chosen)"
	}
	return " (" + r.Source + ")"
}

var ruleID = regexp.MustCompile(`\b(?:WS\.[A-Z]\d+'?|ST\.\d+|[PVERCK]\d+)`)

// printCited prints the rules with these ids and the rules that a text names, each
// once.
func printCited(w *bufio.Writer, ids []string, text string) {
	var rules []profiles.Rule
	longest := 0
	for _, id := range append(slices.Clone(ids), ruleID.FindAllString(text, -1)...) {
		r, ok := profiles.RuleByID(id)
		if !ok {
			r, ok = profiles.RuleByID(strings.TrimSuffix(id, "'"))
		}
		if ok && !slices.Contains(rules, r) {
			rules = append(rules, r)
			longest = max(longest, len(r.ID))
		}
	}
	if rules == nil {
		return
	}
	fmt.Fprintf(w, "\nRules:\n")
	for _, r := range rules {
		fmt.Fprintf(w, "  %-*s  %s\n", longest, r.ID, hanging(longest+4, r.Claim+source(r)))
	}
}
