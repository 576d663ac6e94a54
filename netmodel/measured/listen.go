package measured

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"wspsim/netmodel"
)

// listenReplayers play what is done to a listener: listen again, no descriptor
// left, close, clients that are gone, calls in the wrong state, AF_UNIX,
// SO_REUSEPORT, and the scripts of packetdrill.
func listenReplayers() []replayer {
	return []replayer{
		{"relisten", "linux", replayRelisten},
		{"emfile", "linux", replayEmfile},
		{"close_listener", "linux", replayClosing},
		{"client_gone", "linux", replayGone},
		{"client_gone_early", "linux", replayGoneEarly},
		{"no_listener", "linux", replayNoListener},
		{"errors", "linux", replayErrors},
		{"unixsock", "linux", replayUnixsock},
		{"reuseport", "linux", replayReuseport},
		{"packetdrill", "linux", replayPacketdrill},
	}
}

// pairOfQueue is what the files say of a listener's queue.
type pairOfQueue struct {
	RecvQ int `json:"recvq"`
	SendQ int `json:"sendq"`
}

// milliseconds turns an instant of the files into a duration.
func milliseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms * float64(time.Millisecond)))
}

// inMilliseconds is the opposite of milliseconds.
func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// nameOf returns how a call on Linux ended: OK or the name of the error.
func nameOf(err error) string {
	switch e, known := err.(netmodel.Errno); {
	case err == nil:
		return "OK"
	case known:
		return e.Unix()
	}
	return err.Error()
}

// leftovers lists the keys of an object that a replay does not know, so that what
// another version of the experiments measured is not passed over in silence.
func (c *Comparison) leftovers(of string, object json.RawMessage, known ...string) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(object, &keys) != nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(known, key) {
			c.notModelled(of+key, string(keys[key]), "the replay does not know this field")
		}
	}
}

// notModelled lists a field that the model has no answer for.
func (c *Comparison) notModelled(name string, measured any, cause string) {
	c.Fields = append(c.Fields, Field{Name: name, Measured: fmt.Sprint(measured), Modelled: "-", Cause: cause})
}

// stats compares counters. Those that are zero are not in the files.
func (c *Comparison) stats(measured, modelled map[string]int) {
	names := maps.Clone(measured)
	for name, n := range modelled {
		if n != 0 {
			names = with(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if _, counted := modelled[name]; !counted {
			c.notModelled("stat "+name, measured[name], "the model does not count this")
			continue
		}
		c.equal("stat "+name, measured[name], modelled[name])
	}
}

// with adds a name to a set that may be nil.
func with(names map[string]int, name string) map[string]int {
	if names == nil {
		names = map[string]int{}
	}
	names[name]++
	return names
}

// instants compares the instants of what happened to one client: how often, and
// when.
func (c *Comparison) instants(name string, measured []float64, modelled []time.Duration, within float64) {
	c.equal(name+" times", len(measured), len(modelled))
	for i := range min(len(measured), len(modelled)) {
		c.near(name, measured[i], inMilliseconds(modelled[i]), within)
	}
}

// anyPhase plays a trial whose file does not say when SYNs were sent again, with
// clocks of ticks that differ in phase, and keeps the comparison that agrees in
// most fields: the first of them, if there are several.
func anyPhase(c *Comparison, p netmodel.Profile, play func(netmodel.Profile, *Comparison) error) error {
	var best *Comparison
	for tick := range 8 { // the slots of waits of a second are 8 ticks wide
		p.Timers.Phase = time.Duration(tick) * time.Second / time.Duration(max(p.Timers.HZ, 1))
		try := &Comparison{Trial: c.Trial}
		if err := play(p, try); err != nil {
			return err
		}
		agree, of := try.Agrees()
		if best == nil {
			best = try
		} else if most, _ := best.Agrees(); agree > most {
			best = try
		}
		if agree == of {
			break
		}
	}
	c.Fields = append(c.Fields, best.Fields...)
	return nil
}
