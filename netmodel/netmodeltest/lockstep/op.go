package lockstep

import (
	"wspsim/netmodel"
)

// Kind says which operation an Op is.
type Kind uint8

// The kinds: the calls of the program, then the segments of the clients, then time.
// The zero Kind is no operation.
const (
	noKind    Kind = iota
	Listen         // N: the backlog
	Accept         // N: whether there is a condition function, and what it does
	Close          // closes the listening socket
	Open           // opens a socket and binds it to the port, unless one is open; N: 1 sets SO_CONDITIONAL_ACCEPT
	Hangup         // closes the oldest accepted connection of Client; N: gracefully, with a lost FIN, or hard
	Receive        // takes all bytes from the oldest accepted connection of Client
	Misuse         // a call that fails on the oldest accepted connection of Client; N: which call
	Connect        // connect on the listening socket
	Shutdown       // shutdown on the listening socket; N: the direction, as in winsock2.h
	OpenFile       // takes a descriptor for something else
	CloseFile      // gives back the oldest descriptor that OpenFile took
	Pause          // SO_PAUSE_ACCEPT; N: 1 on, 0 off
	Faults         // N: the netmodel.Fault bits that are on from now
	Startup        // WSPStartup
	Cleanup        // WSPCleanup
	Syn            // Client begins a new attempt from a new port and forgets its earlier one
	Dup            // the SYN of Client's attempt arrives again: a duplicate, or a retransmission after a refusal
	Again          // Client begins a new attempt from the port of its last one
	Ack            // the ACK that ends the handshake, or the same ACK again
	Data           // one new byte, and before it all that is unacknowledged
	Fin            // Client closes its side
	Resend         // Client sends all that is unacknowledged again
	Rst            // Client resets; N: 1 with a sequence number from before the window
	Time           // N: milliseconds that pass
	kindCount
)

// The N of Accept: whether accept is given a condition function, and what that
// does. It decides, or it makes a nested call and then accepts.
const (
	acceptPlain     = iota // without a condition function
	acceptYes              // CF_ACCEPT
	acceptReject           // CF_REJECT
	acceptDefer            // CF_DEFER
	acceptInvalid          // a value that has no meaning
	acceptListening        // calls listen with a backlog of 1
	acceptAccepting        // calls accept without a condition function
	acceptClosing          // closes the listening socket
	acceptOpening          // takes a descriptor for something else
	acceptValues
)

// The N of Hangup: how the program closes a connection.
const (
	hangupGraceful = iota
	hangupLost     // gracefully, and the network loses the first FIN
	hangupHard     // SO_LINGER with 0 s
)

// The N of Misuse: the call that fails on a connected socket.
const (
	misuseListen = iota
	misuseAccept
	misuseConnect
	misuseSend // on a connection that is over
)

// MaxClients is the largest number of clients: a to p.
const MaxClients = 16

// longestPause bounds Time, so that no history reaches the end of time.
const longestPause = 1_000_000_000 // ms

// Op is one operation: a call of the program, a segment of a client, or the passing of
// time.
type Op struct {
	Kind   Kind
	Client int // of Hangup, Receive, Misuse and the segments: 0 to MaxClients-1
	N      int // its meaning depends on the kind
}

// arg is the meaning of N.
type arg uint8

const (
	argNone arg = iota
	argNumber
	argName // one of a few names; the first one may be left out
	argFaults
)

// describe returns the name of a kind in texts, whether the kind has a client, and the
// meaning of N. For argName it also returns the names of the values.
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

// Valid reports whether the operation has a meaning.
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

// Arg returns the word that the text has for N, such as "reject" in accept(reject).
// It returns "" if the text has no word there.
func (o Op) Arg() string {
	if _, _, n, names := o.Kind.describe(); n == argName && o.Valid() {
		return names[o.N]
	}
	return ""
}

// allFaults are the faults that Faults can switch on.
const allFaults = netmodel.FaultNetworkDown | netmodel.FaultNoBuffers | netmodel.FaultInCallback
