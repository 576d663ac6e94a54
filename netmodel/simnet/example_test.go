package simnet_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"

	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/winsock"
)

// A queue for two, and three who come before anybody accepts.
func Example() {
	n := simnet.New(simnet.Config{Profile: profiles.WSP(), Backlog: 2})
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 3 {
		_, err := n.Host("client").Dial("tcp", "server:80")
		fmt.Println(i+1, "refused:", errors.Is(err, syscall.Errno(winsock.WSAECONNREFUSED)))
	}
	c, err := l.Accept()
	fmt.Println("accepted", c.RemoteAddr(), err)
	_, err = n.Host("client").Dial("tcp", "server:80")
	fmt.Println("then there is room again:", err)
	// Output:
	// 1 refused: false
	// 2 refused: false
	// 3 refused: true
	// accepted 10.2.0.1:1024 <nil>
	// then there is room again: <nil>
}

// An unmodified server and an unmodified client.
func Example_http() {
	n := simnet.New(simnet.Config{})
	l, err := n.Listen("tcp", "server:http")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "hello %s, this is %s", r.RemoteAddr, r.Host)
		}))
	}()
	client := http.Client{Transport: &http.Transport{DialContext: n.Host("client").DialContext}}
	answer, err := client.Get("http://server/")
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Printf("%s\n", body)
	_ = n.Close()
	// Output:
	// hello 10.2.0.1:32768, this is server
}

// A process that may have four descriptors: one for its listener, two for
// connections, and one that it uses for a file.
func ExampleHost_OpenFiles() {
	n := simnet.New(simnet.Config{})
	server := n.AddHost("server", simnet.HostConfig{Descriptors: 4})
	l, err := server.Listen("tcp", ":80")
	if err != nil {
		fmt.Println(err)
		return
	}
	closeFile := server.OpenFiles(1)
	for range 3 {
		_, _ = n.Host("client").Dial("tcp", "server:80") // the queue has room
		_, err := l.Accept()
		fmt.Println("EMFILE:", errors.Is(err, syscall.EMFILE))
	}
	closeFile()
	_, err = l.Accept()
	fmt.Println("once the file is closed:", err)
	// Output:
	// EMFILE: false
	// EMFILE: false
	// EMFILE: true
	// once the file is closed: <nil>
}

// What a program cannot see: who waits in the queue.
func ExampleListener_Queue() {
	n := simnet.New(simnet.Config{Backlog: 3})
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = n.Host("alice").Dial("tcp", "server:80")
	_, _ = n.Host("bob").Dial("tcp", "server:80")
	q := l.Queue()
	fmt.Printf("%d of %d: %v and %v\n", q.Complete, q.Limit, q.Entries[0].Peer, q.Entries[1].Peer)
	// Output:
	// 2 of 4: 10.2.0.1:32768 and 10.3.0.1:32768
}
