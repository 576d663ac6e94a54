package measured

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
)

// ErrNotModelled is the cause when Replay returns an error because the model has no
// such experiment.
var ErrNotModelled = errors.New("not modelled")

// kind is one kind of trial: an experiment on one system.
type kind struct {
	exp, os string       // os: the first letters of the system's name
	line    reflect.Type // a struct with a field for every key of a line
	play    func(*Comparison) error
}

func (k kind) String() string { return k.exp + " on " + k.os }

// none is the parameters of an experiment that has none.
type none struct{}

// typed is a line with the parameters and the observations of one kind of trial.
type typed[Params, Observed any] struct {
	Trial
	Params   Params   `json:"params"`
	Observed Observed `json:"observed"`
}

// replay returns the kind of trial with the given types. The fields of both structs
// have the keys of the file as json tags. system returns the profile of the system.
// experiment plays the parameters on that profile and compares the run with the
// observations.
//
// An experiment does not read every key. A tag of the blank field lists the other keys with
// the shapes of their values (see hasShape): _ struct{} `unread:"seed=number ss=queue"`.
// A key that the struct does not declare is an error of Replay. So is another shape.
func replay[Params, Observed any](exp, os string, system func(*Trial) (netmodel.Profile, error),
	experiment func(netmodel.Profile, *Params, *Observed, *Comparison) error) kind {
	play := func(c *Comparison) error {
		p, err := decode[Params](c.Trial.Params)
		if err != nil {
			return err
		}
		o, err := decode[Observed](c.Trial.Observed)
		if err != nil {
			return err
		}
		profile, err := system(c.Trial)
		if err != nil {
			return err
		}
		return experiment(profile, p, o, c)
	}
	return kind{exp, os, reflect.TypeFor[typed[Params, Observed]](), play}
}

// replayLine is replay for a kind of trial whose keys stand in the line itself.
func replayLine[Line any](exp, os string, experiment func(*Line, *Comparison) error) kind {
	play := func(c *Comparison) error {
		line, err := decode[Line](c.Trial.line)
		if err != nil {
			return err
		}
		return experiment(line, c)
	}
	return kind{exp, os, reflect.TypeFor[Line](), play}
}

// kinds returns every kind of trial.
func kinds() []kind {
	linux, netstack, goNet := (*Trial).linux, (*Trial).netstack, (*Trial).goNet
	return []kind{
		replay("fill", "linux", linux, playFill),
		replay("relisten", "linux", linux, playRelisten),
		replay("emfile", "linux", linux, playEmfile),
		replay("close_listener", "linux", linux, playCloseListener),
		replay("client_gone", "linux", linux, playClientAbort),
		replay("client_gone_early", "linux", linux, playEarlyClientAbort),
		replay("no_listener", "linux", linux, playNoListener),
		replay("errors", "linux", linux, playErrors),
		replay("unixsock", "linux", (*Trial).unix, playUnixsock),
		replay("reuseport", "linux", linux, playReuseport),
		replay("packetdrill", "linux", linux, playPacketdrill),
		replay("drain", "linux", linux, playFullQueue),
		replay("syn_schedule", "linux", linux, playSynSchedule),
		replay("synack_schedule", "linux", linux, playSynAckSchedule),
		replay("retx_order", "linux", linux, playRetxOrder),
		replay("defer", "linux", linux, playDeferAccept),
		replay("syn_queue", "linux", linux, playSynQueue),
		replay("phantom", "linux", linux, playPhantom),
		replay("burst", "linux", linux, playBurst),
		replay("openloop", "linux", linux, playOpenLoop),
		replay("fill", "gvisor", netstack, playNetstackFill),
		replay("relisten", "gvisor", netstack, playNetstackRelisten),
		replay("client_gone", "gvisor", netstack, playNetstackAbort),
		replay("close", "gvisor", netstack, playNetstackClose),
		replay("syn_schedule", "gvisor", netstack, playNetstackSyns),
		replay("errors", "go-net", goNet, playGoErrors),
		replay("fill", "go-net", goNet, playGoFill),
		replay("drain3", "go-net", goNet, playGoWaiters),
		replay("close", "go-net", goNet, playGoClose),
		replayLine("winsock", "wine", playWine),
	}
}

// kind returns the kind of a trial, false if the model has no such experiment.
func (t *Trial) kind() (kind, bool) {
	for _, k := range kinds() {
		if k.exp == t.Exp && strings.HasPrefix(t.OS, k.os) {
			return k, true
		}
	}
	return kind{}, false
}

// Replay plays a measurement on the model. An error names the line and the experiment. For
// an unknown key, the error names the keys of the kind of trial. For a value out of range,
// it names the range.
func (t *Trial) Replay() (*Comparison, error) {
	k, ok := t.kind()
	if !ok {
		var known []string
		for _, k := range kinds() {
			known = append(known, k.String())
		}
		return nil, fmt.Errorf("experiment %q on %q: %w; known are %s", t.Exp, t.OS, ErrNotModelled, strings.Join(known, ", "))
	}
	c := &Comparison{Trial: t}
	err := t.check(k)
	if err == nil {
		err = k.play(c)
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: experiment %s: %w", t.Number, t.Exp, err)
	}
	return c, nil
}

// decode reads a part of a trial. Only a part without a key may be missing.
func decode[T any](raw json.RawMessage) (*T, error) {
	v := new(T)
	if len(raw) == 0 || string(raw) == "null" {
		if read, _ := keysOf(reflect.TypeFor[T]()); len(read) == 0 {
			return v, nil
		}
		return nil, errors.New("there is no \"params\" or no \"observed\"")
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, plainError(err)
	}
	return v, nil
}

// keysOf returns the keys that encoding/json reads into a struct, with the types of the
// fields. It also returns the keys that the struct declares as unread, with their shapes.
func keysOf(t reflect.Type) (read map[string]reflect.Type, unread map[string]string) {
	read, unread = map[string]reflect.Type{}, map[string]string{}
	for _, f := range reflect.VisibleFields(t) {
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
			read[key] = f.Type
		}
		for _, entry := range strings.Fields(f.Tag.Get("unread")) {
			key, shape, _ := strings.Cut(entry, "=")
			unread[key] = shape
		}
	}
	return read, unread
}

// checkKeys returns an error for the first key in a value that its type does not
// declare. encoding/json would read "CLIENTS" as "clients"; here keys are exact.
func (k kind) checkKeys(at string, value any, t reflect.Type) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return nil // the type reads its own text
		}
		t = t.Elem()
	}
	if t.Kind() == reflect.Map {
		return checkCounters(at, value)
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	switch value := value.(type) {
	case []any:
		for i, v := range value {
			if err := k.checkKeys(fmt.Sprintf("%s[%d]", at, i), v, t); err != nil {
				return err
			}
		}
	case map[string]any:
		read, unread := keysOf(t)
		for _, key := range slices.Sorted(maps.Keys(value)) {
			inside := strings.TrimPrefix(at+"."+key, ".")
			if typ, ok := read[key]; ok {
				if err := k.checkKeys(inside, value[key], typ); err != nil {
					return err
				}
			} else if shape, ok := unread[key]; ok {
				if !hasShape(value[key], shape) {
					return fmt.Errorf("%s is not a value of the shape %q", shortened(inside), shape)
				}
			} else {
				known := slices.AppendSeq(slices.Collect(maps.Keys(read)), maps.Keys(unread))
				slices.Sort(known)
				return fmt.Errorf("%s is not a key of %v: want %s", shortened(inside), k, strings.Join(known, ", "))
			}
		}
	}
	return nil
}

// checkCounters returns an error for a counter that is misspelled: its letters are those of
// a counter of the kernel that the model has, in another case. encoding/json would keep it
// as a counter of its own, and nothing would compare it.
func checkCounters(at string, value any) error {
	counters, _ := value.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(counters)) {
		for _, c := range new(trace.Counters).List() {
			name := strings.TrimPrefix(strings.TrimPrefix(c.Name, "TcpExt"), "Tcp")
			if key != name && strings.EqualFold(key, name) {
				return fmt.Errorf("%s is not a counter: want %s", shortened(at+"."+key), name)
			}
		}
	}
	return nil
}

// hasShape reports whether a value that no experiment reads has the shape that its key
// declares. null stands for a value that is not known.
func hasShape(value any, shape string) bool {
	switch v := value.(type) {
	case nil:
		return true
	case json.Number, float64:
		return shape == "number"
	case string:
		return shape == "text"
	case bool:
		return shape == "bool"
	case []any:
		return shape == "numbers" && !slices.ContainsFunc(v, func(x any) bool { return !hasShape(x, "number") })
	case map[string]any:
		for key, x := range v {
			if !hasShape(x, "number") || shape == "queue" && key != "recvq" && key != "sendq" {
				return false
			}
		}
		return shape == "counts" || shape == "queue"
	}
	return false
}
