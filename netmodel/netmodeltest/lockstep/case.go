package lockstep

import (
	"fmt"
	"strconv"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Case is a history with all that is needed to play it again. Its text is one line:
//
//	wsp trim=oldest descriptors=3: listen(2) syn(a) ack(a) accept
type Case struct {
	Profile     netmodel.Profile
	Descriptors int // 0 = without limit
	History     []Op
}

// Run plays the case to a new system and to the reference model. It returns an error
// that names the first operation after which they differ, nil if there is none. It
// leaves out operations that cannot happen and operations that the system does not
// support. A panic of the system is a difference.
func (c Case) Run(newSystem NewSystem) error {
	pair := NewPair(c.Profile, c.Descriptors, newSystem)
	for i, op := range c.History {
		if d := pair.do(op); d != nil {
			d.at = i
			return d
		}
	}
	return nil
}

// String returns the case on one line, as ParseCase reads it. A profile with a value
// that no setting has gets the word "custom". ParseCase cannot read that word.
func (c Case) String() string {
	words := []string{c.Profile.Name}
	base, known := profiles.ByName(c.Profile.Name)
	for _, s := range allSettings() {
		v, ok := s.valueIn(c.Profile)
		if was, known := s.valueIn(base); ok && (v != was || !known) {
			words = append(words, s.name+"="+s.values[v])
			s.apply(&base, v)
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

// ParseCase reads a line that String wrote. An error says what is wrong and what would
// be right.
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

// set reads one word of the part before the colon.
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
	for _, s := range allSettings() {
		names = append(names, s.name)
		if s.name != name {
			continue
		}
		v := indexOf(s.values, value)
		if v < 0 {
			return fmt.Errorf("want %s=%s", name, strings.Join(s.values, "|"))
		}
		s.apply(&c.Profile, v)
		return nil
	}
	return fmt.Errorf("no such setting: want one of descriptors, %s", strings.Join(names, ", "))
}

func profileNames() string {
	var names []string
	for _, p := range profiles.All() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
