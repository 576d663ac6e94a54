// Command table prints the medians of the results that it reads. For each load it prints the CPU
// time of one unit in ns and its ratio to the time of wspsim. It also prints the number of units
// measured and the check value.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// units are the units of the loads, in the order of the table.
var units = []struct{ load, unit string }{
	{"hold", "events: take the next event, schedule another"},
	{"mm1k", "a customer of M/M/1/10"},
	{"timers", "a timer cancelled and armed again, two events scheduled"},
	{"connect", "a connect attempt"},
	{"connect-written", "a connect attempt, its trace written"},
	{"connect-full", "a connect attempt, the queue full"},
	{"connect-full-linux", "a connect attempt, the queue full, profile linux"},
}

// candidate is the prefix of the name with which the others are compared.
const candidate = "candidate "

type key struct {
	load string
	n    int
}

type row struct {
	name  string
	costs []float64
	count float64
	check string
}

func main() {
	tables := map[key][]*row{}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		f := strings.Split(in.Text(), "\t")
		if len(f) < 8 || f[0] != "RESULT" {
			continue
		}
		n, _ := strconv.Atoi(f[4])
		count, _ := strconv.ParseFloat(f[5], 64)
		seconds, err := strconv.ParseFloat(f[6], 64)
		if err != nil || count <= 0 {
			fmt.Fprintf(os.Stderr, "not a result: %q\n", in.Text())
			os.Exit(1)
		}
		k := key{f[3], n}
		if strings.HasPrefix(k.load, "connect") {
			k.n = 0 // each peer has as many clients as it supports
		}
		at := slices.IndexFunc(tables[k], func(r *row) bool { return r.name == f[2] })
		if at < 0 {
			at = len(tables[k])
			tables[k] = append(tables[k], &row{name: f[2]})
		}
		r := tables[k][at]
		r.costs, r.count, r.check = append(r.costs, seconds/count*1e9), count, f[7]
	}
	for _, u := range units {
		var sizes []int
		for k := range tables {
			if k.load == u.load {
				sizes = append(sizes, k.n)
			}
		}
		slices.Sort(sizes)
		for _, n := range sizes {
			show(u.load, u.unit, n, tables[key{u.load, n}])
		}
	}
}

func show(load, unit string, n int, rows []*row) {
	fmt.Printf("\n%s", load)
	if n > 1 {
		fmt.Printf(", n = %d", n)
	}
	fmt.Printf(": CPU ns for %s\n", unit)
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.median(), b.median()) })
	ours := 0.0
	for _, r := range rows {
		if strings.HasPrefix(r.name, candidate) {
			ours = r.median()
		}
	}
	for _, r := range rows {
		times := ""
		if ours > 0 {
			times = fmt.Sprintf("%8.1f x", r.median()/ours)
		}
		fmt.Printf("  %-36s %12.1f %10s   of %.0e, %s\n", strings.TrimPrefix(r.name, candidate), r.median(), times, r.count, r.check)
	}
}

func (r *row) median() float64 {
	sorted := slices.Sorted(slices.Values(r.costs))
	return sorted[len(sorted)/2]
}
