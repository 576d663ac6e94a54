// Package update has the flag -update of all tests. Every test package of this module
// imports it, so that
//
//	go test ./... -update
//
// rewrites all goldens: a package without the flag would fail. A test in sim names the
// packages that lack the import.
package update

import "flag"

var goldens = flag.Bool("update", false, "rewrite the goldens that are compared; read the diff before you commit")

// Goldens reports whether a test rewrites its golden instead of comparing it.
func Goldens() bool { return *goldens }
