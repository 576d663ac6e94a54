// Package drive has what the Go drivers share: the protocol with the script run, the clock, and
// the random increments of the loads.
package drive

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"syscall"
	"time"
)

// Job is one measurement that a driver makes: PROG LOAD N COUNT.
type Job struct {
	Load     string
	N, Count int
}

// Asked returns the job on the command line. The first argument of the job is os.Args[from].
func Asked(from int) Job {
	if len(os.Args) < from+3 {
		fmt.Fprintln(os.Stderr, "usage: LOAD N COUNT, such as: hold 1000 1e6")
		os.Exit(2)
	}
	number := func(s string) int {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < 1 || f > 1e9 {
			fmt.Fprintf(os.Stderr, "%q: want a number from 1 to 1e9\n", s)
			os.Exit(2)
		}
		return int(f)
	}
	return Job{os.Args[from], number(os.Args[from+1]), number(os.Args[from+2])}
}

// Report prints the result of a job, the CPU time of the measured part, and a check value that
// shows that the work was done.
func (j Job) Report(name string, d time.Duration, check string) {
	fmt.Printf("RESULT\tpeer\t%s\t%s\t%d\t%d\t%.6f\t%s\n", name, j.Load, j.N, j.Count, d.Seconds(), check)
}

// CPU returns the processor time that this process has used. It includes the garbage collector
// and the kernel.
func CPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Increments is a stream of exponential times with a mean of 1 s. All drivers draw the same
// times, in every language: a linear congruential generator and a table of the logarithm with
// linear interpolation.
type Increments struct {
	state        uint32
	value, slope [1024]float64
}

// NewIncrements returns the stream at its start.
func NewIncrements() *Increments {
	in := &Increments{state: 1}
	for i := range in.value {
		next := -math.Log(0.5 / 1024)
		if i < 1023 {
			next = -math.Log(1 - float64(i+1)/1024)
		}
		in.value[i] = -math.Log(1 - float64(i)/1024)
		in.slope[i] = (next - in.value[i]) / (1 << 22)
	}
	return in
}

// Next returns the next time.
func (in *Increments) Next() time.Duration {
	in.state = in.state*1664525 + 1013904223
	i := in.state >> 22
	return time.Duration((in.value[i] + float64(in.state&(1<<22-1))*in.slope[i]) * 1e9)
}

// The load M/M/1/K: 9 customers arrive in 10 s, the service of one takes 1 s, and at most Room
// customers are inside.
const (
	Room        = 10
	ArrivalRate = 0.9 // per second
)

// GuardAfter is the timeout of the load timers. It is the median of the increments, so half of
// the timers fire.
const GuardAfter = 693_147_180 * time.Nanosecond
