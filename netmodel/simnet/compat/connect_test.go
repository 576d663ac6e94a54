package compat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type text = wrapperspb.StringValue

// greet is the one procedure of the service.
const greet = "/greet.v1.Greeter/Greet"

// serveGreeter starts a server of connectrpc, and returns a client that speaks one of
// its protocols.
func (s scene) serveGreeter(options ...connect.ClientOption) *connect.Client[text, text] {
	mux := http.NewServeMux()
	mux.Handle(greet, connect.NewUnaryHandler(greet, func(ctx context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
		switch r.Msg.Value {
		case "":
			return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("no name"))
		case "sloth":
			<-ctx.Done() // the client gives up
			return nil, ctx.Err()
		}
		return connect.NewResponse(wrapperspb.String("hello " + r.Msg.Value)), nil
	}))
	server := &http.Server{Handler: mux, Protocols: unencrypted()}
	server.Protocols.SetHTTP1(true)
	s.serve(server.Serve, func() { _ = server.Close() })
	tr := &http.Transport{DialContext: s.client.DialContext, Protocols: unencrypted()}
	s.Cleanup(tr.CloseIdleConnections)
	return connect.NewClient[text, text](&http.Client{Transport: tr}, "http://server:80"+greet, options...)
}

// protocols are the protocols of connectrpc.
var protocols = []struct {
	name    string
	options []connect.ClientOption
}{
	{"connect", nil},
	{"grpc", []connect.ClientOption{connect.WithGRPC()}},
	{"grpc-web", []connect.ClientOption{connect.WithGRPCWeb()}},
}

func TestConnectCallsReturnWhatTheServiceReturnsInEachProtocol(t *testing.T) {
	const calls = 10
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			in(t, everywhere, func(s scene) {
				client := s.serveGreeter(p.options...)
				began := time.Now()
				var all sync.WaitGroup
				for i := range calls {
					all.Go(func() {
						name := fmt.Sprint("gopher ", i)
						got, err := client.CallUnary(s.Context(), connect.NewRequest(wrapperspb.String(name)))
						if err != nil || got.Msg.Value != "hello "+name {
							s.Errorf("a call: got %v, %v, want %q", got, err, "hello "+name)
						}
					})
				}
				all.Wait()
				s.tookAtLeast("a connect and a call", began, 2*roundTrip)
				_, err := client.CallUnary(s.Context(), connect.NewRequest(wrapperspb.String("")))
				checkValue(s.T, "the code of an error of the service", connect.CodeOf(err), connect.CodeInvalidArgument)
				ctx, cancel := context.WithTimeout(s.Context(), 50*time.Millisecond)
				defer cancel()
				began = time.Now()
				_, err = client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("sloth")))
				checkValue(s.T, "the code of a call that takes too long", connect.CodeOf(err), connect.CodeDeadlineExceeded)
				s.tookAtLeast("giving up", began, 50*time.Millisecond)
			})
		})
	}
}
