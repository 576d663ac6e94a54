package profiles

import (
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
)

// nobodysFacts are fields that say whose profile it is, not what it does.
var nobodysFacts = []string{"Name", "Long", "System"}

// pathsOf returns the paths of the fields of a struct, each struct before what is
// in it, and which of them are structs.
func pathsOf(t reflect.Type, prefix string) (paths []string, structs map[string]bool) {
	structs = map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		path := prefix + f.Name
		paths = append(paths, path)
		if f.Type.Kind() != reflect.Struct {
			continue
		}
		structs[path] = true
		below, deeper := pathsOf(f.Type, path+".")
		paths = append(paths, below...)
		for s := range deeper {
			structs[s] = true
		}
	}
	return paths, structs
}

func TestEveryValueOfEveryProfileHasOneFact(t *testing.T) {
	paths, structs := pathsOf(reflect.TypeFor[netmodel.Profile](), "")
	for _, p := range All() {
		last := -1
		names := map[string]int{} // how many leaves a fact speaks for
		for _, f := range Facts(p) {
			at := slices.Index(paths, f.Field)
			switch {
			case at < 0:
				t.Errorf("%s: a fact about %s: there is no such field", p.Name, f.Field)
			case at <= last:
				t.Errorf("%s: the fact about %s stands twice, or too late: want the order of the struct", p.Name, f.Field)
			case f.Value == "" || f.Source == "" || f.Certainty >= certaintyCount:
				t.Errorf("%s: %+v: want a value, a certainty and a source", p.Name, f)
			}
			last = at
			names[f.Field] = 0
		}
		for _, leaf := range paths {
			if structs[leaf] || slices.Contains(nobodysFacts, leaf) {
				continue
			}
			longest := ""
			for name := range names {
				if covers(name, leaf) && len(name) > len(longest) {
					longest = name
				}
			}
			if longest == "" {
				t.Errorf("%s: no fact about %s", p.Name, leaf)
			}
			names[longest]++
		}
		for name, leaves := range names {
			if leaves == 0 {
				t.Errorf("%s: the fact about %s speaks for nothing that has no fact of its own", p.Name, name)
			}
		}
	}
}

// Evidence that no profile reads says something about nobody.
func TestEveryPieceOfEvidenceIsRead(t *testing.T) {
	read := map[string]bool{} // "source: path"
	for _, r := range every() {
		p := r.profile()
		for _, f := range fieldsOf(&p) {
			if e, path := r.lookUp(f.path); f.unused == "" {
				read[e.source+": "+path] = true
			}
		}
	}
	for _, r := range every() {
		for _, list := range r.evidence {
			for _, e := range list() {
				for _, path := range e.fields {
					if !read[e.source+": "+path] {
						t.Errorf("evidence of %s: nobody reads what is said of %s: %s", r.profile().Name, path, e.source)
						read[e.source+": "+path] = true // once is enough
					}
				}
			}
		}
	}
}

// What a source names must exist: rules, and files of measurements.
func TestSourcesNameRulesAndExperimentsThatThereAre(t *testing.T) {
	rule := regexp.MustCompile(`\b(?:WS\.[A-Z]\d+'?|ST\.\d+|[PVERCK]\d{1,2})(?:\b|$)`)
	experiment := regexp.MustCompile(`\b(?:L\d\db?|[WGD])\b`)
	unread := []string{"wsp", "windows", "nt4server", "nt4workstation", "windowsce3", "winsock11", "aix5", "hpux11", "macosx10.2", "solaris9"}
	run := []string{"linux", "unix", "wine", "gvisor", "netstack", "gofakenet"}
	for _, p := range All() {
		for _, f := range Facts(p) {
			for _, id := range rule.FindAllString(f.Source, -1) {
				if _, ok := RuleByID(id); !ok {
					t.Errorf("%s, %s: %q names the rule %s, which there is not", p.Name, f.Field, f.Source, id)
				}
			}
			named := experiment.FindAllString(f.Source, -1)
			for _, id := range named {
				if files, err := filepath.Glob("../../testdata/truth/" + id + "_*.jsonl"); err != nil || len(files) == 0 {
					t.Errorf("%s, %s: %q names the experiment %s, which there is not", p.Name, f.Field, f.Source, id)
				}
			}
			switch {
			case f.Certainty == ReadInSource && slices.Contains(unread, p.Name):
				t.Errorf("%s, %s: read in source, but nobody here has read it: %s", p.Name, f.Field, f.Source)
			case f.Certainty != Measured:
			case !slices.Contains(run, p.Name):
				t.Errorf("%s, %s: measured, but this project never ran one: %s", p.Name, f.Field, f.Source)
			case named == nil && f.Field != "SynQueue.Prunes" && f.Field != "SynQueue.RepeatRestarts":
				t.Errorf("%s, %s: measured, but %q names no experiment", p.Name, f.Field, f.Source)
			}
		}
	}
}

func TestValuesAreReadableAndThoseOfTheProfile(t *testing.T) {
	tuned := Linux()
	tuned.OnAckFull = netmodel.ResetAck
	for _, test := range []struct {
		why          string
		p            netmodel.Profile
		field, value string
	}{
		{"a choice", HPUX11(), "OnFull", "ignore"},
		{"one more", Linux(), "AtSyn", "backlog + 1"},
		{"exactly that", WSP(), "AtSyn", "backlog"},
		{"a part", FreeBSD(), "AtAck", "3/2 backlog + 1"},
		{"a multiple", OpenBSD(), "AtAck", "3 backlog + 1"},
		{"at least", HPUX11(), "AtSyn", "3/2 backlog, at least 1"},
		{"one less", Netstack(), "SynQueue.Limit", "backlog - 1"},
		{"none", FreeBSD(), "AtSyn", "no limit"},
		{"the argument is scaled", Illumos(), "Backlog", "3/2 n + 1"},
		{"linear waits", Linux(), "Client.Syn", "0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s, fails at 131 s"},
		{"doubling waits", Linux54(), "Client.Syn", "0, 1, 3, 7, 15, 31, 63 s, fails at 127 s"},
		{"parts of a second", OpenBSD(), "SynAck", "0, 1.5, 4.5, 10.5, 22.5, 46.5 s, fails at 94.5 s"},
		{"a limit in time", FreeBSD4(), "Client.Syn", "0, 3, 6, 9, 12, 15, 21, 33, 57 s, fails at 75 s"},
		{"many", Linux(), "Data", "0, 0.204, 0.408, 0.816, 1.632, 3.264, 6.528, 13.056, 26.112, 52.224, 104.448, 208.896, 328.896, 448.896, 568.896, 688.896 ... s, fails at 928.896 s"},
		{"tried again", Windows(), "Client.Refused", "4 times more, 0.5 s apart"},
		{"timers", Linux(), "Timers", "a wheel of 250 Hz"},
		{"no effect", Linux(), "Trim", NoEffect},
		{"an error code", WSP(), "ListenStarved", "WSAEMFILE"},
		{"a copy", tuned, "OnAckFull", "reset"},
	} {
		i := slices.IndexFunc(Facts(test.p), func(f Fact) bool { return f.Field == test.field })
		if i < 0 {
			t.Errorf("%s: no fact about %s of %s", test.why, test.field, test.p.Name)
		} else if got := Facts(test.p)[i].Value; got != test.value {
			t.Errorf("%s: %s of %s is %q, want %q", test.why, test.field, test.p.Name, got, test.value)
		}
	}
}

func TestScheduleTextSaysWhereItStopsListing(t *testing.T) {
	for _, test := range []struct {
		why  string
		s    netmodel.Schedule
		want string
	}{
		{"no retries", netmodel.Schedule{First: time.Second}, "0 s, fails at 1 s"},
		{"more than are listed", netmodel.Schedule{First: time.Second, Factor: 1, Retries: 30}, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 ... s, fails at 31 s"},
		{"beyond every clock", netmodel.Schedule{First: time.Hour * 24, Factor: 10, Retries: 30}, "0, 86400, 950400, 9590400, 95990400 s, never fails"},
		{"ends with its limit", netmodel.Schedule{First: time.Second, Retries: 9, Limit: 2 * time.Second}, "0, 1 s, fails at 2 s"},
	} {
		if got := scheduleText(test.s); got != test.want {
			t.Errorf("%s: %+v is %q, want %q", test.why, test.s, got, test.want)
		}
	}
}

func TestFactsOfACopySayWhatWasChanged(t *testing.T) {
	p := HPUX11()
	p.OnFull = netmodel.RefuseWhenFull
	for i, f := range Facts(p) {
		before := Facts(HPUX11())[i]
		switch {
		case f.Field != "OnFull" && f != before:
			t.Errorf("%s: %+v, want %+v: it was not changed", f.Field, f, before)
		case f.Field == "OnFull" && f != Fact{"OnFull", "refuse", Derived, "set to that; the profile has: ignore"}:
			t.Errorf("%+v does not say that it was changed", f)
		}
	}
	p.Name = "mine"
	if f := Facts(p)[0]; f.Certainty != Unknown || f.Source != "no ready-made profile has the name mine" {
		t.Errorf("%+v of a profile that is not ready-made", f)
	}
}

func TestCertaintiesAreTheFiveWords(t *testing.T) {
	var words []string
	for _, c := range Certainties() {
		words = append(words, c.String())
	}
	if got := strings.Join(words, ", "); got != "measured, read in source, documented, derived, unknown" {
		t.Errorf("Certainties = %s", got)
	}
}
