package compat

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
)

// serveHealth starts a server of grpc with its health service, and returns that and
// a client. Both end with the test.
func (s scene) serveHealth() (*health.Server, healthpb.HealthClient) {
	s.Helper()
	server, service := grpc.NewServer(), health.NewServer()
	healthpb.RegisterHealthServer(server, service)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.listener) }()
	s.Cleanup(func() {
		server.Stop()
		if err := <-ended; err != nil {
			s.Errorf("Serve: got %v, want nil", err)
		}
	})
	conn, err := grpc.NewClient("passthrough:///server:80",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.dial(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		s.Fatalf("NewClient: got %v, want a client", err)
	}
	s.Cleanup(func() {
		if err := conn.Close(); err != nil {
			s.Errorf("Close of the client: got %v, want nil", err)
		}
	})
	return service, healthpb.NewHealthClient(conn)
}

func TestGRPCCallsReturnWhatTheServiceReturns(t *testing.T) {
	in(t, []place{bubble, realTime}, func(s scene) {
		service, client := s.serveHealth()
		service.SetServingStatus("up", serving)
		service.SetServingStatus("down", notServing)
		for _, test := range []struct {
			service string
			want    healthpb.HealthCheckResponse_ServingStatus
			code    codes.Code
			why     string
		}{
			{"up", serving, codes.OK, "a reply"},
			{"nobody", 0, codes.NotFound, "an error of the service"},
			{"down", notServing, codes.OK, "the connection is good after an error"},
			{"", serving, codes.OK, "the server as a whole"},
		} {
			began := time.Now()
			got, err := client.Check(s.Context(), &healthpb.HealthCheckRequest{Service: test.service})
			s.tookAtLeast("a call", began, 2*time.Millisecond)
			if got.GetStatus() != test.want || status.Code(err) != test.code {
				s.Errorf("Check(%q): got %v, %v, want %v, code %v (%s)", test.service, got.GetStatus(), err, test.want, test.code, test.why)
			}
		}
	})
}

func TestAGRPCStreamBringsEveryChange(t *testing.T) {
	in(t, []place{bubble, realTime}, func(s scene) {
		service, client := s.serveHealth()
		ctx, cancel := context.WithCancel(s.Context())
		defer cancel()
		stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{Service: "one"})
		if err != nil {
			s.Fatalf("Watch: got %v, want a stream", err)
		}
		next := func(want healthpb.HealthCheckResponse_ServingStatus) {
			s.Helper()
			got, err := stream.Recv()
			if err != nil || got.GetStatus() != want {
				s.Errorf("Recv: got %v, %v, want %v, nil", got.GetStatus(), err, want)
			}
		}
		next(healthpb.HealthCheckResponse_SERVICE_UNKNOWN)
		for i := range 10 {
			want := [...]healthpb.HealthCheckResponse_ServingStatus{serving, notServing}[i%2]
			began := time.Now()
			service.SetServingStatus("one", want)
			next(want)
			s.tookAtLeast("a message", began, time.Millisecond)
		}
		cancel()
		if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
			s.Errorf("Recv after cancel: got %v, want code %v", err, codes.Canceled)
		}
	})
}

func TestAGRPCCallTimesOut(t *testing.T) {
	const limit = 50 * time.Millisecond
	in(t, []place{bubble, realTime}, func(s scene) {
		_, client := s.serveHealth()
		ctx, cancel := context.WithTimeout(s.Context(), limit)
		defer cancel()
		stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{Service: "one"})
		if err == nil {
			if _, err = stream.Recv(); err != nil {
				s.Fatalf("the first Recv: got %v, want nil", err)
			}
			_, err = stream.Recv()
		}
		// In real time the server may notice first, and its health service says Canceled.
		if code := status.Code(err); code != codes.DeadlineExceeded && (s.bubble || code != codes.Canceled) {
			s.Errorf("a stream that nothing comes from: got %v, want code %v", err, codes.DeadlineExceeded)
		}
	})
}

// The library dials again by itself, after 1 s, 1.6 s, 2.56 s ..., give or take a fifth
// (gRPC's connection backoff protocol).
func TestAGRPCCallThatWaitsIsServedOnceTheServerListens(t *testing.T) {
	in(t, []place{bubble}, func(s scene) {
		late := s.net.Host("late")
		conn, err := grpc.NewClient("passthrough:///late:80",
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
				return s.client.DialContext(ctx, "tcp", "late:80")
			}),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		s.must("NewClient", err)
		s.Cleanup(func() { _ = conn.Close() })
		client := healthpb.NewHealthClient(conn)
		if _, err := client.Check(s.Context(), &healthpb.HealthCheckRequest{}); status.Code(err) != codes.Unavailable {
			s.Errorf("a call where nobody listens: got %v, want code %v", err, codes.Unavailable)
		}
		began := time.Now()
		go func() {
			time.Sleep(5 * time.Second)
			l, err := late.Listen("tcp", ":80")
			if err != nil {
				s.Errorf("Listen: got %v, want a listener", err)
				return
			}
			behind := s
			behind.listener = l
			behind.serveHealth()
		}()
		got, err := client.Check(s.Context(), &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
		if err != nil || got.Status != serving {
			s.Errorf("a call that waits: got %v, %v, want %v, nil", got, err, serving)
		}
		s.tookAtLeast("waiting for the server", began, 5*time.Second)
	})
}
