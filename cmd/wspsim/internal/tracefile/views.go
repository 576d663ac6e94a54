package tracefile

import (
	"fmt"
	"path/filepath"
	"strings"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace"
)

// The extensions of the formats that are no views of package trace.
const (
	ExtTrace = ".trace" // what Replay reads; a name without an extension means it too
	ExtLines = ".jsonl"
	ExtPage  = ".html" // package page writes it
)

// Extension is how the name of a file ends, and what such a file is.
type Extension struct{ Ext, What string }

// Extensions returns the extensions of all formats.
func Extensions() []Extension {
	all := []Extension{
		{ExtTrace, "text, a checksum for each line, which verify replays; also without an extension"},
		{ExtLines, "an object of JSON for each record, as --jsonl prints them"},
	}
	for _, f := range trace.Formats() {
		all = append(all, Extension{f.Ext, f.What})
	}
	return append(all, Extension{ExtPage, "a page that plays the run in a browser, without a network"})
}

// ExtensionOf returns the extension that decides the format of a file. The error lists
// all.
func ExtensionOf(path string) (string, error) {
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	if ext == "" || ext == base || base == ".." { // ".hidden" and "." have none
		return ExtTrace, nil
	}
	var known []string
	for _, e := range Extensions() {
		if strings.HasSuffix(base, e.Ext) {
			return e.Ext, nil
		}
		known = append(known, e.Ext)
	}
	return "", fmt.Errorf("%s: no format has the extension %s; there are %s, and no extension means %s",
		words.Printable(path), words.Printable(ext), strings.Join(known, ", "), ExtTrace)
}

// ExtensionHelp describes the formats, a line each.
func ExtensionHelp() string {
	var b strings.Builder
	for _, e := range Extensions() {
		fmt.Fprintf(&b, "  %-11s  %s\n", e.Ext, e.What)
	}
	return b.String()
}
