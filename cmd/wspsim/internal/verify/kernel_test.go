package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	_ "wspsim/internal/update" // the flag -update

	"wspsim/cmd/wspsim/internal/kernel"
	"wspsim/scenarios"
)

func TestRowsSayWhetherKernelAndModelShowTheSame(t *testing.T) {
	all := kernel.Experiments()
	e := all[slices.IndexFunc(all, func(e kernel.Experiment) bool { return e.Name == "no-listener" })]
	seen := []kernel.Observation{{Name: "connect", Value: "ECONNREFUSED"}, {Name: "the same socket again: connect", Value: "ECONNABORTED"}}
	for _, row := range []struct {
		modelled           []kernel.Observation
		want               string
		same, known, wrong int
		why                string
	}{
		{seen, "same", 1, 0, 0, "the same values"},
		{[]kernel.Observation{seen[0], {Name: seen[1].Name, Value: "ECONNREFUSED"}}, "known: after a non-blocking connect", 1, 1, 0, "another value with a known cause"},
		{[]kernel.Observation{{Name: "connect", Value: "OK"}, seen[1]}, "DIFFERS", 0, 0, 1, "another value"},
		{[]kernel.Observation{{Name: "bind", Value: "ECONNREFUSED"}, seen[1]}, "model nothing", 0, 0, 1, "another observation"},
		{nil, "model nothing", 0, 1, 1, "no observation"},
	} {
		var out bytes.Buffer
		v := &Verifier{Out: bufio.NewWriter(&out)}
		v.beside(e, seen, row.modelled)
		v.Out.Flush()
		if !strings.Contains(out.String(), row.want) || v.Same != row.same || v.known != row.known || v.Differ != row.wrong {
			t.Errorf("%s: %d same, %d known, %d differ; want %d, %d, %d and %q in\n%s",
				row.why, v.Same, v.known, v.Differ, row.same, row.known, row.wrong, row.want, out.String())
		}
	}
}

func TestKernelStopsWhenTheContextEnds(t *testing.T) {
	if err := kernel.Available(); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := &Verifier{Out: bufio.NewWriter(new(bytes.Buffer))}
	if err := v.Kernel(ctx); !errors.Is(err, scenarios.ErrStopped) {
		t.Errorf("Kernel() = %v, want %v", err, scenarios.ErrStopped)
	}
}
