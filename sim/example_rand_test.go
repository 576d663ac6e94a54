package sim_test

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// A client's arrivals do not move when it makes more draws for another purpose.
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

// Streams are named by names: who else is there, and who came first, changes
// nothing. The third client of the crowd "browsers", in its second attempt:
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
