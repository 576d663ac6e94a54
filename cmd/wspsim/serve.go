package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/web"
)

func (s *session) serveCommand() *cobra.Command {
	addr, anywhere := "127.0.0.1:8642", false
	c := &cobra.Command{
		Use:   "serve",
		Short: "The catalogue, every scenario and the course in a browser of this machine",
		Long: "Answers a browser until Ctrl-C: a catalogue of the scenarios, the page of each under chosen systems, and the\n" +
			"course of lessons. A page holds the simulator; the server runs nothing. It answers on a loopback address, and\n" +
			"to its names only. It has no password: --anywhere is for a network that you trust.",
		Example: "  wspsim serve\n" +
			"  wspsim serve --addr 127.0.0.1:0",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error { return s.serve(addr, anywhere, (*web.Server).HTTP) },
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&addr, "addr", addr, "listen on `ADDRESS:PORT`; port 0 takes a free one")
	c.Flags().BoolVar(&anywhere, "anywhere", false, "allow an address that other machines can reach")
	return c
}

// serve answers at an address until Ctrl-C, with what the function makes of the server.
func (s *session) serve(addr string, anywhere bool, with func(*web.Server) *http.Server) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr %q: want an address and a port, such as 127.0.0.1:8642", addr)
	}
	ip := net.ParseIP(host)
	if local := host == "localhost" || ip != nil && ip.IsLoopback(); !local && !anywhere {
		return fmt.Errorf("--addr %s: other machines can reach that; --anywhere allows it", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := with(web.New(l.Addr().String()))
	server.BaseContext = func(net.Listener) context.Context { return s.ctx }
	fmt.Fprintf(s.out, "http://%s/  (Ctrl-C ends it)\n", l.Addr())
	if err := s.out.Flush(); err != nil {
		l.Close()
		return &writeError{"standard output", err}
	}
	ended := context.AfterFunc(s.ctx, func() {
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
		defer stop()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	})
	defer ended()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
