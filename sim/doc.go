// Package sim is a discrete-event engine: virtual time, an event list and
// streams of random numbers. It knows nothing of networks.
//
// A simulation is a loop. The program schedules events. It takes them back in
// the order of their times and acts on each, which may schedule more events:
//
//	var e sim.Engine[string]
//	e.After(2*time.Second, "world")
//	e.After(1*time.Second, "hello")
//	for at, word := range e.Until(sim.Time(time.Minute)) {
//		fmt.Println(at, word)
//	}
//
// The program chooses the type of an event. With a small struct a run of millions
// of events allocates nothing; a func() is simple for a first program.
//
// # What holds
//
//   - Time is virtual, in whole nanoseconds since the run began. This package
//     never reads a clock.
//   - Events at one instant come back in the order in which they were
//     scheduled. An event scheduled for now comes after the events already due now.
//   - Equal inputs give equal runs, bit for bit, on every platform. The package
//     uses no float: a probability is a [Ratio], and a [Dist] draws durations
//     with integers.
//   - Every draw comes from a stream (see [Stream]). Its name says what draws
//     and why. If clients are named by [Name] and not by their order, adding,
//     removing or reordering clients changes no other draw.
//   - A run that no longer advances stops with an error and does not hang; see
//     [Engine.Err].
//
// # What it costs
//
// To take an event and schedule another costs about the same for every distribution
// of times, and allocates nothing. It takes 22 ns with ten waiting events, 36 ns with
// a thousand, and 82 ns with a million (Intel Xeon; go test -bench Hold ./sim). A
// waiting event takes 20 bytes plus its own size. A short run of about two hundred
// events starts cheaply: make an Engine for each run, or keep one and call
// [Engine.Reset].
package sim
