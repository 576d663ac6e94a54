package simnettest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
)

// Tests that are meant to fail are run by others, in a process of their own.
const meantToFail = "SIMNETTEST_FAIL"

func skipUnlessMeantToFail(t testing.TB) {
	if os.Getenv(meantToFail) == "" {
		t.Skip("it fails, and is run by a test that wants that")
	}
}

// outputOf runs a test that is meant to fail and returns what it prints. More is flags,
// and settings of the environment.
func outputOf(test string, more ...string) (string, error) {
	command := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.count=1")
	command.Env = append(os.Environ(), meantToFail+"=1")
	for _, m := range more {
		if strings.HasPrefix(m, "-") {
			command.Args = append(command.Args, m)
		} else {
			command.Env = append(command.Env, m)
		}
	}
	b, err := command.CombinedOutput()
	if err == nil {
		return string(b), errors.New("it passed")
	}
	return string(b), nil
}

// inline serves one connection after the other, each for 50 ms.
func inline(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(c, "hello") // a client that is gone finds that out itself
		_ = c.Close()
	}
}

// hello is a client of inline.
func hello(d *simnet.Dialer) error {
	c, err := d.Dial("tcp", "server:80")
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	_, err = io.ReadAll(c)
	return err
}

// burst is a test that fails if one of 20 clients is not served.
func burst(t *testing.T, c simnet.Config) {
	simnettest.Run(t, c, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go inline(l)
		for _, err := range t.Burst(20, 10*time.Millisecond, hello) {
			t.Error(err)
		}
	})
}

func TestMeantToFailRefused(t *testing.T) {
	skipUnlessMeantToFail(t)
	burst(t, simnet.Config{Seed: 3, Profile: profiles.WSP(), Backlog: 5})
}

func TestMeantToFailPhantoms(t *testing.T) {
	skipUnlessMeantToFail(t)
	burst(t, simnet.Config{Seed: 3, Backlog: 5, Link: netmodel.Link{Latency: time.Millisecond}})
}

func TestMeantToFailNotTheQueue(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Backlog: 5}, func(t *simnettest.T) {
		t.Net.Host("server") // it exists, and nobody listens
		if _, err := t.Net.Host("client").Dial("tcp", "server:80"); err != nil {
			t.Error(err)
		}
	})
}

func TestMeantToFailCrowdedForAnotherReason(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{Profile: profiles.WSP(), Backlog: 1}, func(t *simnettest.T) {
		if _, err := t.Net.Listen("tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		t.Burst(3, 0, func(d *simnet.Dialer) error { _, err := d.Dial("tcp", "server:80"); return err })
		t.Fatal("whatever the backlog")
	})
}

func TestMeantToFailHangs(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnettest.Run(t, simnet.Config{}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = l.Accept(); err == nil {
			t.Error("Accept returned, want it to wait: nobody connects")
		}
	})
}

func TestAFailedTestTellsItsStory(t *testing.T) {
	for _, x := range []struct {
		test string
		want []string
		why  string
	}{
		{"TestMeantToFailRefused", []string{
			`connect: WSAECONNREFUSED|connectex: errno 10061|connectex: No connection`,
			`on the network \(wsp, backlog 5, seed 3\):`,
			`20 attempts to connect: 6 accepted, 14 refused`,
			`clients met a full queue 14 times; the first was client-\d+ at [\d.]+ms: queue full \(R4\)`,
			`client-\d+ +began at [\d.]+ms, was refused at once: queue full \(R4\)`,
			`and 8 more`,
			`longest wait in the queue: client-\d+, [\d.]+ms; longest time from connect to accept: client-`,
			`With this seed a backlog of 19 passes and 18 fails\. The test then takes 1\.\d+s\.`,
			`R4: `,
			`SIMNET_SEED=3 go test -run '\^TestMeantToFailRefused\$'   \(record hash [0-9a-f]{16}, the same in two runs\)`,
			`Trace: go test -artifacts writes it to a file`,
		}, "one is served, 19 wait: the queue must hold 19"},
		{"TestMeantToFailPhantoms", []string{
			`i/o timeout`,
			`20 attempts to connect: 14 accepted, 6 left before accept`,
			`client-18 +began at 3\.923ms, connected at 1\.026s as a phantom \(the server ignored its ACK or data once: accept queue full \(K4\)\), left at 11\.026s, 11\.022\d+s after it began; the server had no such connection`,
			`\n +K4: Linux: a final ACK, or data, that finds the accept queue full is ignored`,
			`With this seed a backlog of \d+ passes and \d+ fails\.`,
		}, "Linux ignores the final ACK of those that do not fit; these clients are phantoms"},
		{"TestMeantToFailNotTheQueue", []string{
			`connection refused`,
			`No client met a full queue: a larger backlog changes nothing\.`,
		}, "nobody listens"},
		{"TestMeantToFailCrowdedForAnotherReason", []string{
			`No backlog is enough: with 6, the largest that was tried, no client met a full queue and the test still fails\.`,
		}, "the test fails anyway"},
		{"TestMeantToFailHangs", []string{
			`the test has not returned after 1h0m0s of virtual time: a goroutine waits for an event that does not come`,
			`no client connected`,
		}, "an accept that waits for ever"},
	} {
		t.Run(x.test, func(t *testing.T) {
			got, err := outputOf(x.test)
			if err != nil {
				t.Fatalf("%s: %v\n%s", x.test, err, got)
			}
			for _, want := range x.want {
				if !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("%s: its output lacks %q: %s\n%s", x.test, want, x.why, got)
				}
			}
			if strings.Contains(got, "panic") {
				t.Errorf("%s panics:\n%s", x.test, got)
			}
		})
	}
}

func TestTheTraceIsKeptWithTheArtifacts(t *testing.T) {
	dir := t.TempDir()
	got, err := outputOf("TestMeantToFailRefused", "-test.artifacts", "-test.outputdir="+dir)
	name := regexp.MustCompile(`Trace: (.*)`).FindStringSubmatch(got)
	if err != nil || name == nil {
		t.Fatalf("a test that fails, with -artifacts: %v\n%s", err, got)
	}
	trace, err := os.ReadFile(name[1])
	if err != nil || !strings.Contains(string(trace), "refused: queue full") {
		t.Errorf("the trace at %s: %v, %d bytes, want one in which a queue is full", name[1], err, len(trace))
	}
}

func TestTheViewsAreKeptWithTheArtifacts(t *testing.T) {
	dir := t.TempDir()
	got, err := outputOf("TestMeantToFailRefused", "-test.artifacts", "-test.outputdir="+dir)
	line := regexp.MustCompile(`Views: (.*)`).FindStringSubmatch(got)
	if err != nil || line == nil {
		t.Fatalf("a test that fails, with -artifacts: %v\n%s", err, got)
	}
	files := strings.Fields(line[1])
	for i, want := range []string{"refused#58; queue full", "refused: queue full", "SYN refused: queue full", `id="data">`} {
		if i >= len(files) {
			t.Fatalf("the story names the views %q, want 4", files)
		}
		if view, err := os.ReadFile(files[i]); err != nil || !strings.Contains(string(view), want) {
			t.Errorf("the view %s: %v, %d bytes, want %q in it", files[i], err, len(view), want)
		}
	}
	run := runOf(t, files[3])
	again := regexp.MustCompile(`Run it again: (.*?)   \(record hash ([0-9a-f]+)`).FindStringSubmatch(got)
	if again == nil || run.Command != again[1] || run.Hash != again[2] || run.Scenario != "TestMeantToFailRefused" {
		t.Errorf("the page has the run %q of %q with hash %s, the story says %q", run.Command, run.Scenario, run.Hash, again)
	}
	if len(run.Records) == 0 || len(run.Transmissions) == 0 || run.Limit == 0 || len(run.Names) != len(run.Results) {
		t.Errorf("the page has %d records, %d segments, the limit %d, %d clients and %d results", len(run.Records), len(run.Transmissions), run.Limit, len(run.Names), len(run.Results))
	}
}

// pageData is what a test reads of a page.
type pageData struct {
	Hash, Scenario, Command         string
	Limit                           int
	Names                           []string
	Records, Transmissions, Results [][]int64
}

// runOf reads the run of a page, which has less than 100 kB.
func runOf(t *testing.T, file string) pageData {
	t.Helper()
	html, err := os.ReadFile(file)
	found := regexp.MustCompile(`id="data">([^<]*)<`).FindSubmatch(html)
	if err != nil || found == nil || len(html) > 100_000 {
		t.Fatalf("the page %s: %v, %d bytes, want at most 100,000 with data", file, err, len(html))
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(found[1])))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Parts []struct{ Runs []pageData } }
	if err := json.NewDecoder(z).Decode(&doc); err != nil || len(doc.Parts) != 1 || len(doc.Parts[0].Runs) != 1 {
		t.Fatalf("the page %s has the parts %v, %v, want 1 run", file, doc.Parts, err)
	}
	return doc.Parts[0].Runs[0]
}

// What the story says about the backlog is so: with it the test passes, and with one
// less it does not.
func TestTheSmallestBacklogIsTheSmallest(t *testing.T) {
	c := simnet.Config{Seed: 3, Profile: profiles.WSP(), Backlog: 19}
	burst(t, c)
	failed := 0
	c.Backlog = 18
	simnettest.Run(t, c, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go inline(l)
		failed = len(t.Burst(20, 10*time.Millisecond, hello))
	})
	if failed != 1 {
		t.Errorf("20 clients with a backlog of 18: %d were not served, want 1", failed)
	}
}
