package acceptcheck

import (
	"errors"
	"net"
)

// The fixes for a server, as they appear in a report.
const (
	fixPause = "After an error of Accept that is not net.ErrClosed, pause (5 ms, doubled up to 1 s) and accept again. " +
		"If the loop is not yours, give it a listener whose Accept does this."
	fixSpin   = "Pause after every error of Accept: 5 ms, doubled up to 1 s."
	fixClosed = "End the loop when the error of Accept is net.ErrClosed."
	fixShort  = "Pause at most 1 s after an error of Accept."
	fixServe  = "Serve each connection in a goroutine of its own, with deadlines, and read nothing between two calls of Accept."
	fixClose  = "Read from every connection, so that the server notices when its client closes, and then close the connection."
	fixWake   = "Let Close wake an Accept that waits for something else, such as a semaphore: select on a channel that Close closes. " +
		"If your program wraps this listener and closes the wrapper, test with RunWrapped, which closes the wrapper."
	fixPanic  = "Fix the panic, or recover from it where each connection is served."
	fixStay   = "Return from Serve only when Accept returns net.ErrClosed."
	fixLoop   = "Call Accept in a loop, and again as soon as it has returned a connection."
	fixReturn = "Return from Serve when Accept returns net.ErrClosed; give clients that stay a time limit."
)

// explain sets why a verdict matters and how to fix the server. why is the reason for the
// incident. told: a call of Accept has returned net.ErrClosed.
func explain(r *Result, why string, told bool) {
	switch r.Verdict {
	case Died:
		explainDied(r, why)
	case Spun:
		r.Why = "A loop without a pause uses a whole processor and fills the log until the incident ends."
		r.Fix = fixSpin
		if r.Stopped {
			r.Why = "A loop that does not notice that the listener is closed uses a whole processor for ever."
			r.Fix = fixClosed
		}
	case Lost:
		r.Why = why + " A connected client waits for an answer until it gives up."
		r.Fix = fixServe
	case Stuck:
		explainStuck(r, why, told)
	case NotMet:
		r.Why = "This says nothing about the server. If a server limits its connections or closes each at once, perhaps none of its calls of Accept fails."
	}
}

// explainDied explains why a server has returned. The incident is not always the cause.
func explainDied(r *Result, why string) {
	const nobody = " The program runs on and serves no client any more."
	var p panicked
	var ne net.Error
	switch {
	case errors.As(r.Err, &p):
		r.Why, r.Fix = "A panic ends the whole program, unless the program recovers from it.", fixPanic
	case r.Fails == 0:
		r.Why, r.Fix = "No call of Accept had failed, except at a deadline of the server's own."+nobody, fixStay
	//lint:ignore SA1019 net/http calls Temporary, so it matters
	case errors.As(r.Err, &ne) && !ne.Temporary():
		r.Why, r.Fix = why+nobody+" The error is not temporary (net.Error.Temporary), so a loop like that of net/http ends.", fixPause
	default:
		r.Why, r.Fix = why+nobody, fixPause
	}
}

func explainStuck(r *Result, why string, told bool) {
	switch {
	case r.Stopped && told:
		r.Why = "The program cannot end by itself. Its supervisor kills it, and unfinished work is lost."
		r.Fix = fixReturn
	case r.Stopped:
		r.Why = "No call of Accept has returned, so the server does not know that its listener is closed. The program cannot end by itself."
		r.Fix = fixWake
	default:
		r.Why = why + " Clients continue to connect and get no answer."
		switch {
		case r.Open > 0 && r.Accepting > 0:
			r.Fix = fixClose
		case r.Open > 0:
			r.Fix = fixServe
		case r.Fails == 0:
			r.Fix = fixLoop
		default:
			r.Fix = fixShort
		}
	}
}
