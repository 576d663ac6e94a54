package verify

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/kernel"
	"wspsim/cmd/wspsim/internal/twin"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

// Kernel plays experiments at the Linux kernel of this machine and at the model,
// and prints what both show, line by line. Where there is no such kernel it says
// so and nothing else.
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
	fmt.Fprintf(v.Out, "%s\n", v.Style.Bold("Linux "+settings.Release+" against the model, profile "+twin.Profile(settings).Name))
	fmt.Fprintf(v.Out, "somaxconn=%d tcp_max_syn_backlog=%d tcp_abort_on_overflow=%d tcp_syncookies=%d, as on this machine\n",
		settings.Somaxconn, settings.MaxSynBacklog, settings.AbortOnOverflow, settings.Syncookies)
	for _, trial := range kernel.Trials() {
		if v.Progress != nil {
			v.Progress.Show(func() string { return "kernel: " + trial.Name + ", " + trial.What })
		}
		seen, err := trial.Play(ctx)
		if v.Progress != nil {
			v.Progress.Clear()
		}
		switch {
		case ctx.Err() != nil:
			return scenarios.ErrStopped
		case errors.Is(err, kernel.ErrNoNamespace), errors.Is(err, kernel.ErrOtherSettings):
			v.skipped++
			fmt.Fprintf(v.Out, "\n%s\n", words.Wrap(fmt.Sprintf("%s: skipped: %v", trial.Name, err), width, ""))
			continue
		case err != nil:
			return fmt.Errorf("kernel, %s: %w", trial.Name, err)
		}
		modelled, _ := twin.Play(trial, settings)
		v.beside(trial, seen, modelled)
	}
	return nil
}

// beside prints what was observed of both.
func (v *Verifier) beside(trial kernel.Trial, seen, modelled []kernel.Observation) {
	fmt.Fprintf(v.Out, "\n%s\n", words.Wrap(trial.Name+": "+trial.What, width, ""))
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
		if cause := twin.Known(trial.Name, o.Name); model != o.Value && cause != "" {
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
