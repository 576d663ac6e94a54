package kernel

import (
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

func noNamespace(err error) error { return fmt.Errorf("%w: %w", ErrNoNamespace, err) }

// callInNamespace calls a function on a thread that has a network namespace of its
// own. The thread is never unlocked: it ends with its goroutine, and the namespace
// ends with it. No other thread inherits the namespace, because the runtime starts no
// thread from a locked one.
func callInNamespace(act func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() { // the main thread cannot end, and /proc/self is what it sees
			done <- callInNamespace(act) // on another one, since this one is taken
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

// leaveNamespace gives this thread a network namespace of its own, and checks it. In a
// sandbox whose unshare does nothing, an experiment would change the settings of the
// machine.
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
		return fmt.Errorf("unshare made no namespace: this is %s as before", after)
	}
	return nil
}

// furnish sets up the namespace of this thread: its settings, its loopback interface,
// and a route for the addresses of the clients on the wire.
func furnish(settings map[string]int) error {
	for _, name := range settingFiles() {
		value, set := settings[path.Base(name)]
		if !set {
			continue // the default stays
		}
		if err := os.WriteFile(filepath.Join(procSys, "net", name), []byte(strconv.Itoa(value)), 0o644); err != nil {
			return err
		}
	}
	return route(
		message(syscall.RTM_NEWLINK, 0, linkUp()),
		message(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE, peerRoute()),
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

// peerRoute is a struct rtmsg with two attributes: the addresses of the clients on the
// wire are behind lo. No host has them, so the kernel loses the segments sent there.
func peerRoute() []byte {
	b := []byte{syscall.AF_INET, 24, 0, 0, syscall.RT_TABLE_MAIN, syscall.RTPROT_BOOT, syscall.RT_SCOPE_LINK, syscall.RTN_UNICAST, 0, 0, 0, 0}
	b = attribute(b, syscall.RTA_DST)
	b = binary.BigEndian.AppendUint32(b, uint32(peerAddr(0).IP)&^0xff)
	b = attribute(b, syscall.RTA_OIF)
	return binary.NativeEndian.AppendUint32(b, loopbackIndex)
}

// attribute appends the head of an attribute with a value of four bytes.
func attribute(b []byte, kind uint16) []byte {
	b = binary.NativeEndian.AppendUint16(b, syscall.SizeofRtAttr+4)
	return binary.NativeEndian.AppendUint16(b, kind)
}

// message is a struct nlmsghdr (linux/netlink.h) and the body of a request.
func message(kind, flags uint16, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(syscall.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	b = append(b, make([]byte, 8)...) // sequence number, sender
	return append(b, body...)
}

// route sends requests to the kernel's routing. The kernel answers each before the next.
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
		n, _, err := syscall.Recvfrom(fd, answer, 0) // does not wait: the kernel has answered when Sendto returns
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
