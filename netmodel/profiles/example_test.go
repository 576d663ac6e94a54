package profiles_test

import (
	"fmt"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Where a value is from, and whether to rely on it.
func ExampleFacts() {
	for _, p := range []netmodel.Profile{profiles.Linux(), profiles.HPUX11()} {
		for _, f := range profiles.Facts(p) {
			if f.Field == "OnFull" {
				fmt.Printf("%s: %s %s, %s: %s\n", p.Name, f.Field, f.Value, f.Certainty, f.Source)
			}
		}
	}
	// Output:
	// linux: OnFull ignore, measured: K2: L01, L10
	// hpux11: OnFull ignore, unknown: Stevens' table says how many connections fit, not what happens then
}
