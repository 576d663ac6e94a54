// Package profiles has the ready-made profiles of netmodel: what each TCP stack does,
// value by value, and where each value is from.
//
//	p := profiles.Windows()
//	p, err := profiles.Set(profiles.Linux(), "somaxconn", "128") // as sysctl would
//	for _, f := range profiles.Facts(p) { ... }                  // value, certainty, source
//
// Each file holds a family: winsock.go, linux.go, bsd.go, and stacks.go for all others. Each
// profile is a function, and the evidence for its values is the function below it. To add a
// profile, write both, and a line in every (all.go). Fields and their words are in fields.go,
// kernel settings by name in settings.go, and the rules in rules.go.
//
// # Sources
//
// Winsock profiles cite rules; Rules has the pages behind them. A rule that is documented, or
// that others observed on Windows, makes a value documented. A rule that was inferred makes
// the value derived. A rule that was chosen leaves the value unknown.
//
// L, P, W, G or D and a number names an experiment of this project (testdata/truth). K ids
// number what the experiments showed. ST. ids are rules too. All other sources name the file
// that was read. A bare number is the id of a file in a public index of sources. A commit
// stands behind an @.
package profiles

import "wspsim/netmodel"

// readyMade is a ready-made profile and the evidence for its values. The evidence of the
// profile itself comes first, then the evidence of the profiles that it is made from. The
// nearest evidence counts.
type readyMade struct {
	profile  func() netmodel.Profile
	evidence []func() []evidence
}

// every returns all ready-made profiles, the default first.
func every() []readyMade {
	type from = []func() []evidence
	return []readyMade{
		{WSP, from{wspEvidence}},
		{Windows, from{windowsEvidence, wspEvidence}},
		{NT4Server, from{nt4Evidence, windowsEvidence, wspEvidence}},
		{NT4Workstation, from{nt4WorkstationEvidence, nt4Evidence, windowsEvidence, wspEvidence}},
		{WindowsCE3, from{windowsCE3Evidence, wspEvidence}},
		{Winsock11, from{winsock11Evidence, wspEvidence}},
		{Linux, from{linuxEvidence}},
		{Linux65, from{linux65Evidence, linuxEvidence}},
		{Linux54, from{linux54Evidence, linux65Evidence, linuxEvidence}},
		{Linux410, from{linux410Evidence, linux54Evidence, linux65Evidence, linuxEvidence}},
		{Linux43, from{linux43Evidence, linux410Evidence, linux54Evidence, linux65Evidence, linuxEvidence}},
		{Linux2620, from{linux2620Evidence, linux43Evidence, linux410Evidence, linux54Evidence, linux65Evidence, linuxEvidence}},
		{Linux24, from{linux24Evidence, linux2620Evidence, linux43Evidence, linux410Evidence, linux54Evidence, linux65Evidence, linuxEvidence}},
		{Linux22, from{linux22Evidence, linux24Evidence, linux2620Evidence, linux43Evidence, linux410Evidence, linux54Evidence, linux65Evidence, linuxEvidence}},
		{FreeBSD, from{freeBSDEvidence, bsdEvidence, berkeleyEvidence}},
		{FreeBSD4, from{freeBSD4Evidence, freeBSDEvidence, bsdEvidence, berkeleyEvidence}},
		{NetBSD, from{netBSDEvidence, bsdEvidence, berkeleyEvidence}},
		{OpenBSD, from{openBSDEvidence, bsdEvidence, berkeleyEvidence}},
		{Darwin, from{darwinEvidence, bsdEvidence, berkeleyEvidence}},
		{MacOSX102, from{macOSX102Evidence, berkeleyEvidence}},
		{AIX5, from{aix5Evidence, berkeleyEvidence}},
		{BSD44, from{bsd44Evidence, bsd42Evidence, bsdEvidence, berkeleyEvidence}},
		{BSD42, from{bsd42Evidence, bsdEvidence, berkeleyEvidence}},
		{HPUX11, from{hpux11Evidence, berkeleyEvidence}},
		{Illumos, from{illumosEvidence, berkeleyEvidence}},
		{Solaris9, from{solaris9Evidence, illumosEvidence, berkeleyEvidence}},
		{GVisor, from{gvisorEvidence, berkeleyEvidence}},
		{Netstack, from{netstackEvidence, gvisorEvidence, berkeleyEvidence}},
		{LwIP, from{lwipEvidence, berkeleyEvidence}},
		{Smoltcp, from{smoltcpEvidence, berkeleyEvidence}},
		{Unix, from{unixEvidence, linuxEvidence}},
		{GoFakeNet, from{goFakeNetEvidence, berkeleyEvidence}},
		{Wine, from{wineEvidence, linuxEvidence}},
	}
}

// All returns every ready-made profile, the default first.
func All() []netmodel.Profile {
	var all []netmodel.Profile
	for _, r := range every() {
		all = append(all, r.profile())
	}
	return all
}

// ByName returns the ready-made profile with that name, and false if there is none.
func ByName(name string) (netmodel.Profile, bool) {
	r, ok := byName(name)
	if !ok {
		return netmodel.Profile{}, false
	}
	return r.profile(), true
}

func byName(name string) (readyMade, bool) {
	for _, r := range every() {
		if r.profile().Name == name {
			return r, true
		}
	}
	return readyMade{}, false
}
