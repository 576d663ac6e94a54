package lockstep

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

func TestASettingGivesAValidProfileThatHasIt(t *testing.T) {
	for _, s := range allSettings() {
		for v, name := range s.values {
			p := profiles.WSP()
			s.apply(&p, v)
			if err := playable(sensible(p)); err != nil {
				t.Errorf("%s=%s: %v", s.name, name, err)
			}
			if got, ok := s.valueIn(p); !ok || got != v {
				t.Errorf("%s=%s: the profile has value %d, %v", s.name, name, got, ok)
			}
			if v == 0 && p != profiles.WSP() {
				t.Errorf("%s=%s is the first value and not that of the WSP profile", s.name, name)
			}
		}
	}
}

// A random profile can differ from WSP in every setting of a profile that concerns a
// listener.
func TestEverySettingOfAProfileThatAListenerKnowsIsTried(t *testing.T) {
	elsewhere := map[string]string{
		"Name": "a name", "Long": "a text", "System": "names of settings and counters",
		"ListenConnecting": "the socket of the program never connects", "CommitAtListen": "there is one socket",
		"ListenBinds": "the socket is bound", "Migrates": "there is one listener", "Binds": "there is one socket",
		"ErrorSticks": "the socket of the program never connects", "PortMin": "the port is given", "PortMax": "the port is given",
		"Client":              "the clients are histories",
		"AtAck.Min":           "a limit, as AtSyn is one",
		"SynQueue.Limit.None": "likewise", "SynQueue.Limit.Num": "likewise", "SynQueue.Limit.Den": "likewise", "SynQueue.Limit.Min": "likewise",
		"Data.Limit": "ends handshakes",
	}
	rand := sim.Stream(1, 2, 3)
	wsp := fields(profiles.WSP())
	tried := map[string]bool{}
	for range 2000 {
		for name, value := range fields(Swarm{ready: profiles.All()}.drawProfile(&rand)) {
			tried[name] = tried[name] || value != wsp[name]
		}
	}
	for name := range wsp {
		first, _, _ := strings.Cut(name, ".")
		if elsewhere[first] == "" && elsewhere[name] == "" && !tried[name] {
			t.Errorf("%s is never another than that of WSP", name)
		}
	}
}

// A value that is in no setting is in no search, and every search stays green.
func TestEveryValueOfAChoiceIsInASetting(t *testing.T) {
	elsewhere := map[string]string{
		"Binds":           "there is one socket",
		"Aborted 4":       "AbortedNoAddress differs in the address that accept returns",
		"Options 2":       "OptionsWine differs in options that a listener does not know",
		"Options 3":       "OptionsLinux differs in options that a listener does not know",
		"SynQueue.Size 1": "SizeFixed is SizeOfBacklog with another limit",
		"SynQueue.Size 2": "SizePow2 is SizeOfBacklog with another limit",
	}
	tried := map[string]bool{}
	for _, s := range allSettings() {
		for v := range s.values {
			p := profiles.WSP()
			s.apply(&p, v)
			for name, value := range fields(p) {
				tried[fmt.Sprint(name, " ", reflect.ValueOf(value))] = true
			}
		}
	}
	for name, value := range fields(profiles.WSP()) {
		if reflect.TypeOf(value).Kind() != reflect.Uint8 || reflect.TypeOf(value).PkgPath() == "" {
			continue // a number, not a choice
		}
		for v := range uint8(255) {
			p := profiles.WSP()
			field := reflect.ValueOf(&p).Elem()
			for part := range strings.SplitSeq(name, ".") {
				field = field.FieldByName(part)
			}
			field.SetUint(uint64(v))
			if err := p.Validate(); err != nil && strings.Contains(err.Error(), "there is no such setting") {
				break
			}
			if key := fmt.Sprint(name, " ", v); !tried[key] && elsewhere[key] == "" && elsewhere[name] == "" {
				t.Errorf("%s: no setting has this value: add it to settings.go", key)
			}
		}
	}
}

// fields returns the fields of a profile by name; those of its parts have names such as
// SynQueue.Max.
func fields(p netmodel.Profile) map[string]any {
	out := map[string]any{}
	var add func(prefix string, v reflect.Value)
	add = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			if f, name := v.Field(i), prefix+v.Type().Field(i).Name; f.Kind() == reflect.Struct {
				add(name+".", f)
			} else {
				out[name] = f.Interface()
			}
		}
	}
	add("", reflect.ValueOf(p))
	return out
}
