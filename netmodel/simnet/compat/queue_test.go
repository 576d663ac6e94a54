package compat

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// serveMQTT starts a broker of mochi.
func (s scene) serveMQTT(l net.Listener) *mochi.Server {
	s.Helper()
	broker := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	s.must("AddHook", broker.AddHook(new(auth.AllowHook), nil))
	s.must("AddListener", broker.AddListener(listeners.NewNet("net", l)))
	s.must("Serve", broker.Serve())
	s.Cleanup(func() { _ = broker.Close() })
	return broker
}

func (s scene) dialMQTT(id, address string, set func(*paho.ClientOptions)) paho.Client {
	s.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + address).SetClientID(id)
	o.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
		return s.client.Dial("tcp", u.Host)
	})
	if set != nil {
		set(o)
	}
	client := paho.NewClient(o)
	s.Cleanup(func() { client.Disconnect(10) })
	return client
}

// subscribeMQTT returns where the messages on a topic come.
func (s scene) subscribeMQTT(topic string) <-chan string {
	s.Helper()
	came := make(chan string, 100)
	reader := s.dialMQTT("reader", "server:80", nil)
	s.done("Connect", reader.Connect())
	s.done("Subscribe", reader.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { came <- m.Topic() + " " + string(m.Payload()) }))
	return came
}

// done waits for what a client of paho has begun.
func (s scene) done(what string, token paho.Token) {
	s.Helper()
	if !token.WaitTimeout(time.Minute) {
		s.Errorf("%s: not done after a minute", what)
	}
	s.must(what, token.Error())
}

func TestMQTTBringsEachMessageToItsSubscribers(t *testing.T) {
	const messages = 20
	in(t, everywhere, func(s scene) {
		s.serveMQTT(s.listener)
		came := s.subscribeMQTT("news/#")
		writer := s.dialMQTT("writer", "server:80", nil)
		s.done("Connect", writer.Connect())
		for i := range messages {
			began := time.Now()
			s.done("Publish", writer.Publish("news/go", 1, false, fmt.Sprint(i)))
			checkValue(s.T, "a message", <-came, fmt.Sprint("news/go ", i))
			s.tookAtLeast("a message", began, roundTrip)
		}
	})
}

// The server begins to listen five seconds after its client has begun to try.
func TestPahoTriesUntilTheBrokerListens(t *testing.T) {
	in(t, []place{bubble}, func(s scene) {
		late := s.net.Host("late")
		client := s.dialMQTT("early", "late:1883", func(o *paho.ClientOptions) {
			o.SetConnectRetry(true).SetConnectRetryInterval(2 * time.Second)
		})
		began := time.Now()
		token := client.Connect()
		time.Sleep(5 * time.Second)
		l, err := late.Listen("tcp", ":1883")
		s.must("Listen", err)
		s.serveMQTT(l)
		s.done("Connect", token)
		s.tookAtLeast("three tries, two seconds apart, and one that succeeds", began, 6*time.Second)
	})
}

// serveNATS starts a server of nats on a listener: InProcessConn is its way in.
func (s scene) serveNATS(l net.Listener) *server.Server {
	s.Helper()
	ns, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, ServerName: "simnet"})
	s.must("NewServer", err)
	ns.Start()
	s.Cleanup(func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	})
	var over sync.WaitGroup
	over.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			over.Go(func() { s.carry(c, ns) })
		}
	})
	s.Cleanup(func() {
		_ = l.Close()
		over.Wait()
	})
	return ns
}

// carry moves what comes on a connection to a server that makes its connections itself.
func (s scene) carry(c net.Conn, ns *server.Server) {
	defer c.Close()
	inner, err := ns.InProcessConn()
	if err != nil {
		return // the client tells
	}
	defer inner.Close()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(c, inner)
		_ = c.Close()
	})
	_, _ = io.Copy(inner, c)
	_ = inner.Close()
	back.Wait()
}

func (s scene) dialNATS(options ...nats.Option) *nats.Conn {
	s.Helper()
	options = append(options, nats.SetCustomDialer(natsDialer{s}), nats.IgnoreDiscoveredServers())
	c, err := nats.Connect("nats://server:80", options...)
	s.must("Connect", err)
	s.Cleanup(c.Close)
	return c
}

type natsDialer struct{ s scene }

func (d natsDialer) Dial(network, address string) (net.Conn, error) {
	return d.s.client.Dial(network, address)
}

// SkipTLSHandshake keeps the library from looking the name up.
func (natsDialer) SkipTLSHandshake() bool { return true }

// shoutOverNATS answers requests in upper case.
func (s scene) shoutOverNATS() {
	s.Helper()
	responder := s.dialNATS(nats.MaxReconnects(-1))
	_, err := responder.Subscribe("shout", func(m *nats.Msg) { _ = m.Respond([]byte(strings.ToUpper(string(m.Data)))) })
	s.must("Subscribe", err)
	s.must("Flush", responder.Flush())
}

// request asks for an answer in upper case.
func (s scene) request(c *nats.Conn) {
	s.Helper()
	began := time.Now()
	got, err := c.Request("shout", []byte("hello"), time.Minute)
	s.must("Request", err)
	checkValue(s.T, "the answer", string(got.Data), "HELLO")
	s.tookAtLeast("a request by way of the server", began, 4*s.link.Latency)
}

func TestNATSBringsAnswers(t *testing.T) {
	in(t, everywhere, func(s scene) {
		s.serveNATS(s.listener)
		s.shoutOverNATS()
		client := s.dialNATS()
		for range 10 {
			s.request(client)
		}
	})
}

func TestANATSClientConnectsAnewAfterACutLink(t *testing.T) {
	in(t, []place{bubble}, func(s scene) {
		s.serveNATS(s.listener)
		s.shoutOverNATS()
		lost, again := make(chan struct{}, 2), make(chan struct{})
		client := s.dialNATS(nats.ReconnectWait(2*time.Second), nats.ReconnectJitter(0, 0), nats.PingInterval(10*time.Second), nats.MaxPingsOutstanding(1),
			nats.DisconnectErrHandler(func(*nats.Conn, error) { lost <- struct{}{} }), nats.ReconnectHandler(func(*nats.Conn) { close(again) }))
		began := time.Now()
		s.net.Cut(s.client, s.net.Host("server"))
		<-lost
		s.tookAtLeast("two pings", began, 20*time.Second)
		time.Sleep(time.Minute) // asking the client anything would wait for a mutex that it holds while it dials (nats.go, doReconnect)
		s.net.Heal(s.client, s.net.Host("server"))
		<-again
		s.tookAtLeast("the cut and connecting anew", began, 80*time.Second)
		time.Sleep(10 * time.Minute) // the responder notices later, by its default of 2 minutes
		s.request(client)
	})
}

func TestKafkaKeepsTheOrderOfAPartition(t *testing.T) {
	in(t, everywhere, func(s scene) {
		began := time.Now()
		kafkaAtOnce(s)
		s.tookAtLeast("producing and fetching", began, 2*roundTrip)
	})
}
