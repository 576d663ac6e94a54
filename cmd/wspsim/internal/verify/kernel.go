package verify

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/kernel"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

// Kernel plays experiments on the Linux kernel of this machine and on the model, and
// prints the observations of both side by side. Without such a kernel it prints why it
// skips the experiments.
func (v *Verifier) Kernel(ctx context.Context) error {
	if err := kernel.Available(); err != nil {
		fmt.Fprintf(v.Out, "skipped: %v\n", err)
		return nil
	}
	settings, err := kernel.ReadSettings()
	if err != nil {
		return err
	}
	v.what = "experiment"
	fmt.Fprintf(v.Out, "%s\n", v.Style.Bold("Linux "+settings.Release+" against the model, profile "+kernel.Profile(settings).Name))
	fmt.Fprintf(v.Out, "somaxconn=%d tcp_max_syn_backlog=%d tcp_abort_on_overflow=%d tcp_syncookies=%d, as on this machine\n",
		settings.Values["somaxconn"], settings.Values["tcp_max_syn_backlog"], settings.Values["tcp_abort_on_overflow"], settings.Values["tcp_syncookies"])
	for _, e := range kernel.Experiments() {
		if v.Progress != nil {
			v.Progress.Show(func() string { return "kernel: " + e.Name + ", " + e.What })
		}
		seen, err := e.RunOnKernel(ctx)
		if v.Progress != nil {
			v.Progress.Clear()
		}
		switch {
		case ctx.Err() != nil:
			return scenarios.ErrStopped
		case errors.Is(err, kernel.ErrNoNamespace), errors.Is(err, kernel.ErrOtherSettings):
			v.skipped++
			fmt.Fprintf(v.Out, "\n%s\n", words.Wrap(fmt.Sprintf("%s: skipped: %v", e.Name, err), width, ""))
			continue
		case err != nil:
			return fmt.Errorf("kernel, %s: %w", e.Name, err)
		}
		modelled, err := e.RunOnModel(settings)
		if err != nil {
			return fmt.Errorf("model, %s: %w", e.Name, err)
		}
		v.beside(e, seen, modelled)
	}
	return nil
}

// beside prints the observations of an experiment on both, and counts it.
func (v *Verifier) beside(e kernel.Experiment, seen, modelled []kernel.Observation) {
	fmt.Fprintf(v.Out, "\n%s\n", words.Wrap(e.Name+": "+e.What, width, ""))
	wide := 0
	for _, o := range seen {
		wide = max(wide, utf8.RuneCountInString(o.Name))
	}
	failed, known := false, false
	for i, o := range seen {
		model := "nothing"
		if i < len(modelled) && modelled[i].Name == o.Name {
			model = modelled[i].Value
		}
		mark := v.Style.Green("same")
		if cause := e.KnownDifference(o.Name); model != o.Value && cause != "" {
			mark = "known: " + cause
			known = true
		} else if model != o.Value {
			mark = v.Style.Red("DIFFERS")
			failed = true
		}
		fmt.Fprintf(v.Out, "  %-*s  kernel %-20s model %-20s %s\n", wide, o.Name, o.Value, model, mark)
	}
	if failed {
		v.Differ++
	} else {
		v.Same++
	}
	if known {
		v.known++
	}
}
