package scenarios_test

import (
	"fmt"

	"wspsim/scenarios"
)

// What a run rests upon that nobody knows.
func ExampleDependsOn() {
	s, _ := scenarios.ByName("burst")
	for _, profile := range []string{"linux", "aix5"} {
		facts, err := scenarios.DependsOn(s, scenarios.Options{Profile: profile})
		if err != nil {
			fmt.Println(err)
		}
		fmt.Print(profile, ":")
		for _, f := range facts {
			fmt.Print(" ", f.Field)
		}
		fmt.Println()
	}
	// Output:
	// linux:
	// aix5: OnFull Client.Syn
}
