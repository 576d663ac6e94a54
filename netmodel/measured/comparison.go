package measured

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Field is one observed thing beside what the model does.
type Field struct {
	Name      string
	Measured  string
	Modelled  string
	Agrees    bool
	Tolerance string // the allowed difference, "" = none
	Cause     string // why the two differ, "" = not known
}

// Comparison is the result of a replay.
type Comparison struct {
	Trial  *Trial
	Fields []Field
	// Of logs: the decisions of the kernel that were compared one by one, and how many
	// of them the model repeats. One field sums up the decisions of one kind.
	Decisions, DecisionsAgree int

	work int // the cost of all plays: steps in time, and records
}

// Unexplained is the Cause of a decision that differs and whose cause was sought in vain.
const Unexplained = "unexplained"

// Agrees returns how many fields agree, and how many fields there are.
func (c *Comparison) Agrees() (agree, of int) {
	for _, f := range c.Fields {
		if f.Agrees {
			agree++
		}
	}
	return agree, len(c.Fields)
}

// equal compares a field whose two values must be equal.
func (c *Comparison) equal(name string, measured, modelled any) {
	m, o := fmt.Sprint(measured), fmt.Sprint(modelled)
	c.Fields = append(c.Fields, Field{Name: name, Measured: m, Modelled: o, Agrees: m == o})
}

// equalIf compares a field that only some trials of a kind have.
func equalIf[T any](c *Comparison, name string, measured *T, modelled T) {
	if measured != nil {
		c.equal(name, *measured, modelled)
	}
}

// equalCounts compares the counts of some names. A name that a table lacks counts 0.
func (c *Comparison) equalCounts(prefix string, names []string, measured, modelled map[string]int) {
	for _, name := range names {
		c.equal(prefix+name, measured[name], modelled[name])
	}
}

// stats compares all counters. The files do not list counters that are 0.
func (c *Comparison) stats(measured, modelled map[string]int) {
	names := map[string]bool{}
	for name := range measured {
		names[name] = true
	}
	for name, n := range modelled {
		if n != 0 {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c.stat(name, measured[name], modelled)
	}
}

// stat compares one counter, or notes that the model does not have it.
func (c *Comparison) stat(name string, measured int, modelled map[string]int) {
	if n, counted := modelled[name]; counted {
		c.equal("stat "+name, measured, n)
		return
	}
	c.Fields = append(c.Fields, Field{Name: "stat " + name, Measured: fmt.Sprint(measured), Modelled: "-", Cause: "the model does not count this"})
}

// decided compares the decisions of one kind, all of which must be equal.
func (c *Comparison) decided(name string, all, agree int) {
	c.Decisions += all
	c.DecisionsAgree += agree
	c.equal(name, fmt.Sprintf("%d of %d", all, all), fmt.Sprintf("%d of %d", agree, all))
}

// near compares two instants or durations in milliseconds.
func (c *Comparison) near(name string, measured, modelled, within float64) {
	c.Fields = append(c.Fields, Field{
		Name: name, Measured: fmt.Sprintf("%.1f", measured), Modelled: fmt.Sprintf("%.1f", modelled),
		Agrees: measured-modelled <= within && modelled-measured <= within, Tolerance: fmt.Sprintf("%g ms", within),
	})
}

// nearAll compares two lists of instants in milliseconds as one field. The lists agree
// if they are equally long and each instant is near its counterpart.
func (c *Comparison) nearAll(name string, measured, modelled []float64, within float64) {
	agrees := slices.EqualFunc(measured, modelled, func(a, b float64) bool { return a-b <= within && b-a <= within })
	c.Fields = append(c.Fields, Field{
		Name: name, Measured: fmt.Sprintf("%.1f", measured), Modelled: fmt.Sprintf("%.1f", modelled),
		Agrees: agrees, Tolerance: fmt.Sprintf("%g ms", within),
	})
}

// instants compares what happened to one client: how often, and each instant.
func (c *Comparison) instants(name string, measured []float64, modelled []time.Duration, within float64) {
	c.equal(name+" times", len(measured), len(modelled))
	for i := range min(len(measured), len(modelled)) {
		c.near(name, measured[i], inMilliseconds(modelled[i]), within)
	}
}

// sameClients compares which clients accept returned: how many, which, in which order.
func (c *Comparison) sameClients(name string, measured, modelled []int, cause string) {
	c.equal(name+" count", len(measured), len(modelled))
	c.equal(name+" set", sorted(measured), sorted(modelled))
	c.because(cause)
	c.equal(name+" order", measured, modelled)
	c.because(cause)
}

func sorted(list []int) []int { return slices.Sorted(slices.Values(list)) }

// because gives the last field a cause if it differs, has none, and the cause can
// explain the difference.
func (c *Comparison) because(cause string) {
	if f := &c.Fields[len(c.Fields)-1]; !f.Agrees && f.Cause == "" && f.plausible() {
		f.Cause = cause
	}
}

// lastDiffers reports whether the last field differs.
func (c *Comparison) lastDiffers() bool { return !c.Fields[len(c.Fields)-1].Agrees }

// plausible reports whether races and late timers can explain a difference. They make
// no count negative, and change no count by more than the clients of a trial.
func (f *Field) plausible() bool {
	const clients = 200
	measured, err := strconv.Atoi(f.Measured)
	modelled, err2 := strconv.Atoi(f.Modelled)
	if err != nil || err2 != nil {
		return true
	}
	return measured >= 0 && measured-modelled <= clients && modelled-measured <= clients
}

// bestOf plays a trial once for each guess about something that the measurement does
// not tell. It keeps the first play in which the most fields agree.
func (c *Comparison) bestOf(guesses int, play func(guess int, try *Comparison) error) error {
	var best *Comparison
	most := -1
	for guess := range guesses {
		try := &Comparison{Trial: c.Trial}
		if err := play(guess, try); err != nil {
			return err
		}
		agree, of := try.Agrees()
		if agree > most {
			best, most = try, agree
		}
		if agree == of {
			break
		}
	}
	if best != nil {
		c.Fields = append(c.Fields, best.Fields...)
	}
	return nil
}
