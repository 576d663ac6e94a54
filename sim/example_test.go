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
