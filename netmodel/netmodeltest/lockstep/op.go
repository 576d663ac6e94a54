package lockstep

import (
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Kind is what sort of thing an Op is.
type Kind uint8

// The kinds. The program's calls come first, then what the clients send, then
// time. The zero Kind is no operation.
const (
	NoKind    Kind = iota
	Listen         // N: the backlog
	Accept         // N: an AcceptWay
	Close          // closes the listening socket
	Open           // a new socket, bound to the port, unless one is open; N: 1 sets SO_CONDITIONAL_ACCEPT
	Hangup         // closes the oldest accepted connection of Client; N: a HangupWay
	Receive        // takes all bytes from the oldest accepted connection of Client
	Misuse         // a call that the oldest accepted connection of Client does not allow; N: a MisuseWay
	Connect        // connect on the listening socket
	Shutdown       // shutdown on the listening socket; N: a ShutdownWay
	OpenFile       // takes a descriptor for something else
	CloseFile      // gives back the one that was taken first
	Pause          // SO_PAUSE_ACCEPT; N: 1 on, 0 off
	Faults         // N: the netmodel.Fault bits that are on from now
	Startup        // WSPStartup
	Cleanup        // WSPCleanup
	Syn            // Client begins a new attempt from a new port; an earlier attempt of its falls silent
	Dup            // the SYN of Client's attempt arrives once more: a duplicate, or a retry after a refusal
	Again          // Client begins a new attempt from the port of its last one
	Ack            // the ACK that ends the handshake, also again
	Data           // one byte, and before it what was never acknowledged
	Fin            // Client closes its side
	Resend         // Client sends again what was never acknowledged
	Rst            // Client resets; N: 1 with a sequence number from the past
	Time           // N: milliseconds that pass
	kindCount
)

// AcceptWay is whether accept is given a condition function, and what that
// does: it decides, or it makes a nested call and then accepts.
type AcceptWay int

// The ways to accept.
const (
	AcceptPlain     AcceptWay = iota // without a condition function
	AcceptYes                        // CF_ACCEPT
	AcceptReject                     // CF_REJECT
	AcceptDefer                      // CF_DEFER
	AcceptInvalid                    // a value that means nothing
	AcceptListening                  // calls listen with a backlog of 1
	AcceptAccepting                  // calls accept, without a condition function
	AcceptClosing                    // closes the listening socket
	AcceptOpening                    // takes a descriptor for something else
	acceptWays
)

// HangupWay is how a program closes a connection.
type HangupWay int

// The ways to hang up.
const (
	HangupGraceful HangupWay = iota
	HangupLost               // gracefully, and the FIN is lost the first time
	HangupHard               // SO_LINGER 0
	hangupWays
)

// MisuseWay is which call is made on a connected socket that fails there.
type MisuseWay int

// The ways to misuse a connection.
const (
	MisuseListen MisuseWay = iota
	MisuseAccept
	MisuseConnect
	MisuseSend // on a connection that is over
)

// ShutdownWay is which direction is shut down, with the numbers of winsock2.h.
type ShutdownWay int

// The ways to shut down.
const (
	ShutdownReceive ShutdownWay = winsock.SD_RECEIVE
	ShutdownSend    ShutdownWay = winsock.SD_SEND
	ShutdownBoth    ShutdownWay = winsock.SD_BOTH
)

// MaxClients is how many clients there can be: a to p.
const MaxClients = 16

// longestPause bounds Time, so that no history can reach the end of time.
const longestPause = 1_000_000_000 // ms

// Op is one thing that happens to a listener: a call of its program, a segment
// of a client, or the passing of time.
type Op struct {
	Kind   Kind
	Client int // of Hangup, Receive and what clients send: 0 to MaxClients-1
	N      int // see the kinds
}

// arg is what the N of a kind means.
type arg uint8

const (
	argNone arg = iota
	argNumber
	argName // one of a few names; the first may be left out
	argFaults
)

// describe returns the name of a kind in texts, whether it concerns a client,
// what its N means and, for argName, the names of the values.
func (k Kind) describe() (name string, client bool, n arg, names []string) {
	switch k {
	case Listen:
		return "listen", false, argNumber, nil
	case Accept:
		return "accept", false, argName, []string{"", "accept", "reject", "defer", "invalid", "listening", "accepting", "closing", "opening"}
	case Close:
		return "close", false, argNone, nil
	case Open:
		return "open", false, argName, []string{"", "conditional"}
	case Hangup:
		return "hangup", true, argName, []string{"", "lost", "hard"}
	case Receive:
		return "receive", true, argNone, nil
	case Misuse:
		return "misuse", true, argName, []string{"listen", "accept", "connect", "send"}
	case Connect:
		return "connect", false, argNone, nil
	case Shutdown:
		return "shutdown", false, argName, []string{"receive", "send", "both"}
	case OpenFile:
		return "openfile", false, argNone, nil
	case CloseFile:
		return "closefile", false, argNone, nil
	case Pause:
		return "pause", false, argName, []string{"off", "on"}
	case Faults:
		return "faults", false, argFaults, []string{"down", "buffers", "callback"}
	case Startup:
		return "startup", false, argNone, nil
	case Cleanup:
		return "cleanup", false, argNone, nil
	}
	return k.describeRest()
}

// describeRest is describe for segments and time.
func (k Kind) describeRest() (name string, client bool, n arg, names []string) {
	switch k {
	case Syn:
		return "syn", true, argNone, nil
	case Dup:
		return "dup", true, argNone, nil
	case Again:
		return "again", true, argNone, nil
	case Ack:
		return "ack", true, argNone, nil
	case Data:
		return "data", true, argNone, nil
	case Fin:
		return "fin", true, argNone, nil
	case Resend:
		return "resend", true, argNone, nil
	case Rst:
		return "rst", true, argName, []string{"", "old"}
	case Time:
		return "time", false, argNumber, nil
	}
	return "", false, argNone, nil
}

// String returns the name of the kind in texts.
func (k Kind) String() string {
	name, _, _, _ := k.describe()
	return name
}

// Valid reports whether the operation means something.
func (o Op) Valid() bool {
	name, client, n, names := o.Kind.describe()
	switch {
	case name == "":
		return false
	case client && (o.Client < 0 || o.Client >= MaxClients), !client && o.Client != 0:
		return false
	case n == argNone:
		return o.N == 0
	case n == argName:
		return o.N >= 0 && o.N < len(names)
	case n == argFaults:
		return o.N >= 0 && o.N < 1<<len(names)
	}
	return o.Kind != Time || o.N >= 0 && o.N <= longestPause
}

// allFaults are the faults that an Op can switch on.
const allFaults = netmodel.FaultNetworkDown | netmodel.FaultNoBuffers | netmodel.FaultInCallback
