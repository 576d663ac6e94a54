package scenarios

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Scenario is a situation as plain data. Name, Until and Profiles must be set; the
// zero value of another field means that the scenario has none of it.
type Scenario struct {
	Name     string        // lower case, words joined by hyphens
	Summary  string        // a line
	Question string        // what to predict before the run
	Lesson   string        // what happened and why, with rule ids
	Profiles []string      // profiles that the lesson is about; the first is the default
	Until    time.Duration // end of the run

	Descriptors int           // how many the server's program may have open; 0 = without limit
	Link        netmodel.Link // between the clients and the server
	Client      Client        // how every client behaves
	Steps       []Step        // single actions, in the order of time
	Load        Load          // many clients
	Program     Program       // the server's accept loop

	// Settings of the server's kernel, by the kernel's names. A profile whose system
	// lacks a setting runs without it.
	Settings []Setting

	Expect []Expectation
	Knobs  []Knob
}

// Client says how the clients of a scenario behave.
type Client struct {
	TCP        *netmodel.Client // how they connect; nil = as the profile says
	GiveUp     time.Duration    // how long they wait for the server from the beginning of an attempt; 0 = for ever
	GiveUpHard bool             // after GiveUp they reset the connection; otherwise they close it
	Retry      netmodel.Retry   // what they do after a failure
	Send       int              // bytes they send once connected
}

// Load is many clients, named Name1, Name2, ... The first arrives At, each further one
// Every later. If Times is set, the clients arrive at Times.
type Load struct {
	Name    string // "c" if empty
	Clients int    // how many come
	At      time.Duration
	Every   sim.Dist        // from one arrival to the next; nil = all at once
	Times   []time.Duration // instants of arrival, in place of Clients, At and Every
}

// Program is the accept loop of the server. Each worker accepts a connection, serves
// it, closes it, and accepts the next one.
type Program struct {
	Workers int           // 0 = no loop
	Start   time.Duration // when it begins to accept
	Service sim.Dist      // from accept to close; nil = closes at once
	// Backoff is the pause of a worker after accept has failed with WSAEMFILE; 0 = until
	// another worker closes a connection.
	Backoff time.Duration
}

// Step is an action at an instant. Steps of one instant happen in their order.
type Step struct {
	At time.Duration
	Do Action
}

// Action is what a Step does: one of the types below.
type Action interface{ perform(*run) }

// Bind opens a socket on the server and binds it to port 80. A Listen on a socket
// without a Bind binds the socket to the wildcard address first.
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

// OpenFiles makes the server's program open up to Count descriptors for other things,
// as many as are free.
type OpenFiles struct{ Count int }

// CloseFiles makes the server's program close Count of these descriptors.
type CloseFiles struct{ Count int }

// Pause sets SO_PAUSE_ACCEPT on a listening socket.
type Pause struct {
	On     bool
	Socket string
}

// Request makes a client connect. The first Request of a name creates the client. To
// is the address of the server: 0 and 1 = the first, 2 = the second.
type Request struct {
	Client string
	To     int
}

// Flood makes Count clients send SYNs whose handshakes never complete, because the
// SYN-ACKs do not reach the clients.
type Flood struct {
	Name  string
	Count int
}

// CloseClient makes a client close its connection, or stop trying. With Reset the
// client resets the connection.
type CloseClient struct {
	Client string
	Reset  bool
}

// Send makes a client send bytes.
type Send struct {
	Client string
	Bytes  int
}

// Stall takes a worker of the server's program away: it accepts no connection For a time. If
// all workers are busy, it is the first one to be done.
type Stall struct{ For time.Duration }

// Shutdown calls shutdown on a listening socket of the server. How is
// winsock.SD_RECEIVE, SD_SEND or SD_BOTH.
type Shutdown struct {
	Socket string
	How    int
}

// CutLink cuts the link, or heals it; with ToServer only in the direction to the
// server.
type CutLink struct {
	Healed   bool
	ToServer bool
}

// SetFault switches a fault of the server on or off.
type SetFault struct {
	Fault netmodel.Fault
	On    bool
}
