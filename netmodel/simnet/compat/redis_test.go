package compat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// store is a server that speaks as much RESP as these tests need.
type store struct {
	mu     sync.Mutex
	values map[string]string
}

// serve answers the commands of a connection until it ends.
func (st *store) serve(c net.Conn) {
	defer c.Close()
	r, w := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		words, err := readCommand(r)
		if err != nil {
			return
		}
		_, _ = w.WriteString(st.answer(words)) // Flush tells
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

func (st *store) answer(words []string) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch command := strings.ToUpper(words[0]); {
	case command == "HELLO":
		return "%2\r\n+server\r\n+store\r\n+proto\r\n:3\r\n"
	case command == "CLIENT":
		return "+OK\r\n"
	case command == "PING":
		return "+PONG\r\n"
	case command == "SET" && len(words) >= 3:
		st.values[words[1]] = words[2]
		return "+OK\r\n"
	case command == "GET" && len(words) == 2:
		if v, ok := st.values[words[1]]; ok {
			return fmt.Sprintf("$%d\r\n%s\r\n", len(v), v)
		}
		return "_\r\n"
	}
	return fmt.Sprintf("-ERR unknown command %q\r\n", words[0])
}

// readCommand reads an array of strings.
func readCommand(r *bufio.Reader) ([]string, error) {
	count, err := readNumber(r, '*')
	if err != nil || count < 1 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	words := make([]string, count)
	for i := range words {
		size, err := readNumber(r, '$')
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		words[i] = string(b[:size])
	}
	return words, nil
}

// readNumber reads a line that is a sign and a number.
func readNumber(r *bufio.Reader, sign byte) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != sign {
		return 0, fmt.Errorf("line %q: want one that begins with %c", line, sign)
	}
	n, err := strconv.ParseUint(strings.TrimRight(line[1:], "\r\n"), 10, 24)
	return int(n), err
}

// serveStore starts a store on the listener, and returns a client of go-redis.
func (s scene) serveStore() *redis.Client {
	st := &store{values: map[string]string{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { st.serve(c) })
		}
	})
	client := redis.NewClient(&redis.Options{
		Addr:       "server:80",
		MaxRetries: -1,
		// Or the client looks the name up with the resolver of package net: it would ask a
		// real network, and the resolver is one of the whole program, not of a bubble.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
			return s.client.DialContext(ctx, network, address)
		},
	})
	s.Cleanup(func() {
		if err := client.Close(); err != nil {
			s.Errorf("Close of the client: got %v, want nil", err)
		}
		if err := s.listener.Close(); err != nil {
			s.Errorf("Close of the listener: got %v, want nil", err)
		}
		wg.Wait()
	})
	return client
}

func TestRedisCommandsReachTheServer(t *testing.T) {
	in(t, []place{bubble, realTime}, func(s scene) {
		client := s.serveStore()
		ctx := s.Context()
		if got, err := client.Ping(ctx).Result(); err != nil || got != "PONG" {
			s.Errorf("Ping: got %q, %v, want PONG, nil", got, err)
		}
		if got, err := client.Get(ctx, "key").Result(); err != redis.Nil {
			s.Errorf("Get of what is not there: got %q, %v, want %v", got, err, redis.Nil)
		}
		value := strings.Repeat("value ", 50_000) // several windows long
		began := time.Now()
		if err := client.Set(ctx, "key", value, 0).Err(); err != nil {
			s.Errorf("Set: got %v, want nil", err)
		}
		if got, err := client.Get(ctx, "key").Result(); err != nil || got != value {
			s.Errorf("Get: got %d bytes, %v, want the %d that were set", len(got), err, len(value))
		}
		s.tookAtLeast("five windows each way", began, 2*4*2*time.Millisecond)
		if err := client.Do(ctx, "FLY").Err(); err == nil || !strings.Contains(err.Error(), "unknown command") {
			s.Errorf("a command that is none: got %v, want the server's error", err)
		}
	})
}

func TestRedisPipelinesAndClientsAtOnceGetTheirOwnAnswers(t *testing.T) {
	const clients, commands = 8, 50
	in(t, []place{bubble, realTime}, func(s scene) {
		client := s.serveStore()
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() {
				var gets [commands]*redis.StringCmd
				_, err := client.Pipelined(s.Context(), func(p redis.Pipeliner) error {
					for k := range commands {
						key := fmt.Sprintf("%d of %d", k, i)
						p.Set(s.Context(), key, "value of "+key, 0)
						gets[k] = p.Get(s.Context(), key)
					}
					return nil
				})
				if err != nil {
					s.Errorf("Pipelined: got %v, want nil", err)
					return
				}
				for k, get := range gets {
					checkValue(s.T, "Get", get.Val(), fmt.Sprintf("value of %d of %d", k, i))
				}
			})
		}
		wg.Wait()
	})
}
