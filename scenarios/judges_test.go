package scenarios_test

import (
	"fmt"
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
		t.Skip("WSPSIM_JUDGES=1 asks tshark, capinfos and promtool, where they are installed")
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
		own, err := readCapture(v.files[".pcapng"])
		if err != nil {
			t.Fatal(err)
		}
		lines, want := tsharkFields(t, tshark, file), v.frames()
		if len(lines) != len(want) || len(own) != len(want) {
			t.Fatalf("tshark finds %d frames, want %d", len(lines), len(want))
		}
		for i, line := range lines {
			complaints, rest := line[:tsharkComplaints], line[tsharkComplaints:]
			if text := strings.Join(complaints, ""); text != "" {
				t.Errorf("tshark complains about frame %d: %q, want nothing of %q", i+1, complaints, tsharkColumns[:tsharkComplaints])
			}
			if rest[0] == "0" || rest[1] != "1" {
				t.Errorf("tshark finds the checksums %q of IP and TCP in frame %d, want 1 for good", rest[:2], i+1)
			}
			got := frame{rest[2], rest[3], rest[4] == "1" || rest[4] == "True", strings.Join(rest[6:], "") != ""}
			if got != want[i] {
				t.Errorf("tshark finds %+v in frame %d, the run has %+v", got, i+1, want[i])
			}
			if comments := strings.Join(own[i].comments, ","); rest[5] != comments {
				t.Errorf("tshark finds the comments %q in frame %d, want %q", rest[5], i+1, comments)
			}
		}
		// The records tell of the same frames in another way.
		again, resets := 0, 0
		for _, f := range want {
			if f.again {
				again++
			}
			if f.reset {
				resets++
			}
		}
		if wantAgain, wantResets := v.sentAgain(); again != wantAgain || resets != wantResets {
			t.Errorf("%d frames are sent again and %d are resets, the records tell of %d and %d", again, resets, wantAgain, wantResets)
		}
	}, ".pcapng")
}

// frame is what tshark and the run know of a frame.
type frame struct {
	at    string // seconds, with nine digits
	seq   string // as sent
	reset bool
	again bool // sent before
}

// frames returns the frames of a run: of each segment one, and more of long data.
func (v *viewed) frames() (all []frame) {
	type sender struct {
		conn netmodel.ConnID
		from netmodel.HostID
	}
	next := map[sender]uint32{} // what each sends next
	for _, x := range v.segments {
		s := x.Segment
		if x.Duplicate {
			continue
		}
		length, who := s.Len, sender{s.Conn, x.From}
		if s.Flags&(netmodel.SYN|netmodel.FIN) != 0 {
			length++
		}
		end, known := next[who]
		again := known && length > 0 && s.Flags&netmodel.RST == 0 && int32(s.Seq-end) < 0
		if !again && s.Flags&netmodel.RST == 0 {
			next[who] = s.Seq + length
		}
		const most = 65_000 // bytes of data in a frame
		for seq := s.Seq; ; seq += most {
			all = append(all, frame{fmt.Sprintf("%d.%09d", x.Sent/1e9, x.Sent%1e9), fmt.Sprint(seq), s.Flags&netmodel.RST != 0, again})
			if s.Len <= most {
				break
			}
			s.Len -= most
		}
	}
	return all
}

func TestCapinfosFindsEveryCaptureInStrictTimeOrder(t *testing.T) {
	capinfos := judge(t, "capinfos")
	everyRun(t, func(t *testing.T, v *viewed) {
		file := filepath.Join(t.TempDir(), "x.pcapng")
		if err := os.WriteFile(file, v.files[".pcapng"], 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(capinfos, "-T", "-r", "-o", "-c", file).Output()
		if fields := strings.Fields(string(out)); err != nil || len(fields) < 3 || fields[len(fields)-1] != "True" || fields[len(fields)-2] != fmt.Sprint(len(v.frames())) {
			t.Errorf("capinfos: %v, %q, want %d frames and True", err, out, len(v.frames()))
		}
	}, ".pcapng")
}

// tsharkColumns are the fields that tshark prints of a frame: the complaints, of which there
// should be none, and what the run knows too.
var tsharkColumns = []string{
	"_ws.malformed", "_ws.short", "tcp.analysis.zero_window", "tcp.analysis.window_full", "tcp.analysis.ack_lost_segment",
	"ip.checksum.status", "tcp.checksum.status", "frame.time_epoch", "tcp.seq_raw", "tcp.flags.reset", "frame.comment",
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
