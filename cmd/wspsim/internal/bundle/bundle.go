// Package bundle has the simulator as pages carry it: compiled for a browser and packed. The
// files are made by go generate; a test says when the sources have changed since.
package bundle

import (
	_ "embed"
	"strconv"
	"strings"

	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

//go:generate go run ./make

var (
	//go:embed simulator.wasm.lzma
	wasm []byte
	//go:embed wasm_exec.js
	glue string
	//go:embed sources.txt
	madeFrom string
	//go:embed notices.txt
	notices string
)

// Simulator returns the simulator for a page, with all profiles to choose from.
func Simulator() *page.Simulator {
	s := &page.Simulator{Wasm: wasm, Glue: glue, Notices: notices, Sources: strings.TrimSpace(madeFrom)}
	for _, p := range profiles.All() {
		o := page.Profile{Name: p.Name, Long: p.Long, Settings: []recording.Setting{}}
		for _, t := range profiles.Settings(p) {
			o.Settings = append(o.Settings, recording.Setting{Name: t.Name, Value: strconv.FormatInt(t.Value, 10)})
		}
		s.Profiles = append(s.Profiles, o)
	}
	return s
}
