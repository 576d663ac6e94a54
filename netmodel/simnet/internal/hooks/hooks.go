// Package hooks gives simnettest functions of simnet that simnet does not export. simnet sets
// the hooks when the program starts. A network is a *simnet.Network, a host a *simnet.Host.
package hooks

import (
	"wspsim/netmodel"
	"wspsim/sim"
)

// Freeze stops a network for ever. Its time no longer passes, and no call of a program begins
// or ends. The records can then be read, also from outside the bubble of the network.
//
// Freeze waits up to 1 s of real time for a call in progress. If the call does not end, Freeze
// returns false and leaves the network as it was.
var Freeze func(network any) bool

// LastEvent returns the time of the model: the instant of its latest event or of the latest
// call of a program. It does not advance the time, so it can be called from outside the
// bubble. It returns false if a call is in progress for 10 ms of real time.
var LastEvent func(network any) (at sim.Time, ok bool)

// UnlimitedHost returns the host of that name. If there is none, it adds a host without a
// limit of descriptors. It panics if the name is not valid.
var UnlimitedHost func(network any, name string) (host any)

// Watch passes on what has happened on a network, as far back as it keeps records: of each
// instant the segments before the records, and the model at the end. Segments are among it if
// Config.Tap is set. The functions do not use the network.
var Watch func(network any, segment func(*netmodel.Network, netmodel.Transmission), record func(*netmodel.Network, netmodel.Record), end func(*netmodel.Network))

// HostByID returns the host with the number that records use, a nil *simnet.Host if there is
// none.
var HostByID func(network any, id netmodel.HostID) (host any)
