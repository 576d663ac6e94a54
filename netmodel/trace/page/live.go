package page

import (
	"bytes"
	"encoding/ascii85"
	"fmt"
	"strings"

	"wspsim/netmodel/trace/recording"
)

// Live is what the simulator of a page needs to play a part, and what the reader may change.
type Live struct {
	Scenario string              `json:"scenario"`        // its name
	Code     []byte              `json:"code"`            // the scenario as the simulator reads it
	Clients  string              `json:"clients"`         // profile of the clients, "" = that of the server
	Seed     string              `json:"seed"`            // decimal
	Set      []recording.Setting `json:"set"`             // knobs and settings of the kernel
	Inputs   []string            `json:"inputs"`          // what somebody does during the run
	Flags    string              `json:"flags,omitempty"` // of a command that runs the same: what no address holds
	Systems  []System            `json:"systems"`         // one to three, side by side
	Knobs    []Knob              `json:"knobs"`
}

// System is one of the runs of a part: a profile, what the page calls it, and settings of its
// own.
type System struct {
	Profile string              `json:"profile"`
	Label   string              `json:"label,omitempty"`
	Set     []recording.Setting `json:"set"`
}

// Knob is a number that the reader may change.
type Knob struct {
	Name  string `json:"name"`
	Help  string `json:"help"`
	Unit  string `json:"unit"` // "count", "duration" (nanoseconds) or "ratio" (millionths)
	Min   int64  `json:"min"`
	Max   int64  `json:"max"`
	Value int64  `json:"value"` // of the scenario
}

// Simulator is a program for the browser that plays scenarios.
type Simulator struct {
	Wasm     []byte    // packed, in the format .lzma with its size in the header
	Glue     string    // the script that starts a Go program in a browser
	Notices  string    // the licences of what the page holds
	Sources  string    // hash of the sources
	Profiles []Profile // what the reader may choose
}

// Profile is a system with the settings of its kernel at their defaults.
type Profile struct {
	Name     string              `json:"name"`
	Long     string              `json:"long"`
	Settings []recording.Setting `json:"settings"`
}

// about is what the JSON of a page tells about its simulator.
type about struct {
	Sources  string    `json:"sources"`
	Notices  string    `json:"notices"`
	Profiles []Profile `json:"profiles"`
}

func (s *Simulator) about() *about {
	if s == nil {
		return nil
	}
	return &about{s.Sources, s.Notices, s.Profiles}
}

// elements returns the simulator as elements of the page.
func (s *Simulator) elements() string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("<script type=\"application/wasm;lzma;ascii85\" id=\"wasm\">%s</script>\n<script>%s</script>\n", ascii(s.Wasm), s.Glue)
}

// ascii returns bytes as text that takes a quarter more room; base64 would take a third. The
// letter v stands for <, so that no markup can appear.
func ascii(b []byte) string {
	text := make([]byte, ascii85.MaxEncodedLen(len(b)))
	text = text[:ascii85.Encode(text, b)]
	return strings.ReplaceAll(string(bytes.TrimSpace(text)), "<", "v")
}
