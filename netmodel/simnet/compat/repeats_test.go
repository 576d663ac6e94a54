package compat

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// repeating are programs that repeat without a change: every run has the same hash.
var repeating = []struct {
	name   string
	window int // 0 = the default
	run    func(s scene)
}{
	{"net/http, unencrypted HTTP/2 with many streams over one connection", 0, streamsOfOneConnection},
	{"gin", 0, ginRoutes},
	{"net/http/httputil.ReverseProxy, on a host of its own", 0, reverseProxy},
	{"soheilhy/cmux", 0, cmuxProtocols},
	{"pires/go-proxyproto", 0, proxyHeaders},
	{"armon/go-socks5", 0, socks5Proxy},
	{"grpc, calls one after the other", 0, grpcInTurn},
	{"grpc, calls at once", 0, grpcAtOnce},
	{"connectrpc, its own protocol", 0, connectAfterAFirstCall(0)},
	{"connectrpc, gRPC", 0, connectAfterAFirstCall(1)},
	{"connectrpc, gRPC-Web", 0, connectAfterAFirstCall(2)},
	{"x/crypto/ssh, inputs of less than 96 KiB", 0, sshCommands(90_000)},
	{"gorilla/websocket", 0, gorillaMessages},
	{"gorilla/websocket, writers that wait for readers", window, gorillaMessages},
	{"coder/websocket", 0, coderMessages},
	{"go-smtp", 0, smtpMail},
	{"go-imap", 0, imapMailbox},
	{"go-imap, a mailbox that is larger than the window", window, imapMailbox},
	{"miekg/dns over TCP", 0, dnsQuestions},
	{"pgx", 0, pgxQueries},
	{"go-sql-driver/mysql", 0, mysqlQueries},
	{"mochi-mqtt and paho, and a pause before the end", 0, mqttMessages(pause)},
	{"nats", 0, natsRequests},
	{"go-redis", 0, redisCommands},
	{"fasthttp", 0, fastPosts},
	{"yamux, streams one after the other, and a pause before the end", 0, streamsInTurn(1, pause)},
	{"yamux, streams at once, and a pause before the end", 0, streamsAtOnce(1, pause)},
	{"smux, streams at once, and a pause before the end", 0, streamsAtOnce(0, pause)},
	{"smux, streams one after the other, and a pause before the end", 0, streamsInTurn(0, pause)},
	{"franz-go, producing before fetching, and a pause before the end", 0, kafkaInTurn},
}

// deciding are programs that act on the network in the order in which the scheduler runs their
// goroutines. without is the same program without that cause.
var deciding = []struct {
	cause, cure   string
	with, without func(s scene)
}{
	{"net/http: requests that come before a transport has a connection dial one each; which of them stays is decided by who comes first (transport.go, queueForDial, and the pool of HTTP/2 connections)",
		"one connection, by a first request or by MaxConnsPerHost", streamsThatDial(0), streamsThatDial(1)},
	{"connectrpc: its requests go by net/http, and dial one connection each",
		"a first call alone", connectAtOnce(0, false), connectAtOnce(0, true)},
	{"x/crypto/ssh: a channel that has received 96 KiB more than was read sends window updates, one or several by how its reader and the goroutine that fills its buffer meet (ssh/channel.go, adjustWindow)",
		"less than 96 KiB in each direction of a channel", sshCommands(5 * window), sshCommands(90_000)},
	{"smux: the end of a stream is sent by one goroutine, and the end of the connection seen by another (session.go, sendLoop and recvLoop)",
		"a pause before the session ends", streamsInTurn(0, 0), streamsInTurn(0, pause)},
	{"yamux: Close of a session closes the connection while another goroutine sends the ends of its streams (session.go, Close and send)",
		"a pause before the session ends", streamsAtOnce(1, 0), streamsAtOnce(1, pause)},
	{"paho: the acknowledgement of the last message and the end of the client are written by two goroutines (net.go, ackFunc; client.go, Disconnect)",
		"a pause before the end", mqttMessages(0), mqttMessages(pause)},
	{"franz-go: producing and fetching dial a connection each; whoever comes first has the first one (pkg/kgo/broker.go, loadConnection)",
		"a client for each, one after the other", kafkaAtOnce, kafkaInTurn},
}

// pause is longer than any exchange takes.
const pause = 100 * time.Millisecond

// hashOf runs a program in a bubble, and returns what the network says when all is over.
func hashOf(t *testing.T, link netmodel.Link, window int, program func(s scene)) (hash uint64, records []netmodel.Record) {
	simnet.BeforeBubble()
	synctest.Test(t, func(t *testing.T) {
		var n *simnet.Network
		t.Cleanup(func() { // the last one
			time.Sleep(time.Second) // in which the network learns of what its Close has closed
			hash = n.Hash()
			records, _ = n.Records()
		})
		s := newScene(t, place{"in a bubble", true, link, "records that can be compared"}, simnet.Config{Seed: 1, Link: link, Window: window, Trace: 1 << 20})
		n = s.net
		program(s)
	})
	return hash, records
}

// links are what lies between the hosts of a program that repeats.
var links = []struct {
	name string
	link netmodel.Link
}{
	{"latency", bubble.link},
	{"jitter and loss", netmodel.Link{Latency: time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond}, Loss: sim.Ratio{Num: 1, Den: 50}}},
	{"at once", netmodel.Link{}},
}

// runs is how often each program runs with each number of processors.
func runs() int {
	if k, err := strconv.Atoi(os.Getenv("SIMNET_RUNS")); err == nil {
		return k
	}
	return 3
}

// wantOneHash runs a program with 1, 2 and 8 processors, and wants the same hash each
// time.
func wantOneHash(t *testing.T, link netmodel.Link, window int, program func(s scene)) {
	t.Helper()
	want, first := hashOf(t, link, window, program)
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		for range runs() {
			if got, records := hashOf(t, link, window, program); got != want {
				t.Fatalf("another run with %d processors: hash %016x, want %016x; %s", procs, got, want, parting(first, records))
			}
		}
	}
}

// parting says where two runs part.
func parting(a, b []netmodel.Record) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("record %d is\n%+v, and at first\n%+v", i+1, b[i], a[i])
		}
	}
	return fmt.Sprintf("%d records, and at first %d", len(b), len(a))
}

// testName makes one name of what go test -run would take for several.
func testName(s string) string { return strings.ReplaceAll(s, "/", "-") }

func TestProgramsOfOtherModulesRepeat(t *testing.T) {
	startFastHTTPClock()
	for _, p := range repeating {
		for _, l := range links {
			t.Run(testName(p.name+", "+l.name), func(t *testing.T) { wantOneHash(t, l.link, p.window, p.run) })
		}
	}
}

func TestWhatAProgramDecidesItselfRepeatsOnceTheCauseIsTakenAway(t *testing.T) {
	for _, p := range deciding {
		t.Run(testName(p.cause), func(t *testing.T) {
			wantOneHash(t, bubble.link, 0, p.without)
			first, _ := hashOf(t, bubble.link, 0, p.with) // it works as well
			hashes := map[uint64]bool{first: true}
			for range runs() {
				hash, _ := hashOf(t, bubble.link, 0, p.with)
				hashes[hash] = true
			}
			t.Logf("with the cause: %d hashes in %d runs; the cure: %s", len(hashes), 1+runs(), p.cure)
		})
	}
}
