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

// onOwnThread calls a function on a thread that ends with the call, and a network
// namespace of the thread with it. No other thread inherits the namespace, because the
// runtime starts no thread from a locked one.
func onOwnThread(act func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() { // the main thread cannot end, and /proc/self is what it sees
			onOwnThread(act) // on another one, because this one is taken
			runtime.UnlockOSThread()
			return
		}
		act()
	}()
	<-done
}

// enterNamespace gives this thread a network namespace: its settings, its loopback
// interface, and a route for the addresses of the clients on the wire. An error ends the
// script, and so does a sandbox whose unshare does nothing: the settings would be those
// of the machine.
func enterNamespace(settings map[string]int) {
	const namespace = "/proc/thread-self/ns/net"
	before, err := os.Readlink(namespace)
	check("namespace", err)
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		stop(fmt.Errorf("unshare: %w (it needs root)", err))
	}
	after, err := os.Readlink(namespace)
	check("namespace", err)
	if after == before {
		stop(fmt.Errorf("unshare made no namespace: this is %s as before", after))
	}
	for _, name := range settingFiles() {
		if value, set := settings[path.Base(name)]; set {
			check("settings", os.WriteFile(filepath.Join(procSys, "net", name), []byte(strconv.Itoa(value)), 0o644))
		}
	}
	const loopback = 1 // the index of lo in every new namespace
	netlink(syscall.RTM_NEWLINK, 0, syscall.IfInfomsg{Index: loopback, Flags: syscall.IFF_UP, Change: syscall.IFF_UP})
	netlink(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE, route{
		RtMsg: syscall.RtMsg{Family: syscall.AF_INET, Dst_len: 24, Table: syscall.RT_TABLE_MAIN, Protocol: syscall.RTPROT_BOOT,
			Scope: syscall.RT_SCOPE_LINK, Type: syscall.RTN_UNICAST},
		Destination: syscall.RtAttr{Len: syscall.SizeofRtAttr + 4, Type: syscall.RTA_DST}, Network: [4]byte{10, 9, 0, 0}, // see peerAddr
		Output: syscall.RtAttr{Len: syscall.SizeofRtAttr + 4, Type: syscall.RTA_OIF}, Interface: loopback,
	})
}

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
func netlink(kind, flags uint16, body any) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, syscall.NETLINK_ROUTE)
	check("netlink", err)
	defer syscall.Close(fd)
	head := syscall.NlMsghdr{Len: uint32(syscall.SizeofNlMsghdr + binary.Size(body)), Type: kind, Flags: flags | syscall.NLM_F_REQUEST | syscall.NLM_F_ACK}
	var b bytes.Buffer
	check("netlink", errors.Join(binary.Write(&b, binary.NativeEndian, head), binary.Write(&b, binary.NativeEndian, body)))
	check("netlink", syscall.Sendto(fd, b.Bytes(), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}))
	answer := make([]byte, syscall.SizeofNlMsghdr+4) // up to the error number, which is negative; 0 = done
	n, _, err := syscall.Recvfrom(fd, answer, 0)     // does not wait: the kernel has answered when Sendto returns
	check("netlink", err)
	if errno := -int32(binary.NativeEndian.Uint32(answer[syscall.SizeofNlMsghdr:])); n < len(answer) || errno != 0 {
		stop(fmt.Errorf("netlink: an answer of %d bytes: %w", n, syscall.Errno(errno)))
	}
}
