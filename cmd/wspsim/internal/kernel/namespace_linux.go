package kernel

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// setting is a file under /proc/sys/net and the number to write into it.
type setting struct {
	file  string
	value int
}

// usual are the settings of Usual as files.
func usual() []setting {
	u := Usual()
	return []setting{
		{"core/somaxconn", u.Somaxconn},
		{"ipv4/tcp_max_syn_backlog", u.MaxSynBacklog},
		{"ipv4/tcp_abort_on_overflow", u.AbortOnOverflow},
		{"ipv4/tcp_syncookies", u.Syncookies},
		{"ipv4/tcp_synack_retries", u.SynackRetries},
	}
}

// apart is an experiment under settings of its own, in a network namespace
// that is made for it and is gone when it ends.
func apart(name, what string, others []setting, act func(*stage)) Trial {
	return Trial{Name: name, What: what, NeedsNamespace: true, Play: func(ctx context.Context) (seen []Observation, err error) {
		return inTurn(ctx, func() ([]Observation, error) {
			err := inNamespace(func() error {
				if err := furnish(append(usual(), others...)); err != nil {
					return noNamespace(err)
				}
				var err error
				seen, err = play(ctx, act)
				return err
			})
			return seen, err
		})
	}}
}

func noNamespace(err error) error { return fmt.Errorf("%w: %w", ErrNoNamespace, err) }

// inNamespace calls a function on a thread that has a network namespace of its
// own. The thread is never unlocked: it ends with its goroutine, and the
// namespace with it. No other thread inherits the namespace, since the runtime
// does not start threads from a locked one.
func inNamespace(act func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() { // the main thread cannot end, and /proc/self is what it sees
			done <- inNamespace(act) // on another one, since this one is taken
			runtime.UnlockOSThread()
			return
		}
		if err := leaveNamespace(); err != nil {
			done <- noNamespace(err)
			return
		}
		done <- act()
	}()
	return <-done
}

// leaveNamespace gives this thread a network namespace of its own. It looks
// whether that is so: a sandbox whose unshare does nothing would otherwise have
// the settings of the machine changed.
func leaveNamespace() error {
	const namespace = "/proc/thread-self/ns/net"
	before, err := os.Readlink(namespace)
	if err != nil {
		return err
	}
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare: %w (it needs root)", err)
	}
	after, err := os.Readlink(namespace)
	switch {
	case err != nil:
		return err
	case after == before:
		return fmt.Errorf("unshare made none: this is %s as before", after)
	}
	return nil
}

// furnish sets up the namespace that this thread is in: its settings, its
// loopback interface, and a route for the addresses of the crowd.
func furnish(settings []setting) error {
	for _, k := range settings {
		file := filepath.Join(sysctls, "net", k.file)
		if err := os.WriteFile(file, []byte(strconv.Itoa(k.value)), 0o644); err != nil {
			return err
		}
	}
	return route(
		message(syscall.RTM_NEWLINK, 0, linkUp()),
		message(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE, crowdRoute()),
	)
}

const loopbackIndex = 1 // of the interface lo in every new namespace

// linkUp is a struct ifinfomsg (linux/rtnetlink.h) that switches lo on.
func linkUp() []byte {
	b := make([]byte, 4, syscall.SizeofIfInfomsg)
	b = binary.NativeEndian.AppendUint32(b, loopbackIndex)
	b = binary.NativeEndian.AppendUint32(b, syscall.IFF_UP) // flags
	return binary.NativeEndian.AppendUint32(b, syscall.IFF_UP)
}

// crowdRoute is a struct rtmsg with two attributes: the addresses of the crowd
// are behind lo. Nobody has them, so what is sent there is lost.
func crowdRoute() []byte {
	to := peerAddr(0)
	b := []byte{syscall.AF_INET, 24, 0, 0, syscall.RT_TABLE_MAIN, syscall.RTPROT_BOOT, syscall.RT_SCOPE_LINK, syscall.RTN_UNICAST, 0, 0, 0, 0}
	b = attribute(b, syscall.RTA_DST)
	b = append(b, to[0], to[1], to[2], 0)
	b = attribute(b, syscall.RTA_OIF)
	return binary.NativeEndian.AppendUint32(b, loopbackIndex)
}

// attribute appends the head of an attribute with four bytes.
func attribute(b []byte, kind uint16) []byte {
	b = binary.NativeEndian.AppendUint16(b, syscall.SizeofRtAttr+4)
	return binary.NativeEndian.AppendUint16(b, kind)
}

// message is a request with a struct nlmsghdr (linux/netlink.h) before it.
func message(kind, flags uint16, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(syscall.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	b = append(b, make([]byte, 8)...) // sequence number, sender
	return append(b, body...)
}

// route sends requests to the kernel's routing, each answered before the next.
func route(requests ...[]byte) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, syscall.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer syscall.Close(fd)
	for _, request := range requests {
		if err := syscall.Sendto(fd, request, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
			return fmt.Errorf("netlink: %w", err)
		}
		answer := make([]byte, os.Getpagesize())
		n, _, err := syscall.Recvfrom(fd, answer, 0) // is there: the kernel has done it when Sendto returns
		if err != nil {
			return fmt.Errorf("netlink: %w", err)
		}
		if n < syscall.SizeofNlMsghdr+4 {
			return fmt.Errorf("netlink: an answer of %d bytes, want an error number", n)
		}
		if errno := int32(binary.NativeEndian.Uint32(answer[syscall.SizeofNlMsghdr:])); errno != 0 {
			return fmt.Errorf("netlink: %w", syscall.Errno(-errno))
		}
	}
	return nil
}
