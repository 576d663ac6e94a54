package kernel

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestOnlyRequestsOfTheListenerCountAsHalfOpen(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:0050 0100090A:9C40 03 00000000:00000000 01:00000014 00000000     0        0 0
   2: 0100007F:0050 0200090A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 0
   3: 0100007F:0051 0300090A:9C40 03 00000000:00000000 01:00000014 00000000     0        0 0
   4: 0100007F:9C40 0100007F:0050 03 00000000:00000000 01:00000014 00000000     0        0 0
`
	if got := countHalfOpen(table, 80); got != 1 {
		t.Errorf("countHalfOpen(port 80) = %d, want 1: not the listener, not the established, not another listener's", got)
	}
}

func TestResultsAreNames(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
		why  string
	}{
		{nil, "OK", "no error"},
		{syscall.Errno(0), "OK", "SO_ERROR without an error"},
		{syscall.ECONNREFUSED, "ECONNREFUSED", "an errno"},
		{fmt.Errorf("accept: %w", syscall.EMFILE), "EMFILE", "an errno in another error"},
		{syscall.Errno(4000), "errno 4000", "an errno without a name"},
		{errors.New("strange"), "strange", "not an errno"},
	} {
		if got := result(row.err); got != row.want {
			t.Errorf("result(%v) (%s) = %q, want %q", row.err, row.why, got, row.want)
		}
	}
}

// The names that scripts meet are those of package syscall, not those of another errno
// with the same number.
func TestErrnosThatScriptsMeetHaveTheirNames(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.EACCES: "EACCES", syscall.EADDRINUSE: "EADDRINUSE", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL", syscall.EAGAIN: "EAGAIN",
		syscall.EALREADY: "EALREADY", syscall.EBADF: "EBADF", syscall.ECONNABORTED: "ECONNABORTED", syscall.ECONNREFUSED: "ECONNREFUSED",
		syscall.ECONNRESET: "ECONNRESET", syscall.EFAULT: "EFAULT", syscall.EINPROGRESS: "EINPROGRESS", syscall.EINTR: "EINTR",
		syscall.EINVAL: "EINVAL", syscall.EISCONN: "EISCONN", syscall.EMFILE: "EMFILE", syscall.ENOBUFS: "ENOBUFS",
		syscall.ENOTCONN: "ENOTCONN", syscall.ENOTSOCK: "ENOTSOCK", syscall.EOPNOTSUPP: "EOPNOTSUPP", syscall.EPIPE: "EPIPE",
		syscall.ETIMEDOUT: "ETIMEDOUT",
	} {
		if got := result(errno); got != want {
			t.Errorf("result(%d) = %q, want %q", int(errno), got, want)
		}
	}
}
