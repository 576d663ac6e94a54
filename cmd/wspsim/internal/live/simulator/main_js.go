// Simulator is the program in a page that plays scenarios. The page writes a request to the
// memory that room returns, calls play, and reads the answer at the place that answer returns.
package main

import (
	"unsafe"

	"wspsim/cmd/wspsim/internal/live"
)

var in, out []byte

//go:wasmexport room
func room(size int32) unsafe.Pointer {
	in = make([]byte, max(size, 1))
	return unsafe.Pointer(&in[0])
}

// play returns the length of the answer; below zero, the answer is an error of that length.
//
//go:wasmexport play
func play() int32 {
	text, ok := live.Answer(live.Request(in))
	out, in = append(text, 0), nil
	if !ok {
		return -int32(len(text))
	}
	return int32(len(text))
}

//go:wasmexport answer
func answer() unsafe.Pointer { return unsafe.Pointer(&out[0]) }

func main() { select {} }
