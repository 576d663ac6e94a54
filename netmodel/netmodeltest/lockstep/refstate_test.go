package lockstep

import (
	"bytes"
	"reflect"
	"testing"
	"unsafe"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// notInTheState are the fields that two equal states may have different values in.
var notInTheState = map[string]string{
	"reference.profile":     "a search has one profile",
	"reference.descriptors": "a search has one table of descriptors",
	"reference.now":         "times are relative to now",
	"reference.generation":  "only equal or not equal to that of a connection counts",
	"reference.deferred":    "its rank is in the state",
	"reference.limit":       "follows from the backlog",
	"reference.atSyn":       "follows from the backlog",
	"reference.atAck":       "follows from the backlog",
	"reference.ports":       "numbers of ports that come later",
	"reference.conns":       "the fields of a connection are changed one by one",
	"reference.marks":       "counts what a search has met",
	"reference.sent":        "of the operation in progress",
	"reference.decisions":   "of the operation in progress",
	"reference.queue":       "of the operation in progress",
	"reference.survivors":   "of the operation in progress",
	"conn.since":            "counts only with SynAck.Limit or SynAck.Linear",
	"conn.ignored":          "only a mark looks at it",
	"conn.isn.conn":         "the number of the connection itself",
	"client.phantom":        "only a mark looks at it",
}

// busy returns a model in which a connection is in every place: complete, half-open,
// accepted, and with cookies in use.
func busy(t *testing.T) *reference {
	t.Helper()
	p := profiles.Linux()
	p.SynQueue.Cookies = netmodel.CookiesWhenFull
	r := newReference(p, 0)
	history, err := Parse("listen(3) syn(a) ack(a) syn(b) ack(b) syn(c) accept")
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range history {
		r.Do(op)
	}
	return r
}

// A field that is added to the model and not to its state makes a search believe that it
// has been in a state that it has not seen.
func TestEveryFieldOfTheModelIsInItsState(t *testing.T) {
	seen := map[string]bool{}
	for _, part := range []struct {
		name string
		of   func(r *reference) reflect.Value
	}{
		{"reference", func(r *reference) reflect.Value { return reflect.ValueOf(r).Elem() }},
		{"conn", func(r *reference) reflect.Value { return reflect.ValueOf(&r.conns[r.half[0]]).Elem() }},
		{"client", func(r *reference) reflect.Value {
			return reflect.ValueOf(&r.clients[r.conns[r.half[0]].who.Client]).Elem()
		}},
	} {
		for i := range part.of(busy(t)).NumField() {
			changeEach(part.name, part.of(busy(t)).Type().Field(i), func(name string, change func(reflect.Value) bool) {
				if name == "reference.conns" {
					seen[name] = true
					return
				}
				r := busy(t)
				before := r.appendState(nil)
				if !change(settable(part.of(r).Field(i))) {
					t.Errorf("%s: this test cannot change a field of its type", name)
					return
				}
				same := bytes.Equal(before, r.appendState(nil))
				_, excused := notInTheState[name]
				seen[name] = excused
				if same && !excused {
					t.Errorf("%s has another value, and appendState gives the same state: put it there, or into notInTheState with the reason", name)
				}
			})
		}
	}
	for name := range notInTheState {
		if !seen[name] {
			t.Errorf("notInTheState has %s, which the model has not", name)
		}
	}
}

// settable is an unexported field that a test may set.
func settable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

// changeEach calls try for a field, or for each part of it if the field is a structure,
// with its name and with how to give it another value.
func changeEach(owner string, f reflect.StructField, try func(name string, change func(reflect.Value) bool)) {
	name := owner + "." + f.Name
	if _, excused := notInTheState[name]; excused || f.Type.Kind() != reflect.Struct {
		try(name, change)
		return
	}
	for i := range f.Type.NumField() {
		inner := f.Type.Field(i)
		part := owner + "." + inner.Name // of an embedded structure
		if !f.Anonymous {
			part = name + "." + inner.Name
		}
		try(part, func(v reflect.Value) bool { return change(settable(v.Field(i))) })
	}
}

// change gives a value another one.
func change(v reflect.Value) bool {
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.CanInt():
		v.SetInt(v.Int() + 1)
	case v.CanUint():
		v.SetUint(v.Uint() + 1)
	case v.Kind() == reflect.Array && v.Len() > 0:
		return change(settable(v.Index(0)))
	case v.Kind() == reflect.Struct && v.NumField() > 0:
		return change(settable(v.Field(0)))
	case v.Kind() == reflect.String:
		v.SetString(v.String() + "x")
	case v.Kind() == reflect.Slice && v.Len() > 0:
		v.SetLen(v.Len() - 1)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	default:
		return false
	}
	return true
}

func TestACloneOfTheModelSharesNoMemory(t *testing.T) {
	r := busy(t)
	for i := range reflect.ValueOf(r).Elem().NumField() { // every list has an element
		if f := settable(reflect.ValueOf(r).Elem().Field(i)); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
		}
	}
	c := reflect.ValueOf(r.Clone().(*reference)).Elem()
	for i := range c.NumField() {
		mine, its := reflect.ValueOf(r).Elem().Field(i), c.Field(i)
		switch mine.Kind() {
		case reflect.Slice:
			if its.Len() > 0 && mine.Pointer() == its.Pointer() {
				t.Errorf("Clone shares %s", c.Type().Field(i).Name)
			}
		case reflect.Map, reflect.Pointer:
			t.Errorf("%s is a %v: Clone copies it flat, so this test must learn about it", c.Type().Field(i).Name, mine.Kind())
		}
	}
}
