// Package scenarios holds situations at an accept queue as Go values, and runs them.
//
// A [Scenario] says what the server's program does, which clients connect when, over
// which link, and what the result must be. It is plain data: printed with %#v it is Go
// source that compiles. [Run] runs it under a profile and a seed and returns a
// [Result]. Equal inputs give equal results, bit for bit, on every platform.
//
//	s, _ := scenarios.ByName("overflow")
//	r, err := scenarios.Run(s, scenarios.Options{Profile: "windows"})
//	fmt.Println(r.Outcomes, r.Verdict)
//
// [All] is the catalogue. Each scenario asks a question whose answer to predict. Its
// lesson says what happens and why, with the ids of the rules (package profiles).
//
// [Statistics] is the table of the figures of a run. Expectations and all outputs of
// the command take the figures from it.
package scenarios
