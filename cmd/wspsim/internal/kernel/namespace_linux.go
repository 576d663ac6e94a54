package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
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
	if err := netlink(syscall.RTM_NEWLINK, 0, syscall.IfInfomsg{Index: loopback, Flags: syscall.IFF_UP, Change: syscall.IFF_UP}); err != nil {
		return err
	}
	return netlink(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE, route{
		RtMsg: syscall.RtMsg{Family: syscall.AF_INET, Dst_len: 24, Table: syscall.RT_TABLE_MAIN, Protocol: syscall.RTPROT_BOOT,
			Scope: syscall.RT_SCOPE_LINK, Type: syscall.RTN_UNICAST},
		Destination: syscall.RtAttr{Len: syscall.SizeofRtAttr + 4, Type: syscall.RTA_DST}, Network: [4]byte{10, 9, 0, 0}, // see peerAddr
		Output: syscall.RtAttr{Len: syscall.SizeofRtAttr + 4, Type: syscall.RTA_OIF}, Interface: loopback,
	})
}

const loopback = 1 // the index of the interface lo in every new namespace

// route says behind which interface a network is, as linux/rtnetlink.h lays it out. No
// host has the addresses of the network, so the kernel loses the segments sent there.
type route struct {
	syscall.RtMsg
	Destination syscall.RtAttr
	Network     [4]byte
	Output      syscall.RtAttr
	Interface   uint32
}

// netlink sends a request to the kernel's routing and reads the answer.
func netlink(kind, flags uint16, body any) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, syscall.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer syscall.Close(fd)
	head := syscall.NlMsghdr{Len: uint32(syscall.SizeofNlMsghdr + binary.Size(body)), Type: kind, Flags: flags | syscall.NLM_F_REQUEST | syscall.NLM_F_ACK}
	var b bytes.Buffer
	err = errors.Join(binary.Write(&b, binary.NativeEndian, head), binary.Write(&b, binary.NativeEndian, body))
	if err == nil {
		err = syscall.Sendto(fd, b.Bytes(), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK})
	}
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	answer := make([]byte, syscall.SizeofNlMsghdr+4) // up to the error number, negative; 0 = done
	n, _, err := syscall.Recvfrom(fd, answer, 0)     // does not wait: the kernel has answered when Sendto returns
	switch errno := int32(binary.NativeEndian.Uint32(answer[syscall.SizeofNlMsghdr:])); {
	case err != nil:
		return fmt.Errorf("netlink: %w", err)
	case n < len(answer):
		return fmt.Errorf("netlink: an answer of %d bytes, want an error number", n)
	case errno != 0:
		return fmt.Errorf("netlink: %w", syscall.Errno(-errno))
	}
	return nil
}
