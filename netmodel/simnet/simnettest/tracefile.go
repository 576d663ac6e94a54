package simnettest

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wspsim/netmodel/simnet"
	"wspsim/netmodel/trace"
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

// views are the formats in which a failed test is kept, beside the trace.
const views = ".mmd .svg .pcapng"

// writeViews writes the views of a failed test beside its trace, and returns the names of
// the files.
func writeViews(t testing.TB, n *simnet.Network) (names []string, err error) {
	for _, ext := range strings.Fields(views) {
		format, _ := trace.FormatOf(ext)
		name := filepath.Join(t.ArtifactDir(), "trace"+ext)
		file, err := os.Create(name)
		if err != nil {
			return names, err
		}
		err = n.WriteView(file, format, t.Name())
		if e := file.Close(); err == nil {
			err = e
		}
		if err != nil {
			return names, err
		}
		names = append(names, name)
	}
	return names, nil
}

// keepsArtifacts reports whether go test keeps what tests write to their artifact
// directories.
func keepsArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// legend explains the trace; trace.Printer says more.
const legend = `signs: = call  > queued  + handshake complete  - accepted  ! turned away  x reset by its host  ~ gone
       < sent  ? ACK or data that did not get its connection into the queue  * at the client  % the network
queue: a waits for accept, (a) half-open, . free slot, _ slot that waits to be filled; [17 of 200] a large queue

`
