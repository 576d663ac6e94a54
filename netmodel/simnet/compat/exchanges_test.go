package compat

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/miekg/dns"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/crypto/ssh"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// What programs exchange where only the hash of the network is asked for.

// atOnce lets several goroutines do something at one instant.
func atOnce(count int, f func(i int)) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// sized is a message that is longer for a larger number.
func sized(i int) string { return strings.Repeat("x", 1+20_000*i) }

func (s scene) slowHTTP2() *http.Client {
	return s.serveHTTP2(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(10 * time.Millisecond)
		_, _ = fmt.Fprint(w, r.URL.Path) // the client tells
	}))
}

func (s scene) getStreams(client *http.Client) {
	atOnce(50, func(i int) {
		path := fmt.Sprintf("/%02d", i)
		got, err := client.Get("http://server" + path)
		s.wantBody("a stream", got, err, path)
	})
}

func streamsOfOneConnection(s scene) {
	client := s.slowHTTP2()
	got, err := client.Get("http://server/first")
	s.wantBody("the first stream", got, err, "/first")
	s.getStreams(client)
}

func streamsThatDial(most int) func(s scene) {
	return func(s scene) {
		client := s.slowHTTP2()
		client.Transport.(*http.Transport).MaxConnsPerHost = most
		s.getStreams(client)
	}
}

func (s scene) check(client healthpb.HealthClient) {
	got, err := client.Check(s.Context(), &healthpb.HealthCheckRequest{Service: "up"})
	if err != nil || got.Status != serving {
		s.Errorf("Check: got %v, %v, want %v, nil", got, err, serving)
	}
}

func grpcInTurn(s scene) {
	service, client := s.serveHealth()
	service.SetServingStatus("up", serving)
	for range 10 {
		s.check(client)
	}
}

func grpcAtOnce(s scene) {
	service, client := s.serveHealth()
	service.SetServingStatus("up", serving)
	atOnce(20, func(int) { s.check(client) })
}

func connectAfterAFirstCall(protocol int) func(s scene) { return connectAtOnce(protocol, true) }

func connectAtOnce(protocol int, first bool) func(s scene) {
	return func(s scene) {
		client := s.serveGreeter(protocols[protocol].options...)
		call := func(i int) {
			name := fmt.Sprint("gopher ", i)
			got, err := client.CallUnary(s.Context(), connect.NewRequest(wrapperspb.String(name)))
			if err != nil || got.Msg.Value != "hello "+name {
				s.Errorf("a call: got %v, %v, want %q", got, err, "hello "+name)
			}
		}
		if first {
			call(0)
		}
		atOnce(10, call)
	}
}

func sshCommands(size int) func(s scene) {
	return func(s scene) {
		s.serveShell(ssh.Config{})
		client, err := s.login(ssh.Config{}, "secret")
		s.must("login", err)
		s.shout(client, "hello")
		s.shout(client, strings.Repeat("x", size))
	}
}

func gorillaMessages(s scene) {
	s.serveGorilla()
	var conns []*gorilla.Conn
	for range 10 {
		conns = append(conns, s.dialGorilla())
	}
	atOnce(len(conns), func(i int) {
		if err := conns[i].WriteMessage(gorilla.TextMessage, []byte(sized(i))); err != nil {
			s.Errorf("WriteMessage: got %v, want nil", err)
		}
		if _, got, err := conns[i].ReadMessage(); err != nil || string(got) != sized(i) {
			s.Errorf("ReadMessage: got %d bytes, %v, want %d", len(got), err, len(sized(i)))
		}
	})
}

func coderMessages(s scene) {
	s.serveCoder()
	var conns []*coder.Conn
	for range 10 {
		conns = append(conns, s.dialCoder())
	}
	atOnce(len(conns), func(i int) {
		if err := conns[i].Write(s.Context(), coder.MessageText, []byte(sized(i))); err != nil {
			s.Errorf("Write: got %v, want nil", err)
		}
		if _, got, err := conns[i].Read(s.Context()); err != nil || string(got) != sized(i) {
			s.Errorf("Read: got %d bytes, %v, want %d", len(got), err, len(sized(i)))
		}
		if err := conns[i].Close(coder.StatusNormalClosure, "bye"); err != nil {
			s.Errorf("Close: got %v, want nil", err)
		}
	})
}

func smtpMail(s scene) {
	_, client := s.serveMail()
	s.must("SendMail", client.SendMail("a@client", []string{"b@server"}, strings.NewReader(strings.Repeat("a line of some length\r\n", 10_000))))
	s.must("Quit", client.Quit())
}

func imapMailbox(s scene) {
	const message = "Subject: simnet\r\n\r\nIt works.\r\n"
	client := s.serveMailbox()
	s.mailbox(client, []string{message, message + strings.Repeat("Really.\r\n", window/4)})
	s.must("Logout", client.Logout().Wait())
}

func dnsQuestions(s scene) {
	s.serveNames()
	client := &dns.Client{Net: "tcp"}
	var conns []*dns.Conn
	for range 5 {
		conns = append(conns, &dns.Conn{Conn: s.connect()})
	}
	atOnce(len(conns), func(i int) {
		for range 10 {
			if _, _, err := client.ExchangeWithConn(question(strings.Repeat("a", 1+i)+".test."), conns[i]); err != nil {
				s.Errorf("a question: got %v, want nil", err)
			}
		}
	})
}

func pgxQueries(s scene) {
	s.serveEach(fakePostgres)
	pool, err := pgxpool.NewWithConfig(s.Context(), s.postgres())
	s.must("NewWithConfig", err)
	s.Cleanup(pool.Close)
	for i := range 8 {
		got := ""
		s.must("a query", pool.QueryRow(s.Context(), "select "+sized(i)).Scan(&got))
	}
}

func mysqlQueries(s scene) {
	s.serveEach(fakeMySQL)
	db := s.openMySQL("server:80")
	for i := range 4 {
		got := ""
		s.must("a query", db.QueryRow("select "+sized(i)).Scan(&got))
	}
}

func mqttMessages(pause time.Duration) func(s scene) {
	return func(s scene) {
		s.serveMQTT(s.listener)
		came := s.subscribeMQTT("news/#")
		writer := s.dialMQTT("writer", "server:80", nil)
		s.done("Connect", writer.Connect())
		for i := range 20 {
			s.done("Publish", writer.Publish("news/go", 1, false, fmt.Sprint(i)))
			checkValue(s.T, "a message", <-came, fmt.Sprint("news/go ", i))
		}
		time.Sleep(pause)
	}
}

func natsRequests(s scene) {
	s.serveNATS(s.listener)
	s.shoutOverNATS()
	client := s.dialNATS()
	for range 10 {
		s.request(client)
	}
}

func redisCommands(s scene) {
	client := s.serveStore()
	for i := range 10 {
		s.must("Set", client.Set(s.Context(), "key", sized(i), 0).Err())
		s.must("Get", client.Get(s.Context(), "key").Err())
	}
}

func fastPosts(s scene) {
	client := s.serveFast(echo)
	for i := range 10 {
		_, err := post(client, []byte(sized(i)))
		s.must("post", err)
	}
}

func streamsAtOnce(muxer int, pause time.Duration) func(s scene) {
	return func(s scene) {
		client := s.serveStreams(muxers[muxer])
		atOnce(8, func(i int) { s.ask(client, sized(i)) })
		time.Sleep(pause)
	}
}

func streamsInTurn(muxer int, pause time.Duration) func(s scene) {
	return func(s scene) {
		client := s.serveStreams(muxers[muxer])
		for i := range 8 {
			s.ask(client, sized(i))
		}
		time.Sleep(pause)
	}
}

// records is how many a producer sends.
const records = 50

// serveKafka starts a cluster of kfake, and returns how a client connects to it.
func (s scene) serveKafka() []kgo.Opt {
	s.Helper()
	host := s.net.Host("server")
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "news"), kfake.Ports(9092),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return host.Listen(network, ":9092") }))
	s.must("NewCluster", err)
	s.Cleanup(cluster.Close)
	return []kgo.Opt{kgo.SeedBrokers("server:9092"), kgo.Dialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return s.client.DialContext(ctx, network, "server:9092")
	})}
}

func (s scene) produce(client *kgo.Client) {
	s.Helper()
	for i := range records {
		client.Produce(s.Context(), &kgo.Record{Topic: "news", Value: fmt.Append(nil, i)}, nil)
	}
	s.must("Flush", client.Flush(s.Context()))
}

// consume wants the records of a producer in their order.
func (s scene) consume(client *kgo.Client) {
	s.Helper()
	for next := 0; next < records; {
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		fetched := client.PollFetches(ctx)
		cancel()
		s.must("PollFetches", fetched.Err())
		for _, r := range fetched.Records() {
			checkValue(s.T, "a record", string(r.Value), fmt.Sprint(next))
			next++
		}
	}
}

func kafkaAtOnce(s scene) {
	client, err := kgo.NewClient(append(s.serveKafka(), kgo.ConsumeTopics("news"))...)
	s.must("NewClient", err)
	s.Cleanup(client.Close)
	s.produce(client)
	s.consume(client)
}

func kafkaInTurn(s scene) {
	options := s.serveKafka()
	producer, err := kgo.NewClient(options...)
	s.must("NewClient", err)
	s.produce(producer)
	producer.Close()
	consumer, err := kgo.NewClient(append(options, kgo.ConsumeTopics("news"))...)
	s.must("NewClient", err)
	s.consume(consumer)
	time.Sleep(pause) // in which the consumer asks for more: it must have done so or not when it closes
	consumer.Close()
}
