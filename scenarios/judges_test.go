package scenarios_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wspsim/netmodel"
)

// judge returns the program that judges a view. The test is skipped unless WSPSIM_JUDGES is
// set: the programs take a second for each run.
func judge(t *testing.T, name string) string {
	t.Helper()
	if os.Getenv("WSPSIM_JUDGES") == "" {
		t.Skip("WSPSIM_JUDGES=1 asks tshark and promtool, where they are installed")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("there is no %s", name)
	}
	return path
}

func TestTsharkAgreesWithEveryCapture(t *testing.T) {
	tshark := judge(t, "tshark")
	everyRun(t, func(t *testing.T, v *viewed) {
		file := filepath.Join(t.TempDir(), "x.pcapng")
		if err := os.WriteFile(file, v.files[".pcapng"], 0o600); err != nil {
			t.Fatal(err)
		}
		again, resets := 0, 0
		for _, line := range tsharkFields(t, tshark, file) {
			complaints, rest := line[:tsharkComplaints], line[tsharkComplaints:]
			if text := strings.Join(complaints, ""); text != "" {
				t.Errorf("tshark complains about a frame: %q, want nothing of %q", complaints, tsharkColumns[:tsharkComplaints])
			}
			if rest[0] == "0" || rest[1] != "1" {
				t.Errorf("tshark finds the checksums %q of IP and TCP, want 1 for good", rest[:2])
			}
			if rest[2] == "1" || rest[2] == "True" {
				resets++
			}
			if strings.Join(rest[3:], "") != "" {
				again++
			}
		}
		wantAgain, wantResets := v.sentAgain()
		if again != wantAgain || resets != wantResets {
			t.Errorf("tshark finds %d retransmissions and %d resets, want %d and %d", again, resets, wantAgain, wantResets)
		}
	}, ".pcapng")
}

// tsharkColumns are the fields that tshark prints of a frame: the complaints, of which there
// should be none, and what the run knows too.
var tsharkColumns = []string{
	"_ws.malformed", "_ws.short", "tcp.analysis.zero_window", "tcp.analysis.window_full", "tcp.analysis.ack_lost_segment",
	"ip.checksum.status", "tcp.checksum.status", "tcp.flags.reset",
	"tcp.analysis.retransmission", "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission", "tcp.analysis.out_of_order",
}

const tsharkComplaints = 5

// tsharkFields returns the columns of each frame. An error of an expert of tshark, and a frame
// that is earlier than the one before, end the test.
func tsharkFields(t *testing.T, tshark, file string) (lines [][]string) {
	t.Helper()
	args := []string{"-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-r", file, "-T", "fields", "-e", "_ws.expert.severity", "-e", "frame.time_delta"}
	for _, column := range tsharkColumns {
		args = append(args, "-e", column)
	}
	out, err := exec.Command(tshark, args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.Contains(columns[0], "8388608") || strings.HasPrefix(columns[1], "-") {
			t.Errorf("tshark finds a frame in error, or out of order: %q", columns)
		}
		lines = append(lines, columns[2:])
	}
	return lines
}

// sentAgain counts the segments that were sent again, and the RSTs. A SYN-ACK that answers a
// SYN which came again has no record.
func (v *viewed) sentAgain() (again, resets int) {
	for _, r := range v.records {
		if r.Kind == netmodel.SynRetransmitted || r.Kind == netmodel.DataRetransmitted {
			again++
		}
	}
	answered := map[netmodel.ConnID]bool{}
	for _, x := range v.segments {
		switch kind := x.Segment.Kind(); {
		case x.Duplicate:
		case kind == "RST":
			resets++
		case kind == "SYN-ACK" && answered[x.Segment.Conn]:
			again++
		case kind == "SYN-ACK":
			answered[x.Segment.Conn] = true
		}
	}
	return again, resets
}

func TestPromtoolTakesEveryMetric(t *testing.T) {
	promtool := judge(t, "promtool")
	everyRun(t, func(t *testing.T, v *viewed) {
		dir := t.TempDir()
		file := filepath.Join(dir, "x.om")
		if err := os.WriteFile(file, v.files[".om"], 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", file, filepath.Join(dir, "blocks")).CombinedOutput(); err != nil {
			t.Errorf("promtool: %v\n%s", err, out)
		}
	}, ".om")
}
