package play

import (
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

// ScenarioNames returns the names of the catalogue, in its order.
func ScenarioNames() []string {
	var names []string
	for _, s := range scenarios.All() {
		names = append(names, s.Name)
	}
	return names
}

// Find returns the scenario of that name. The error of an unknown one offers
// the nearest.
func Find(name string) (scenarios.Scenario, error) {
	s, ok := scenarios.ByName(name)
	if !ok {
		return s, fmt.Errorf("unknown scenario %q; %s", name, Offer(name, ScenarioNames(), "wspsim list shows all"))
	}
	return s, nil
}

// Offer lists the names nearest to name. The argument otherwise says where to look.
func Offer(name string, names []string, otherwise string) string {
	if near := words.Nearest(name, names); near != nil {
		return "nearest: " + strings.Join(near, ", ") + "; " + otherwise
	}
	return otherwise
}

// CheckProfile returns an error that offers other names if no profile has the name.
func CheckProfile(name string) error {
	names := scenarios.ProfileNames()
	if slices.Contains(names, name) {
		return nil
	}
	if meant, ok := meantProfile(name); ok {
		return fmt.Errorf("unknown profile %q; that is %s, %s", name, meant, LongName(meant))
	}
	return fmt.Errorf("unknown profile %q; %s", name, Offer(name, names, "wspsim profiles lists all"))
}

// meantProfile finds what people call by another name.
func meantProfile(name string) (string, bool) {
	name = strings.ToLower(name)
	switch name {
	case "macos", "mac", "osx", "xnu", "apple":
		return "darwin", true
	case "win", "win10", "win11", "windows10", "windows11", "winsock":
		return "windows", true
	case "solaris", "smartos", "omnios":
		return "illumos", true
	case "bsd", "4.4bsd", "berkeley":
		return "bsd4.4", true
	case "ubuntu", "debian", "fedora", "rhel", "centos", "alpine", "android":
		return "linux", true
	case "aix":
		return "aix5", true
	case "hpux", "hp-ux":
		return "hpux11", true
	}
	if slices.Contains(scenarios.ProfileNames(), name) { // in other letters
		return name, true
	}
	var major, minor int
	if n, _ := fmt.Sscanf(strings.TrimPrefix(strings.TrimPrefix(name, "linux"), "-"), "%d.%d", &major, &minor); n < 1 || !strings.HasPrefix(name, "linux") {
		return "", false
	}
	for _, era := range []struct {
		major, minor int
		profile      string
	}{{6, 13, "linux"}, {6, 5, "linux6.5"}, {5, 4, "linux5.4"}, {4, 10, "linux4.10"}, {4, 3, "linux4.3"}, {2, 6, "linux2.6.20"}, {2, 4, "linux2.4"}} {
		if major > era.major || major == era.major && minor >= era.minor {
			return era.profile, true
		}
	}
	return "linux2.2", true
}

// LongName returns what a person calls a profile.
func LongName(profile string) string {
	p, _ := profiles.ByName(profile)
	return p.Long
}

// Check says what is wrong with what was asked for, before it is run.
func (p *Play) Check() error {
	if strings.Contains(p.Profile, ",") {
		return fmt.Errorf("one profile at a time; for several: wspsim compare %s --profile %s", p.Scenario.Name, words.Printable(p.Profile))
	}
	if err := CheckProfile(p.Profile); err != nil {
		return err
	}
	if p.Clients != "" {
		if err := CheckProfile(p.Clients); err != nil {
			return err
		}
	}
	_, err := p.Prepared()
	return err
}

// StandardInput is the name of a file that is the standard input.
const StandardInput = "-"

// UseArrivals puts the series of arrivals in a file in place of the load of the
// scenario. Errors name the file, and the line and column if it is malformed.
func (p *Play) UseArrivals(file, column string) error {
	if l := &p.Scenario.Load; l.Clients == 0 && len(l.Times) == 0 {
		return fmt.Errorf("scenario %s has no load whose arrivals could be replaced; try recorded", p.Scenario.Name)
	}
	from := Arrivals{File: file, Column: column}
	f := os.Stdin
	if file != StandardInput {
		var err error
		if f, err = os.Open(file); err != nil {
			return err
		}
		defer f.Close()
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory: want a file of arrivals", from.Source())
	}
	sum := fnv.New64a()
	times, err := scenarios.ParseArrivals(io.TeeReader(f, sum), column)
	if err != nil {
		return fmt.Errorf("%s: %w", from.Source(), err)
	}
	from.Hash = sum.Sum64()
	p.Scenario, p.prepared, p.Arrivals = p.Scenario.WithArrivals(times), nil, from
	return nil
}

// large is from how many clients on a run is announced with what it will take.
const large = 1_000_000

// What a client of a load takes, measured on amd64 with the scenario recorded
// and 1,500,000 arrivals.
const (
	bytesPerClient = 750
	nanosPerClient = 7000
)

// Estimate says what the run will take if that is much, "" if not.
func (p *Play) Estimate() string {
	clients := max(p.Scenario.Load.Clients, len(p.Scenario.Load.Times))
	if prepared, err := p.Prepared(); err == nil {
		clients = max(prepared.Scenario.Load.Clients, len(prepared.Scenario.Load.Times))
	}
	if clients <= large {
		return ""
	}
	return fmt.Sprintf("%s clients: about %d MB of memory and %d s or more", words.Count(clients),
		int64(clients)*bytesPerClient>>20, int64(clients)*nanosPerClient/1e9)
}
