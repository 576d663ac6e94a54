package report

import (
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Ending is how the last attempt of a client ended.
type Ending struct {
	Outcome  netmodel.Outcome
	Progress netmodel.Progress // if the outcome is pending
	Sentence string            // when and why: "c was refused at 3.000 ms and learned it at 4.000 ms: queue full (R4)"
	Rule     string            // that decided it, "" if none did
}

// EndingOf returns how the last attempt of a client ended. It returns false if the client
// never connects.
func EndingOf(d *play.Done, incidents *Incidents, client string) (Ending, bool) {
	for _, f := range lastAttempts(d) {
		if d.ClientName(f.Client) == client {
			_, rule := profiles.ReasonOf(d.Net, f)
			return Ending{f.Outcome, f.Progress, sentence(d, f, incidents.decided(f)), rule}, true
		}
	}
	return Ending{}, false
}
