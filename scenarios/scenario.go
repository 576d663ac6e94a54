package scenarios

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Scenario is one situation, as plain data. The zero value of every field but
// Name, Until and Profiles means that there is none of it.
type Scenario struct {
	Name     string        // lower case, words joined by hyphens
	Summary  string        // one line
	Question string        // a prediction to make before looking
	Lesson   string        // what happened and why, with rule ids
	Profiles []string      // profiles that the lesson is about; the first is the default
	Until    time.Duration // end of the run

	Descriptors int           // how many the server's program may have open; 0 = without limit
	Link        netmodel.Link // between the clients and the server
	Client      Client        // how every client behaves
	Steps       []Step        // what is done by hand, in order of time
	Load        Load          // clients that come on their own
	Program     Program       // the server's accept loop

	// Settings of the server's kernel, by its own names. A profile whose system does
	// not know one goes without it.
	Settings []Setting

	Expect []Expectation
	Knobs  []Knob
}

// Client says how the clients of a scenario behave.
type Client struct {
	TCP        *netmodel.Client // how they connect, if not as the profile says
	GiveUp     time.Duration    // how long they wait for the server, from the beginning of an attempt; 0 = for ever
	GiveUpHard bool             // they then reset the connection instead of closing it
	Retry      netmodel.Retry   // what they do after a failure
	Send       int              // bytes they send once connected
}

// Load is a crowd of clients, named Name1, Name2, ... The times of arrival are
// At plus sums of Every, or the Times as they are.
type Load struct {
	Name    string // "c" if empty
	Clients int    // how many come
	At      time.Duration
	Every   sim.Dist        // from one arrival to the next; nil = all at once
	Times   []time.Duration // instants of arrival; takes the place of Clients, At and Every
}

// Program is a server's accept loop: each worker accepts a connection, serves
// it, closes it, and accepts the next.
type Program struct {
	Workers int           // 0 = no loop
	Start   time.Duration // when it begins to accept
	Service sim.Dist      // from accept to close; nil = closes at once
	// How long a worker waits after accept failed with WSAEMFILE before it tries
	// again; 0 = until another worker has closed a connection.
	Backoff time.Duration
}

// Step is something done at an instant. Steps of one instant happen in the
// order in which they stand.
type Step struct {
	At time.Duration
	Do Action
}

// Action is what a Step does: one of the types below.
type Action interface{ perform(*run) }

// Bind opens a socket on the server and binds it to port 80. A Listen on a
// socket that no Bind has named binds it to the wildcard address first.
type Bind struct {
	Socket      string // its name; "" is a name too
	Address     int    // 0 = every address of the server, 1 = the first, 2 = the second
	Reuse       bool   // SO_REUSEADDR
	Exclusive   bool   // SO_EXCLUSIVEADDRUSE
	Conditional bool   // SO_CONDITIONAL_ACCEPT
	ReusePort   bool   // SO_REUSEPORT
	// TCP_DEFER_ACCEPT, in whole seconds; 0 = not set.
	DeferAccept time.Duration
}

// Listen calls listen on a socket of the server.
type Listen struct {
	Backlog int
	Socket  string
}

// Accept calls accept on a socket of the server.
type Accept struct {
	Socket   string
	Decision winsock.Decision // of the condition function; CF_ACCEPT calls accept without one
}

// CloseListener closes a listening socket of the server.
type CloseListener struct{ Socket string }

// CloseAccepted makes the server close the connection that it accepted from a
// client.
type CloseAccepted struct{ Client string }

// OpenFiles makes the server's program open descriptors for other things, as
// many as it can up to Count.
type OpenFiles struct{ Count int }

// CloseFiles makes it close some of them again.
type CloseFiles struct{ Count int }

// Pause sets SO_PAUSE_ACCEPT on a listening socket.
type Pause struct {
	On     bool
	Socket string
}

// Request makes a client connect. Clients come into being with their first
// request; To names the address that it connects to, 0 and 1 for the first of
// the server, 2 for the second.
type Request struct {
	Client string
	To     int
}

// Flood makes Count clients send requests whose handshakes they never finish:
// their answers to the SYN-ACK are lost.
type Flood struct {
	Name  string
	Count int
}

// Leave makes a client close its connection, or stop trying; Hard resets it.
type Leave struct {
	Client string
	Hard   bool
}

// Send makes a client send bytes.
type Send struct {
	Client string
	Bytes  int
}

// Shutdown calls shutdown on a listening socket of the server. How is
// winsock.SD_RECEIVE, SD_SEND or SD_BOTH.
type Shutdown struct {
	Socket string
	How    int
}

// CutLink interrupts the link, or heals it; ToServer: only what the clients send.
type CutLink struct {
	Healed   bool
	ToServer bool
}

// SetFault switches a fault of the server on or off.
type SetFault struct {
	Fault netmodel.Fault
	On    bool
}
