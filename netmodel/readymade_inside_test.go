package netmodel

// ReadyMade has the profiles of package profiles. That package imports netmodel, so tests in
// package netmodel cannot import it. readymade_test.go sets ReadyMade.
var ReadyMade []Profile

// Profiles returns all ready-made profiles.
func Profiles() []Profile { return ReadyMade }

// The ready-made profiles that tests within the package use.
func WSP() Profile     { return readyMade("wsp") }
func Windows() Profile { return readyMade("windows") }
func Linux() Profile   { return readyMade("linux") }
func FreeBSD() Profile { return readyMade("freebsd") }
func Darwin() Profile  { return readyMade("darwin") }

func readyMade(name string) Profile {
	for _, p := range ReadyMade {
		if p.Name == name {
			return p
		}
	}
	panic("no ready-made profile is named " + name)
}
