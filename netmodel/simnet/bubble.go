package simnet

import (
	"bytes"
	"context"
	"net"
	"runtime"
)

// BeforeBubble prepares the process for a bubble of testing/synctest. Call it outside
// the bubble, before synctest.Test or rapid.SyncTest, and once more before code outside a
// bubble uses the same packages. simnettest.Run and acceptcheck.Run call it themselves.
//
// A channel or a timer that was made in one bubble must not be used anywhere else. The
// runtime then ends the process with "send on synctest channel from outside bubble", and
// no test can recover from that. Two things carry channels out of a bubble:
//
//   - Package net makes channels when a program looks a name up for the first time.
//     BeforeBubble looks names up with a context that is cancelled, so that nothing is
//     sent. (Go 1.26: net/dnsclient_unix.go, net/nss.go, net/net.go)
//   - A sync.Pool keeps what a bubble put into it. The packages nats.go, smux, yamux and
//     miekg/dns have pools of timers and channels. BeforeBubble collects garbage twice,
//     which empties every pool. (Go 1.26: sync/pool.go)
//
// A call takes a few milliseconds.
func BeforeBubble() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	pure := net.Resolver{PreferGo: true}
	_, _ = pure.LookupHost(ctx, "wspsim.invalid.")          // makes the channels of resolv.conf and nsswitch.conf
	_, _ = net.DefaultResolver.LookupHost(ctx, "localhost") // makes that of lookups by the C library
	runtime.GC()
	runtime.GC()
}

// inBubble reports whether the caller runs in a bubble of testing/synctest. There
// is no function that tells; the heading of a stack trace does. Where it should ever
// not, calls are made at once, as in real time.
func inBubble() bool {
	var heading [128]byte
	line := heading[:runtime.Stack(heading[:], false)]
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return bytes.Contains(line, []byte("synctest bubble"))
}
