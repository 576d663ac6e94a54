package page_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/netmodel/winsock"
)

// crowd runs clients against a listener with the given backlog, and returns the run.
func crowd(t *testing.T, profile netmodel.Profile, name string, clients, backlog int) recording.Run {
	t.Helper()
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profile})
	from := n.AddHost("clients", netmodel.HostConfig{Profile: profile})
	n.SetLink(server, from, netmodel.Link{Latency: time.Millisecond})
	n.Tap()
	h := n.Host(server)
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err == nil {
		err = h.Bind(fd, netmodel.Addr{Port: 80})
	}
	if err == nil {
		err = h.Listen(fd, backlog)
	}
	if err != nil {
		t.Fatal(err)
	}
	first := n.AddClients(netmodel.ClientConfig{Name: name, Host: from, To: netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}}, clients)
	for i := range clients {
		n.Start(first+netmodel.ClientID(i), time.Duration(i)*time.Millisecond)
	}
	var c recording.Recorder
	for {
		_, ok := n.Step(1e10)
		for _, r := range n.DrainRecords(nil) {
			c.Record(n, r)
		}
		if !ok {
			break
		}
	}
	r := c.Run(n, profile)
	r.Scenario, r.Summary, r.Seed = "crowd", name, "1"
	return r
}

// written returns the page of the runs.
func written(t *testing.T, runs ...recording.Run) string {
	t.Helper()
	var b strings.Builder
	if err := page.Write(&b, runs...); err != nil {
		t.Fatalf("Write: %v", err)
	}
	return b.String()
}

var packedOf = regexp.MustCompile(`(?s)<script type="application/gzip;base64" id="(data|code)">([A-Za-z0-9+/=]*)</script>`)

// dataIn unpacks the JSON of a page.
func dataIn(t *testing.T, html string) []byte { return unpacked(t, html, "data") }

// unpacked unpacks an element of a page: the data, or the code of the player.
func unpacked(t *testing.T, html, id string) []byte {
	t.Helper()
	text := ""
	for _, found := range packedOf.FindAllStringSubmatch(html, -1) {
		if found[1] == id {
			text = found[2]
		}
	}
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAPageIsOneFileOfTheSameBytes(t *testing.T) {
	run := crowd(t, profiles.Linux(), "c", 50, 4)
	first, second := written(t, run), written(t, crowd(t, profiles.Linux(), "c", 50, 4))
	if first != second {
		t.Error("two equal runs give two pages")
	}
	if len(first) > 100_000 {
		t.Errorf("the page of 50 clients has %d bytes, want at most 100,000", len(first))
	}
	for _, bad := range []string{"{{", "http://", "https://", "src=", "innerHTML", "eval(", "import ", "export "} {
		text := strings.ReplaceAll(first+string(unpacked(t, first, "code")), "http://www.w3.org/2000/svg", "")
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("the page holds %q: %q", bad, text[max(0, i-40):min(len(text), i+40)])
		}
	}
	if policy := (page.Document{}).Policy(); strings.Contains(strings.ReplaceAll(policy, "'wasm-unsafe-eval'", ""), "unsafe") || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("Policy() = %q: want nothing allowed but hashes", policy)
	}
}

func TestHostileNamesStayText(t *testing.T) {
	for _, tt := range []struct{ name, why string }{
		{"</script><script>alert(1)</script>", "the end of a script element"},
		{`"'><img src=x onerror=alert(1)>`, "quotes and markup"},
		{"{{player}}{{data}}", "markers of the template"},
		{"a\u2028b\u2029c\x00d", "separators of lines, and NUL"},
		{"Zoë 東京 🙂", "letters outside ASCII"},
		{"<!--<script>", "the state in which </script> does not end a script"},
	} {
		run := crowd(t, profiles.WSP(), tt.name, 3, 2)
		run.Scenario = tt.name
		html := written(t, run)
		if got, want := strings.Count(html, "<script"), 3; got != want {
			t.Errorf("%s: the page of %q has %d script elements, want %d", tt.why, tt.name, got, want)
		}
		if i, j := strings.Index(html, "<title>"), strings.Index(html, "</title>"); strings.ContainsAny(html[i+7:j], `<>"'`) {
			t.Errorf("%s: the title is %q", tt.why, html[i:j])
		}
		var d struct {
			Parts []struct {
				Runs []struct {
					Scenario string   `json:"scenario"`
					Names    []string `json:"names"`
				} `json:"runs"`
			} `json:"parts"`
		}
		if err := json.Unmarshal(dataIn(t, html), &d); err != nil {
			t.Fatalf("%s: %v", tt.why, err)
		}
		if d.Parts[0].Runs[0].Scenario != tt.name || d.Parts[0].Runs[0].Names[0] != tt.name+"1" {
			t.Errorf("%s: the page has scenario %q and client %q, want %q and %q", tt.why, d.Parts[0].Runs[0].Scenario, d.Parts[0].Runs[0].Names[0], tt.name, tt.name+"1")
		}
	}
}

func TestThePageHoldsEveryRecordAndSegment(t *testing.T) {
	run := crowd(t, profiles.Windows(), "c", 9, 2)
	var d struct {
		Schema string `json:"schema"`
		Parts  []struct {
			Runs []struct {
				Words         []string  `json:"words"`
				Records       [][]int64 `json:"records"`
				Transmissions [][]int64 `json:"transmissions"`
				Results       [][]int64 `json:"results"`
				Hash          string    `json:"hash"`
			} `json:"runs"`
		} `json:"parts"`
	}
	if err := json.Unmarshal(dataIn(t, written(t, run)), &d); err != nil {
		t.Fatal(err)
	}
	got := d.Parts[0].Runs[0]
	if d.Schema != page.Schema || got.Hash != run.Hash {
		t.Errorf("schema %q and hash %q, want %q and %q", d.Schema, got.Hash, page.Schema, run.Hash)
	}
	if len(got.Records) != len(run.Records) || len(got.Transmissions) != len(run.Transmissions) || len(got.Results) != 9 {
		t.Fatalf("%d records, %d segments, %d results; want %d, %d, 9", len(got.Records), len(got.Transmissions), len(got.Results), len(run.Records), len(run.Transmissions))
	}
	at := int64(0)
	for i, row := range got.Records {
		at += row[0]
		row = append(row, make([]int64, 15-len(row))...)
		want := run.Records[i]
		have := recording.Record{
			At: at, Kind: got.Words[row[1]], Host: got.Words[row[2]], Client: int(row[3]), Cause: got.Words[row[4]], Rule: got.Words[row[5]],
			Pending: int(row[6]), Limit: int(row[7]), Available: int(row[8]), HalfOpen: int(row[9]), FD: int(row[10]), Value: row[11],
			Attempt: int(row[12]), Call: got.Words[row[13]], Errno: got.Words[row[14]],
		}
		want.Attempt = max(want.Attempt-1, 0)
		if have != want {
			t.Fatalf("record %d is %+v, want %+v", i, have, want)
		}
	}
	at = 0
	for i, row := range got.Transmissions {
		at += row[0]
		row = append(row, make([]int64, 10-len(row))...)
		want := run.Transmissions[i]
		want.Attempt = max(want.Attempt-1, 0)
		have := recording.Transmission{
			Sent: at, Arrives: at + row[1], Kind: got.Words[row[2]], From: got.Words[row[3]], To: got.Words[row[4]], Client: int(row[5]),
			Seq: uint32(row[6]), Len: uint32(row[7]), Attempt: int(row[8]), Lost: got.Words[row[9]],
		}
		if have != want {
			t.Fatalf("segment %d is %+v, want %+v", i, have, want)
		}
	}
}

func TestSequenceNumbersAreRelativeToTheFirstOfTheSide(t *testing.T) {
	for _, s := range crowd(t, profiles.Linux(), "c", 5, 9).Transmissions {
		want := uint32(1) // behind the SYN
		if s.Kind == "SYN" || s.Kind == "SYN-ACK" {
			want = 0
		}
		if s.Seq != want {
			t.Errorf("%s of %s has the sequence number %d, want %d", s.Kind, s.From, s.Seq, want)
		}
	}
}

func TestTooMuchForAPageIsRefused(t *testing.T) {
	run := crowd(t, profiles.WSP(), "c", 3, 2)
	for _, tt := range []struct {
		runs []recording.Run
		why  string
	}{
		{nil, "no run"},
		{[]recording.Run{run, run, run, run}, "four runs"},
		{[]recording.Run{{Records: make([]recording.Record, recording.MaxRecords+1)}}, "too many records"},
	} {
		err := page.Write(io.Discard, tt.runs...)
		if err == nil || errors.Is(err, page.ErrTooLarge) != (tt.why == "too many records") {
			t.Errorf("%s: Write(...) = %v", tt.why, err)
		}
	}
}

func TestAPartThatWantsTheSimulatorNeedsOne(t *testing.T) {
	live := &page.Live{Scenario: "burst", Code: []byte{1}, Systems: []page.System{{Profile: "wsp"}}}
	simulator := &page.Simulator{Wasm: []byte("<packed>\x00\x00\x00\x00"), Glue: "// glue", Notices: "notices"}
	for _, tt := range []struct {
		d    page.Document
		want string
		why  string
	}{
		{page.Document{}, "nothing to show", "no part"},
		{page.Document{Parts: []page.Part{{Live: live}}}, "wants the simulator", "no simulator"},
		{page.Document{Parts: []page.Part{{Live: &page.Live{}}}, Simulator: simulator}, "0 systems", "no system"},
		{page.Document{Parts: []page.Part{{Live: live}}, Simulator: simulator}, "", "all is there"},
	} {
		var b strings.Builder
		err := tt.d.Write(&b)
		if got := errText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: Write = %v, want %q", tt.why, err, tt.want)
		}
		if err == nil && (strings.Count(b.String(), "<script") != 5 || !strings.Contains(b.String(), "wasm-unsafe-eval") || !strings.Contains(b.String(), "// glue")) {
			t.Errorf("%s: the page lacks the simulator or what it needs", tt.why)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
