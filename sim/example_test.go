package sim_test

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// A simulation is a loop over events in the order of their times.
func ExampleEngine() {
	var e sim.Engine[string]
	e.After(2*time.Second, "world")
	e.After(1*time.Second, "hello")
	for at, word := range e.Until(sim.Time(time.Minute)) {
		fmt.Println(at, word)
	}
	// Output:
	// 1000.000 ms hello
	// 2000.000 ms world
}

// The limit belongs to the run, what the loop schedules is part of it, and the
// clock ends at the limit.
func ExampleEngine_Until() {
	var e sim.Engine[int]
	e.After(0, 1)
	for at, n := range e.Until(sim.Time(25 * time.Millisecond)) {
		fmt.Println(at, "tick", n)
		e.After(10*time.Millisecond, n+1)
	}
	next, _ := e.Peek()
	fmt.Println("now", e.Now(), "next", next)
	// Output:
	// 0.000 ms tick 1
	// 10.000 ms tick 2
	// 20.000 ms tick 3
	// now 25.000 ms next 30.000 ms
}

// A guard is armed with the request and taken off when the answer comes first.
func ExampleEngine_Cancel() {
	var e sim.Engine[string]
	guard := e.After(3*time.Second, "timeout")
	e.After(1*time.Second, "answer")
	for at, event := range e.Until(sim.Time(time.Minute)) {
		fmt.Println(at, event)
		if event == "answer" {
			fmt.Println("cancelled:", e.Cancel(guard))
			fmt.Println("and again:", e.Cancel(guard))
		}
	}
	// Output:
	// 1000.000 ms answer
	// cancelled: true
	// and again: false
}

// In a first lesson an event is simply what is to be done.
func ExampleEngine_funcs() {
	var e sim.Engine[func()]
	var knock func()
	knocks := 0
	knock = func() {
		knocks++
		fmt.Println(e.Now(), "knock", knocks)
		if knocks < 3 {
			e.After(500*time.Millisecond, knock)
		}
	}
	e.After(time.Second, knock)
	for _, do := range e.Until(sim.Forever) {
		do()
	}
	// Output:
	// 1000.000 ms knock 1
	// 1500.000 ms knock 2
	// 2000.000 ms knock 3
}

// A program that schedules for now, for ever, is stopped.
func ExampleEngine_Err() {
	var e sim.Engine[string]
	e.SetStallLimit(3)
	e.After(time.Millisecond, "again")
	for _, event := range e.Until(sim.Forever) {
		e.After(0, event)
	}
	fmt.Println(e.Err())
	// Output:
	// sim: the run no longer advances: 3 events at 1.000 ms and another is due there: again
}

// The arrivals of a client do not change if the client draws more for another purpose.
func ExampleStream() {
	const (
		arrival sim.Purpose = iota
		loss
	)
	const seed, client = 1, 42

	arrivals := sim.Stream(seed, client, arrival)
	fmt.Println(arrivals.Duration(time.Second), arrivals.Duration(time.Second))

	arrivals = sim.Stream(seed, client, arrival)
	losses := sim.Stream(seed, client, loss)
	losses.Chance(sim.Ratio{Num: 1, Den: 100})
	fmt.Println(arrivals.Duration(time.Second), arrivals.Duration(time.Second))
	// Output:
	// 583.090784ms 983.720778ms
	// 583.090784ms 983.720778ms
}

// Names name streams, so other clients and their order change nothing. This is the third client
// of the group "browsers", in its second attempt:
func ExampleName() {
	const jitter sim.Purpose = 7
	browsers := sim.Name("browsers") // once
	third := sim.Member(browsers, 3)
	draws := sim.Stream(1, sim.Member(third, 2), jitter)
	fmt.Println(draws.Duration(time.Second))
	// Output:
	// 915.589748ms
}

// A chance is read, kept and drawn exactly; no float is involved.
func ExampleRatio() {
	loss, err := sim.ParseRatio("2.5%")
	fmt.Println(loss, err)
	_, err = sim.ParseRatio("250%")
	fmt.Println(err)

	r := sim.Stream(1, 2, 3)
	lost := 0
	for range 10_000 {
		if r.Chance(loss) {
			lost++
		}
	}
	fmt.Println(lost, "of 10000 lost")
	// Output:
	// 1/40 <nil>
	// sim: ratio "250%": above 1; a probability is between 0 and 1, or 0% and 100%
	// 275 of 10000 lost
}

// The gaps between independent arrivals are exponential.
func ExampleExponential() {
	gap := sim.Exponential{Mean: 10 * time.Millisecond}
	r := sim.Stream(1, 2, 3)
	for at, i := time.Duration(0), 0; i < 3; i++ {
		at += gap.Draw(&r)
		fmt.Println("arrival at", at)
	}
	fmt.Printf("%#v\n", gap)
	// Output:
	// arrival at 4.594622ms
	// arrival at 11.353124ms
	// arrival at 18.062473ms
	// sim.Exponential{Mean: 10 * time.Millisecond}
}
