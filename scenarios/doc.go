// Package scenarios holds situations at an accept queue as Go values, and
// replays them.
//
// A [Scenario] says what the server's program does, who connects when, over
// what kind of link, and what must come out. It is plain data: it can be listed,
// compared, shrunk, printed with %#v as Go source that compiles, and pasted back.
// [Run] plays it under a profile and a seed and returns a [Result]; equal inputs
// give equal results, bit for bit, on every platform.
//
//	s, _ := scenarios.ByName("overflow")
//	r, err := scenarios.Run(s, scenarios.Options{Profile: "windows"})
//	fmt.Println(r.Outcomes, r.Verdict)
//
// [All] is the catalogue. Each scenario asks a question to predict the answer
// of, and has a lesson that says what happened and why, with the ids of the
// rules (package netmodel lists them).
package scenarios
