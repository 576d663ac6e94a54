package lockstep

import (
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
