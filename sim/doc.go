// Package sim is a discrete-event engine: virtual time, an event list and
// streams of random numbers. It knows nothing of networks.
//
// A simulation is a loop. The program schedules events, takes them back in
// the order of their times, and does whatever an event means, which may
// schedule more:
//
//	var e sim.Engine[string]
//	e.After(2*time.Second, "world")
//	e.After(1*time.Second, "hello")
//	for at, word := range e.Until(sim.Time(time.Minute)) {
//		fmt.Println(at, word)
//	}
//
// The type of an event is the program's own. A small struct makes a run of
// millions of events free of allocation; a func() is handy in a first lesson.
//
// # What holds
//
//   - Time is virtual, whole nanoseconds since the run began. Nothing here
//     reads a clock.
//   - Events at one instant come back in the order in which they were
//     scheduled. An event scheduled for now runs after those already due now.
//   - Equal inputs give equal runs, bit for bit, on every platform. No float
//     lies on the path: chances are a [Ratio], durations are drawn from a
//     [Dist] made of integers.
//   - Every draw comes from a stream that is named by who draws and why (see
//     [Stream]). Adding, removing or reordering clients moves no other draw, if
//     they are named by [Name] and not by their order.
//   - A run that no longer advances stops with an error instead of hanging;
//     see [Engine.Err].
//
// # What it costs
//
// To take an event and schedule another costs about the same whatever the
// distribution of times, and little more when more events wait: 22 ns with ten, 36
// with a thousand, 82 with a million (Intel Xeon; go test -bench Hold ./sim), and no
// allocation. A waiting event takes 20 bytes and its own size. A short run, of
// some two hundred events, costs little to begin: an Engine may be made for each,
// or kept and [Engine.Reset].
package sim
