package main

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/cmd/wspsim/simbench/drive"
)

// TestDrive drives the virtual clock of testing/synctest, which exists in tests
// only: PEER_LOAD, PEER_N and PEER_COUNT say what is asked for.
func TestDrive(t *testing.T) {
	load := os.Getenv("PEER_LOAD")
	if load != "hold" {
		t.Skip("no job, or none that it knows")
	}
	n, _ := strconv.ParseFloat(os.Getenv("PEER_N"), 64)
	count, _ := strconv.ParseFloat(os.Getenv("PEER_COUNT"), 64)
	job := drive.Job{Load: load, N: int(n), Count: int(count)}
	synctest.Test(t, func(t *testing.T) { holdInABubble(job) })
}

// holdInABubble is hold with time.AfterFunc, the leanest form that there is.
func holdInABubble(job drive.Job) {
	in := drive.NewIncrements()
	left, begun := job.Count, time.Now()
	done := make(chan time.Duration)
	var start time.Duration
	var ring func()
	ring = func() {
		if left--; left == 0 {
			done <- drive.CPU() - start
			return
		}
		if left > 0 {
			time.AfterFunc(in.Next(), ring)
		}
	}
	for range job.N {
		time.AfterFunc(in.Next(), ring)
	}
	start = drive.CPU()
	d := <-done
	job.Report("testing/synctest, AfterFunc", d, fmt.Sprintf("clock %.3f", time.Since(begun).Seconds()))
	os.Exit(0) // the timers that are left do not matter
}
