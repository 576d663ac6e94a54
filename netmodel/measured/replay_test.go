package measured

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAKeyThatAKindDoesNotHaveIsAnErrorWithTheKeysThatItHas(t *testing.T) {
	for name, line := range samplesOfAllKinds(t) {
		var whole map[string]any
		if err := json.Unmarshal([]byte(line), &whole); err != nil {
			t.Fatal(err)
		}
		k := kinds()[slices.IndexFunc(kinds(), func(k kind) bool { return k.String() == name })]
		for _, at := range objects(whole, k.line, nil) {
			read, unread := keysOf(at.typ)
			if len(read)+len(unread) == 0 {
				continue // the error names no key
			}
			err := replayOrError(t, append(at.place, "colour").in(t, line, "red"))
			want := fmt.Sprintf("colour is not a key of %s: want ", name)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s with a key colour in %q: error %v, want one with %q", name, at.place, err, want)
				continue
			}
			for key := range read {
				if !strings.Contains(err.Error(), key) {
					t.Errorf("%s with a key colour in %q: error %v, want one that names %s", name, at.place, err, key)
				}
			}
		}
	}
}

// object is an object of a line and the struct that it is read into.
type object struct {
	place place
	typ   reflect.Type
}

// objects returns the objects of a value that are read into structs; of a list, the
// first entry.
func objects(v any, t reflect.Type, at place) []object {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var out []object
	switch v := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil
		}
		out = append(out, object{slices.Clone(at), t})
		read, _ := keysOf(t)
		for key, typ := range read {
			out = append(out, objects(v[key], typ, append(slices.Clone(at), key))...)
		}
	case []any:
		if t.Kind() == reflect.Slice && len(v) > 0 {
			out = objects(v[0], t.Elem(), append(slices.Clone(at), 0))
		}
	}
	return out
}

func TestAKeyThatAnExperimentDoesNotReadMayStandInItsLine(t *testing.T) {
	const line = `{"exp":"no_listener","os":"linux","observed":{"us":60,"blocking_us":"any"}}`
	if err := replayOrError(t, line); err != nil {
		t.Errorf("Replay: %v, want none: the experiment declares both keys as unread", err)
	}
}

func TestEveryKindIsThereOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kinds() {
		if seen[k.String()] {
			t.Errorf("kinds() has %v twice: want one experiment for it", k)
		}
		seen[k.String()] = true
	}
}
