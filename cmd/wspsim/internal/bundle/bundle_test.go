package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/bundle/sources"
	"wspsim/cmd/wspsim/internal/live"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

// mostBytes is what fits into a page of 1.2 MB.
const mostBytes = 870_000

func TestTheSimulatorIsMadeFromThePresentSources(t *testing.T) {
	want, err := sources.Hash(".")
	if err != nil {
		t.Fatal(err)
	}
	if got := Simulator().Sources; got != want {
		t.Errorf("the simulator of pages is made from the sources %s, and these are %s: go generate ./cmd/wspsim/internal/bundle", got, want)
	}
	if len(wasm) > mostBytes {
		t.Errorf("the simulator has %d bytes, want at most %d", len(wasm), mostBytes)
	}
	if !strings.Contains(notices, "the wspsim authors") || !strings.Contains(notices, "The Go Authors") || !strings.Contains(glue, "The Go Authors") {
		t.Error("a licence is missing")
	}
}

// TestTheSimulatorAnswersAsTheCommandDoes compares every scenario under six profiles, byte by
// byte. It needs node.
func TestTheSimulatorAnswersAsTheCommandDoes(t *testing.T) {
	if os.Getenv("WSPSIM_LONG") == "" {
		t.Skip("WSPSIM_LONG=1 runs it")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node on this machine: the simulator was not run")
	}
	type asked struct {
		what    string
		request live.Request
	}
	var all []asked
	for _, s := range scenarios.All() {
		for _, profile := range []string{"wsp", "windows", "linux", "freebsd", "illumos", "gvisor"} {
			all = append(all, asked{s.Name + " on " + profile, live.NewRequest(s, scenarios.Options{Profile: profile, Seed: 1})})
		}
	}
	burst, _ := scenarios.ByName("burst")
	for _, p := range profiles.All() {
		all = append(all, asked{"burst with inputs on " + p.Name, live.NewRequest(burst, scenarios.Options{
			Profile: p.Name, Seed: 1<<64 - 1, Clients: "windows", Inputs: []string{"5ms:burst=30", "20ms:listen=2", "30ms:take=3", "40ms:stall=10ms", "1s:close"},
		})})
	}
	var in bytes.Buffer
	for _, a := range all {
		in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(a.request))))
		in.Write(a.request)
	}
	c := exec.Command(node, "testdata/answer.mjs", "wasm_exec.js", "simulator.wasm.lzma", "../../../../netmodel/trace/page/player/lzma.js")
	c.Stdin, c.Stderr = &in, os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d answers to %d requests", len(lines), len(all))
	}
	ran := 0
	for i, a := range all {
		text, ok := live.Answer(a.request)
		n := len(text)
		if ok {
			ran++
		} else {
			n = -n
		}
		if want := fmt.Sprintf("%d %x", n, sha256.Sum256(text)); lines[i] != want {
			t.Errorf("%s: the simulator answers %s, the command %s", a.what, lines[i], want)
		}
	}
	if ran < len(all)*9/10 {
		t.Errorf("only %d of %d requests give a run", ran, len(all))
	}
}
