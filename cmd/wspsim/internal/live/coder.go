package live

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
	"wspsim/sim"
)

// coder writes values to bytes, or reads them back. One function for both names each field
// once. There is no reflection: the simulator of a page must be small.
type coder struct {
	b       []byte
	writing bool
	bad     bool // the bytes end too early, or hold what no scenario has
}

// Encode returns a scenario as the simulator of a page reads it: without its lesson and its
// expectations.
func Encode(s scenarios.Scenario) []byte {
	c := coder{writing: true}
	c.scenario(&s)
	return c.b
}

// Decode reads what Encode has written.
func Decode(b []byte) (scenarios.Scenario, error) {
	c := coder{b: b}
	var s scenarios.Scenario
	c.scenario(&s)
	if c.bad || len(c.b) > 0 {
		return scenarios.Scenario{}, errors.New("the scenario cannot be read")
	}
	return s, nil
}

func number[T ~int | ~int64 | ~int32 | ~uint8 | ~uint32](c *coder, v *T) {
	if c.writing {
		c.b = binary.AppendVarint(c.b, int64(*v))
		return
	}
	n, size := binary.Varint(c.b)
	if size <= 0 {
		c.fail()
		return
	}
	c.b, *v = c.b[size:], T(n)
}

func (c *coder) fail() { c.bad, c.b = true, nil }

func (c *coder) text(v *string) {
	n := len(*v)
	number(c, &n)
	switch {
	case c.writing:
		c.b = append(c.b, *v...)
	case n < 0 || n > len(c.b):
		c.fail()
	default:
		c.b, *v = c.b[n:], string(c.b[:n])
	}
}

func (c *coder) flag(v *bool) {
	n := 0
	if *v {
		n = 1
	}
	number(c, &n)
	*v = n != 0
}

// list codes the elements of a list. An element takes a byte at least, so a hostile length
// fails before it takes memory.
func list[T any](c *coder, v *[]T, element func(*T)) {
	n := len(*v)
	number(c, &n)
	if !c.writing {
		if n < 0 || n > len(c.b) {
			c.fail()
			return
		}
		*v = nil
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		element(&(*v)[i])
	}
}

func (c *coder) scenario(s *scenarios.Scenario) {
	c.text(&s.Name)
	c.text(&s.Summary)
	c.text(&s.Question)
	list(c, &s.Profiles, c.text)
	number(c, &s.Until)
	number(c, &s.Descriptors)
	number(c, &s.Link.Latency)
	c.dist(&s.Link.Jitter)
	c.ratio(&s.Link.Loss)
	c.ratio(&s.Link.Duplicate)
	c.ratio(&s.Link.Reorder)
	c.client(&s.Client)
	list(c, &s.Steps, func(step *scenarios.Step) {
		number(c, &step.At)
		c.action(&step.Do)
	})
	c.text(&s.Load.Name)
	number(c, &s.Load.Clients)
	number(c, &s.Load.At)
	c.dist(&s.Load.Every)
	c.instants(&s.Load.Times)
	number(c, &s.Program.Workers)
	number(c, &s.Program.Start)
	c.dist(&s.Program.Service)
	number(c, &s.Program.Backoff)
	list(c, &s.Settings, func(v *scenarios.Setting) {
		c.text(&v.Name)
		c.text(&v.Value)
	})
	list(c, &s.Knobs, func(k *scenarios.Knob) {
		c.text(&k.Name)
		number(c, &k.Min)
		number(c, &k.Max)
	})
}

// instants codes ascending instants by their distances, which are short.
func (c *coder) instants(into *[]time.Duration) {
	var last time.Duration
	list(c, into, func(v *time.Duration) {
		apart := *v - last
		number(c, &apart)
		*v = last + apart
		last = *v
	})
}

func (c *coder) ratio(r *sim.Ratio) {
	number(c, &r.Num)
	number(c, &r.Den)
}

func (c *coder) client(v *scenarios.Client) {
	own := v.TCP != nil
	c.flag(&own)
	if own {
		if v.TCP == nil {
			v.TCP = new(netmodel.Client)
		}
		number(c, &v.TCP.Syn.First)
		number(c, &v.TCP.Syn.Factor)
		number(c, &v.TCP.Syn.Max)
		number(c, &v.TCP.Syn.Linear)
		number(c, &v.TCP.Syn.Retries)
		number(c, &v.TCP.Syn.Limit)
		number(c, &v.TCP.Refused.Retries)
		number(c, &v.TCP.Refused.Gap)
		c.flag(&v.TCP.Refused.Sticks)
	}
	number(c, &v.GiveUp)
	c.flag(&v.GiveUpHard)
	number(c, &v.Retry.Attempts)
	number(c, &v.Retry.Delay)
	number(c, &v.Retry.Factor)
	number(c, &v.Retry.Max)
	c.ratio(&v.Retry.Jitter)
	number(c, &v.Send)
}

// kind is one type of values that stand behind an interface I: how to code its fields.
type kind[I any] struct {
	is     func(I) bool
	fields func(*I)
}

func kindOf[A, I any](fields func(*A)) kind[I] {
	return kind[I]{
		is: func(v I) bool { _, ok := any(v).(A); return ok },
		fields: func(v *I) {
			a, _ := any(*v).(A)
			fields(&a)
			*v = any(a).(I)
		},
	}
}

// one codes the place of the kind in the list, then the fields of the value.
func one[I any](c *coder, v *I, kinds []kind[I]) {
	n := slices.IndexFunc(kinds, func(k kind[I]) bool { return c.writing && k.is(*v) })
	number(c, &n)
	if n < 0 || n >= len(kinds) {
		c.fail()
		return
	}
	kinds[n].fields(v)
}

// dist codes whether there is a distribution, then the distribution.
func (c *coder) dist(d *sim.Dist) {
	has := *d != nil
	c.flag(&has)
	if !has {
		return
	}
	one(c, d, []kind[sim.Dist]{
		kindOf[sim.Fixed, sim.Dist](func(v *sim.Fixed) { number(c, v) }),
		kindOf[sim.Uniform, sim.Dist](func(v *sim.Uniform) { number(c, &v.Min); number(c, &v.Max) }),
		kindOf[sim.Exponential, sim.Dist](func(v *sim.Exponential) { number(c, &v.Mean) }),
		kindOf[sim.Erlang, sim.Dist](func(v *sim.Erlang) { number(c, &v.Shape); number(c, &v.Mean) }),
		kindOf[sim.Pareto, sim.Dist](func(v *sim.Pareto) { number(c, &v.Min); number(c, &v.AlphaMilli); number(c, &v.Max) }),
		kindOf[sim.LogNormal, sim.Dist](func(v *sim.LogNormal) { number(c, &v.Median); number(c, &v.SigmaMilli) }),
		kindOf[sim.Empirical, sim.Dist](c.empirical),
	})
}

func (c *coder) empirical(e *sim.Empirical) {
	var values []time.Duration
	for i := range e.Len() {
		values = append(values, e.Value(i))
	}
	c.instants(&values)
	again, err := sim.NewEmpirical(values)
	if err != nil {
		c.fail()
	}
	*e = again
}

// action codes what a step does.
func (c *coder) action(do *scenarios.Action) {
	one(c, do, []kind[scenarios.Action]{
		kindOf[scenarios.Bind, scenarios.Action](func(a *scenarios.Bind) {
			c.text(&a.Socket)
			number(c, &a.Address)
			c.flag(&a.Reuse)
			c.flag(&a.Exclusive)
			c.flag(&a.Conditional)
			c.flag(&a.ReusePort)
			number(c, &a.DeferAccept)
		}),
		kindOf[scenarios.Listen, scenarios.Action](func(a *scenarios.Listen) { number(c, &a.Backlog); c.text(&a.Socket) }),
		kindOf[scenarios.Accept, scenarios.Action](func(a *scenarios.Accept) { c.text(&a.Socket); number(c, &a.Decision) }),
		kindOf[scenarios.CloseListener, scenarios.Action](func(a *scenarios.CloseListener) { c.text(&a.Socket) }),
		kindOf[scenarios.CloseAccepted, scenarios.Action](func(a *scenarios.CloseAccepted) { c.text(&a.Client) }),
		kindOf[scenarios.OpenFiles, scenarios.Action](func(a *scenarios.OpenFiles) { number(c, &a.Count) }),
		kindOf[scenarios.CloseFiles, scenarios.Action](func(a *scenarios.CloseFiles) { number(c, &a.Count) }),
		kindOf[scenarios.Pause, scenarios.Action](func(a *scenarios.Pause) { c.flag(&a.On); c.text(&a.Socket) }),
		kindOf[scenarios.Request, scenarios.Action](func(a *scenarios.Request) { c.text(&a.Client); number(c, &a.To) }),
		kindOf[scenarios.Flood, scenarios.Action](func(a *scenarios.Flood) { c.text(&a.Name); number(c, &a.Count) }),
		kindOf[scenarios.CloseClient, scenarios.Action](func(a *scenarios.CloseClient) { c.text(&a.Client); c.flag(&a.Reset) }),
		kindOf[scenarios.Send, scenarios.Action](func(a *scenarios.Send) { c.text(&a.Client); number(c, &a.Bytes) }),
		kindOf[scenarios.Shutdown, scenarios.Action](func(a *scenarios.Shutdown) { c.text(&a.Socket); number(c, &a.How) }),
		kindOf[scenarios.CutLink, scenarios.Action](func(a *scenarios.CutLink) { c.flag(&a.Healed); c.flag(&a.ToServer) }),
		kindOf[scenarios.SetFault, scenarios.Action](func(a *scenarios.SetFault) { number(c, &a.Fault); c.flag(&a.On) }),
		kindOf[scenarios.Stall, scenarios.Action](func(a *scenarios.Stall) { number(c, &a.For) }),
	})
}
