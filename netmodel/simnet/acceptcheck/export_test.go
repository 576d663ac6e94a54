package acceptcheck

import (
	"net"
	"testing"
	"time"
)

// RunWithin is one incident of Run with other limits of real time.
func RunWithin(t *testing.T, still, whole time.Duration, serve func(net.Listener) error) Result {
	t.Helper()
	p := program{func(l net.Listener) net.Listener { return l }, serve}
	return runIncident(t, incidents()[0], p, limits{still, whole})
}

// AsOnUnix is what the battery makes of an error of package syscall.
var AsOnUnix = asOnUnix
