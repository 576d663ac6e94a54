package simnet

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"time"
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
//   - A sync.Pool keeps the objects of a bubble. The packages nats.go, smux, yamux and
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

// eraGap separates the two clocks: that of a bubble begins in the year 2000, that of the
// machine is much later. (Go 1.26: testing/synctest)
const eraGap = 10 * 365 * 24 * 3600 // seconds

// checkBubble returns an error if the caller is in a bubble and the network was made outside
// one, or the other way round. It does not distinguish two bubbles.
func (n *Network) checkBubble() error {
	switch now, start := time.Now().Unix(), n.start.Unix(); {
	case !n.ordered && now < start-eraGap && inBubble():
		return errMadeOutside
	case n.ordered && now > start+eraGap && !inBubble(): // a bubble can live for decades
		return errMadeInside
	}
	return nil
}

var (
	errMadeOutside = errors.New("the network was made outside this bubble of testing/synctest: make it in the bubble")
	errMadeInside  = errors.New("the network was made in a bubble of testing/synctest: use it in that bubble")
)

// inBubble reports whether the caller runs in a bubble of testing/synctest. No function of
// the standard library reports that, but the heading of a stack trace contains it. If a later
// Go changes the heading, the network makes calls at once, as in real time.
func inBubble() bool {
	var heading [128]byte
	line := heading[:runtime.Stack(heading[:], false)]
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return bytes.Contains(line, []byte("synctest bubble"))
}
