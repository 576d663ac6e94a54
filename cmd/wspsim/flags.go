package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/scenarios"
)

// seedFlag is a seed: exactly 64 bits, decimal or hexadecimal.
type seedFlag uint64

func (f *seedFlag) String() string { return strconv.FormatUint(uint64(*f), 10) }
func (f *seedFlag) Type() string   { return "SEED" }

func (f *seedFlag) Set(text string) error {
	digits, base := text, 10
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		digits, base = rest, 16
	} else if len(text) > 1 && text[0] == '0' {
		return fmt.Errorf("a number with a leading zero may be octal; want a decimal number, or 0x and hexadecimal digits")
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return fmt.Errorf("want a whole number from 0 to 18446744073709551615, decimal or 0x and hexadecimal digits")
	}
	*f = seedFlag(n)
	return nil
}

// countFlag is a number of at least 1. The zero value is the default.
type countFlag uint64

func (f *countFlag) String() string {
	if *f == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(*f), 10)
}
func (f *countFlag) Type() string { return "N" }

func (f *countFlag) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return fmt.Errorf("want a whole number, at least 1")
	}
	*f = countFlag(n)
	return nil
}

// playFlags are the flags that say what to run.
type playFlags struct {
	profile   string
	clients   string
	backlog   string
	seed      seedFlag
	set       []string
	do        []string
	from      string
	arrivals  string
	column    string
	maxEvents countFlag
	strict    bool
}

func (f *playFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.SortFlags = false
	f.seed = play.DefaultSeed
	flags.StringVar(&f.profile, "profile", "", "run the server on the stack `NAME` (default: the first stack that the scenario is about)")
	flags.StringVar(&f.clients, "clients", "", "run the clients on the stack `NAME` (default: the stack of the server)")
	flags.StringVar(&f.backlog, "backlog", "", "listen with backlog `N`; short for --set backlog=N")
	flags.Var(&f.seed, "seed", "draw all random numbers from `SEED`, 0 to 2^64-1, decimal or 0x...")
	flags.StringArrayVar(&f.set, "set", nil, "set a knob of the scenario, or a setting of the kernel by its kernel name: `KNOB=VALUE`, such as somaxconn=128; may be repeated")
	flags.StringVar(&f.from, "from", "", "run what `STRING` says, in place of NAME: the address of a page, or its part from the name of the scenario on; run prints it as state")
	flags.StringArrayVar(&f.do, "do", nil, "act during the run: `TIME:ACTION`, such as 31.7ms:knock, "+scenarios.InputForms+"; may be repeated")
	flags.StringVar(&f.arrivals, "arrivals", "", "take the arrival times from `FILE`, not from the scenario; - is the standard input; run --help has the formats")
	flags.StringVar(&f.column, "column", "", "the column of the arrivals in a file of several, by `NAME` or number")
	flags.Var(&f.maxEvents, "max-events", fmt.Sprintf("end a run after `N` events (default %d)", scenarios.DefaultMaxEvents))
	flags.BoolVar(&f.strict, "strict", false, "reject a run that depends on an unknown value of a profile; wspsim profile NAME lists the unknown values")
	for flag, complete := range map[string]cobra.CompletionFunc{"profile": completeProfile, "clients": completeProfile, "set": completeKnob, "seed": cobra.NoFileCompletions, "backlog": cobra.NoFileCompletions} {
		if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag exists
		}
	}
}

// play returns the play that the flags describe.
func (f *playFlags) play(c *cobra.Command, name string) (*play.Play, error) {
	p, err := f.unchecked(c, name)
	if err != nil {
		return nil, err
	}
	if c.Flags().Changed("profile") {
		p.Profile = f.profile // more than one is an error here
	}
	if err := p.Check(); err != nil || !f.strict {
		return p, err
	}
	return p, p.CheckKnown(c.Context())
}

// unchecked is play without the check of the profile against the settings.
func (f *playFlags) unchecked(c *cobra.Command, name string) (*play.Play, error) {
	m, err := f.moment(c, name)
	if err != nil {
		return nil, err
	}
	p, err := m.Play()
	if err != nil {
		return nil, err
	}
	p.MaxEvents = uint64(f.maxEvents)
	switch {
	case c.Flags().Changed("arrivals"):
		if err := p.UseArrivals(f.arrivals, f.column); err != nil {
			return nil, err
		}
	case c.Flags().Changed("column"):
		return nil, fmt.Errorf("--column needs --arrivals")
	}
	return p, nil
}

// moment returns what --from and the other flags ask for. A flag that is given wins.
func (f *playFlags) moment(c *cobra.Command, name string) (play.Moment, error) {
	m := play.Moment{Scenario: name, Seed: uint64(f.seed)}
	given := c.Flags().Changed
	if given("from") {
		var err error
		if m, err = play.ParseMoment(f.from); err != nil {
			return m, fmt.Errorf("--from: %w", err)
		}
	}
	if given("profile") {
		m.Profiles = strings.Split(f.profile, ",")
	}
	if given("clients") {
		m.Clients = f.clients
	}
	if given("seed") {
		m.Seed = uint64(f.seed)
	}
	if given("backlog") {
		m.Knobs = append(m.Knobs, scenarios.Setting{Name: "backlog", Value: f.backlog})
	}
	for _, set := range f.set {
		knob, value, ok := strings.Cut(set, "=")
		if !ok || knob == "" || value == "" {
			return m, fmt.Errorf("--set %q: want KNOB=VALUE, such as --set latency=5ms", set)
		}
		m.Knobs = append(m.Knobs, scenarios.Setting{Name: knob, Value: value})
	}
	m.Inputs = append(m.Inputs, f.do...)
	return m, nil
}

// names returns the profiles that were asked for, or those of otherwise.
func (f *playFlags) names(c *cobra.Command, otherwise []string) ([]string, error) {
	m, err := f.moment(c, "")
	if err != nil || m.Profiles == nil {
		return otherwise, err
	}
	if slices.ContainsFunc(m.Own, func(own []scenarios.Setting) bool { return own != nil }) && len(m.Profiles) > 1 {
		return nil, fmt.Errorf("--from: its systems have settings of their own, and only a page shows them side by side; run plays one of them")
	}
	return m.Profiles, nil
}

// scenario checks the arguments of a command: the name of a scenario, or --from.
func (f *playFlags) scenario(c *cobra.Command, args []string) error {
	if !c.Flags().Changed("from") {
		return oneScenario(c, args)
	}
	if len(args) > 0 {
		return fmt.Errorf("%s: --from names the scenario; want no %q beside it", c.Name(), args[0])
	}
	return nil
}

// first returns the first argument, "" if there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
