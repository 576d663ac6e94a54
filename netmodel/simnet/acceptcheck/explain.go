package acceptcheck

import (
	"errors"
	"net"
)

// What mends a server. Each is a sentence or two of a report.
const (
	fixPause = "After an error of Accept that is not net.ErrClosed, pause (5 ms, doubled up to 1 s) and accept again. " +
		"Where the loop is not yours, give it a listener whose Accept does so."
	fixSpin   = "Pause after every error of Accept: 5 ms, doubled up to 1 s."
	fixClosed = "End the loop when the error of Accept is net.ErrClosed."
	fixShort  = "Let no pause after an error of Accept be longer than 1 s."
	fixServe  = "Serve each connection in a goroutine of its own, with deadlines, and read nothing between two calls of Accept."
	fixClose  = "Read from every connection, so that the server notices when its client leaves, and close it then."
	fixWake   = "Let Close wake what Accept waits for, such as a place of a semaphore: select on a channel that Close closes. " +
		"If your program closes a listener of its own around this one, test with RunWrapped, which closes that one."
	fixPanic  = "Mend what panics, or recover from it where each connection is served."
	fixStay   = "Return from Serve only when Accept says net.ErrClosed."
	fixLoop   = "Call Accept in a loop, and again as soon as it has returned a connection."
	fixReturn = "Return from Serve when Accept says net.ErrClosed; give clients that stay a limit of time."
)

// explain says why a verdict matters and what would mend it. why is the reason that a
// incident is in the battery.
func explain(r *Result, why string, told bool) {
	switch r.Verdict {
	case Died:
		explainDied(r, why)
	case Spun:
		r.Why = "A loop without a pause takes a processor and fills the log until the incident is over."
		r.Fix = fixSpin
		if r.Stopped {
			r.Why = "A loop that does not notice the end takes a processor for ever."
			r.Fix = fixClosed
		}
	case Lost:
		r.Why = why + " A client that has connected waits for an answer until it gives up."
		r.Fix = fixServe
	case Stuck:
		explainStuck(r, why, told)
	case NotMet:
		r.Why = "This says nothing about the server. One that limits its connections, or closes each at once, may make no call of Accept that fails."
	}
}

// explainDied goes by what a server has met, for not every server dies of the incident.
func explainDied(r *Result, why string) {
	const nobody = " The program runs on, and nobody is served any more."
	var p panicked
	var ne net.Error
	switch {
	case errors.As(r.Err, &p):
		r.Why, r.Fix = "A panic ends the whole program, unless it is recovered from.", fixPanic
	case r.Fails == 0:
		r.Why, r.Fix = "No call of Accept had failed, except at a deadline of the server's own."+nobody, fixStay
	//lint:ignore SA1019 net/http asks for it, so it matters
	case errors.As(r.Err, &ne) && !ne.Temporary():
		r.Why, r.Fix = why+nobody+" The error is not Temporary, so a loop like that of net/http ends.", fixPause
	default:
		r.Why, r.Fix = why+nobody, fixPause
	}
}

func explainStuck(r *Result, why string, told bool) {
	switch {
	case r.Stopped && told:
		r.Why = "The program cannot end by itself. Whoever supervises it kills it, with what it still has to do."
		r.Fix = fixReturn
	case r.Stopped:
		r.Why = "No call of Accept has returned, so the server does not know that its listener is closed. The program cannot end by itself."
		r.Fix = fixWake
	default:
		r.Why = why + " Clients go on to connect and get no answer."
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
