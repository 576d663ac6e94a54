package verify

import (
	"context"
	"fmt"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/internal/golden"
	"wspsim/scenarios"
)

// Catalogue plays every scenario under each of its profiles, and compares the hash of all
// records with the known one.
func (v *Verifier) Catalogue(ctx context.Context) error {
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			p := &play.Play{Scenario: s, Profile: profile, Seed: play.DefaultSeed}
			done, err := p.Run(ctx, play.Watch{Progress: v.Progress})
			if err != nil {
				return err
			}
			known, ok := golden.KnownHash(s.Name, profile)
			if !ok {
				return fmt.Errorf("scenario %s, profile %s: no hash is known", s.Name, profile)
			}
			v.compare(p, known, done)
		}
	}
	return ctx.Err()
}

func (v *Verifier) compare(p *play.Play, known uint64, done *play.Done) {
	what := fmt.Sprintf("%s, profile %s, seed %d", done.Scenario, done.Profile, done.Seed)
	if done.Hash == known {
		v.Same++
		fmt.Fprintf(v.Out, "%s     %-50s %s, hash %016x\n", v.Style.Green("same"), what, words.Counted(done.Records, "record"), done.Hash)
		return
	}
	v.Differ++
	fmt.Fprintf(v.Out, "%s  %s: hash %016x, known is %016x; %s shows the run\n", v.Style.Red("DIFFERS"), what, done.Hash, known, p.Command("run"))
}
