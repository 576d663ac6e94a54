package acceptcheck

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// RunWithin is one trouble of Run with other limits of real time.
func RunWithin(t *testing.T, still, whole time.Duration, serve func(net.Listener) error) Result {
	t.Helper()
	p := program{func(l net.Listener) net.Listener { return l }, serve}
	return meet(t, troubles()[0], p, limits{still, whole})
}

// UnixErrno is the error that stands for e where it is not temporary.
func UnixErrno(e syscall.Errno) error { return unixErrno{e} }
