package lockstep

import (
	"fmt"
	"strconv"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Case is everything that a history needs to be played again. Its text is one
// line:
//
//	wsp trim=oldest descriptors=3: listen(2) syn(a) ack(a) accept
type Case struct {
	Profile     netmodel.Profile
	Descriptors int // 0 = without limit
	History     []Op
}

// Run plays the case to a new system, see Run.
func (c Case) Run(newSystem New) error {
	return Run(c.History, c.Profile, c.Descriptors, newSystem)
}

// String returns the case on one line, as ParseCase reads it. A profile with a
// value that no Setting has shows the word "custom" there, and cannot be read
// back.
func (c Case) String() string {
	words := []string{c.Profile.Name}
	base, known := profiles.ByName(c.Profile.Name)
	for _, s := range Settings() {
		v, ok := s.ValueIn(c.Profile)
		if was, known := s.ValueIn(base); ok && (v != was || !known) {
			words = append(words, s.Name+"="+s.Values[v])
			s.Apply(&base, v)
		}
	}
	if !known || base != c.Profile {
		words = append(words, "custom")
	}
	if c.Descriptors > 0 {
		words = append(words, "descriptors="+strconv.Itoa(c.Descriptors))
	}
	return strings.TrimSpace(strings.Join(words, " ") + ": " + Text(c.History))
}

// maxDescriptors bounds what ParseCase takes.
const maxDescriptors = 1 << 20

// ParseCase reads a line that String wrote. An error says what is wrong with it
// and what would be right.
func ParseCase(line string) (Case, error) {
	head, history, ok := strings.Cut(line, ":")
	words := strings.Fields(head)
	if !ok || len(words) == 0 {
		return Case{}, fmt.Errorf("case: want PROFILE [SETTING=VALUE]... [descriptors=N]: HISTORY")
	}
	var c Case
	if c.Profile, ok = profiles.ByName(words[0]); !ok {
		return Case{}, fmt.Errorf("case: no profile %q: want one of %s", shorten(words[0]), profileNames())
	}
	for _, word := range words[1:] {
		if err := c.set(word); err != nil {
			return Case{}, fmt.Errorf("case: %q: %w", shorten(word), err)
		}
	}
	err := playable(c.Profile)
	if err != nil {
		return Case{}, fmt.Errorf("case: %w", err)
	}
	if c.History, err = Parse(history); err != nil {
		return Case{}, fmt.Errorf("case: %w", err)
	}
	return c, nil
}

// set reads one word of the head.
func (c *Case) set(word string) error {
	name, value, _ := strings.Cut(word, "=")
	if name == "descriptors" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > maxDescriptors {
			return fmt.Errorf("want a number of descriptors from 0 (without limit) to %d", maxDescriptors)
		}
		c.Descriptors = n
		return nil
	}
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Name)
		if s.Name != name {
			continue
		}
		v := indexOf(s.Values, value)
		if v < 0 {
			return fmt.Errorf("want %s=%s", name, strings.Join(s.Values, "|"))
		}
		s.Apply(&c.Profile, v)
		return nil
	}
	return fmt.Errorf("no such setting: want one of descriptors, %s", strings.Join(names, ", "))
}

func profileNames() string {
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
