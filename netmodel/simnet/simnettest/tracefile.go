package simnettest

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"wspsim/netmodel/simnet"
)

// writeTrace writes the trace of a failed test to its artifact directory, and returns the path of
// the file.
func writeTrace(t testing.TB, n *simnet.Network) (string, error) {
	name := filepath.Join(t.ArtifactDir(), "trace.txt")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(file, legend) // if it fails, the next write fails too
	err = n.WriteTrace(file, true)
	if e := file.Close(); err == nil {
		err = e
	}
	return name, err
}

// legend explains the trace; trace.Printer says more.
const legend = `signs: = call  > queued  + handshake complete  - accepted  ! turned away  x reset by its host  ~ gone
       < sent  ? ACK or data that did not get its connection into the queue  * at the client  % the network
queue: a waits for accept, (a) half-open, . free slot, _ slot that waits to be filled; [17 of 200] a large queue

`
