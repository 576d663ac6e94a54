package compat

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/limiter"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"
)

// Some packages start a goroutine once, or for each object that they make, and never
// end it. In a bubble it outlives the test: "deadlock: main bubble goroutine has exited
// but blocked goroutines remain". The way out is to let it start before the bubble:
// the goroutine then works in real time.
var clocks = []struct {
	name  string
	start func()
	why   string
}{
	{"fasthttp", startFastHTTPClock, "the Date of answers (header.go, refreshServerDate)"},
	{"fiber", utils.StartTimeStampUpdater, "the clock of its middleware (utils/time.go)"},
	{"fiber's limiter", func() { limiter.New() }, "the memory of each limiter is swept by a goroutine of its own (internal/memory/memory.go, gc)"},
}

// startFastHTTPClock starts the goroutine that keeps the date: the first header that
// anybody writes does.
func startFastHTTPClock() { new(fasthttp.ResponseHeader).Header() }

const clockInABubble = "SIMNET_CLOCK"

// TestAClockOfOneProcess is what the processes of the next test run.
func TestAClockOfOneProcess(t *testing.T) {
	name, before := strings.CutSuffix(os.Getenv(clockInABubble), ", before")
	for _, c := range clocks {
		if c.name != name {
			continue
		}
		if before {
			c.start()
		}
		synctest.Test(t, func(*testing.T) {
			if c.name != "fiber's limiter" || !before { // of which each has a goroutine
				c.start()
			}
		})
		return
	}
	t.Skip("it can end the process, so another test runs it in one of its own")
}

func TestAClockMustStartBeforeTheBubble(t *testing.T) {
	for _, c := range clocks {
		t.Run(c.name, func(t *testing.T) {
			run := func(name string) (string, error) {
				command := exec.Command(os.Args[0], "-test.run=^TestAClockOfOneProcess$", "-test.count=1")
				command.Env = append(os.Environ(), clockInABubble+"="+name)
				b, err := command.CombinedOutput()
				return string(b), err
			}
			if got, err := run(c.name); err == nil || !strings.Contains(got, "blocked goroutines remain") {
				t.Errorf("started in the bubble: %v, want a deadlock, or this proves nothing (%s)\n%s", err, c.why, got)
			}
			if got, err := run(c.name + ", before"); err != nil {
				t.Errorf("started before the bubble: %v, want it to pass (%s)\n%s", err, c.why, got)
			}
		})
	}
}

// serveFiber lets an app answer on the listener.
func (s scene) serveFiber(limit fiber.Handler) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/hello/:name", func(c *fiber.Ctx) error { return c.SendString("hello " + c.Params("name")) })
	app.Get("/slow", func(c *fiber.Ctx) error {
		time.Sleep(time.Second)
		return c.JSON(fiber.Map{"slept": true})
	})
	app.Get("/scarce", limit, func(c *fiber.Ctx) error { return c.SendString("here you are") })
	s.serve(func(l net.Listener) error { return app.Listener(l) }, func() { _ = app.Shutdown() })
}

func TestFiberRoutesAndLimits(t *testing.T) {
	startFastHTTPClock()
	utils.StartTimeStampUpdater()
	limit := limiter.New(limiter.Config{
		Max:          3,
		Expiration:   time.Hour,
		KeyGenerator: func(c *fiber.Ctx) string { return c.Get("X-Key") },
	})
	var keys atomic.Int64
	in(t, everywhere, func(s scene) {
		s.serveFiber(limit)
		client := s.httpClient(s.client)
		s.Cleanup(client.CloseIdleConnections) // before the server waits for them
		began := time.Now()
		got, err := client.Get("http://server/hello/gopher")
		s.wantBody("a route with a parameter", got, err, "hello gopher")
		got, err = client.Get("http://server/slow")
		s.wantBody("a slow handler", got, err, `{"slept":true}`)
		s.tookAtLeast("a connect, two requests and a second", began, 3*roundTrip+time.Second)
		key, statuses := fmt.Sprint(keys.Add(1)), ""
		for range 5 {
			r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://server/scarce", nil)
			s.must("NewRequest", err)
			r.Header.Set("X-Key", key)
			got, err := client.Do(r)
			s.must("Do", err)
			_, _ = io.Copy(io.Discard, got.Body)
			_ = got.Body.Close()
			statuses += fmt.Sprint(got.StatusCode, " ")
		}
		checkValue(s.T, "what the limiter lets pass", statuses, "200 200 200 429 429 ")
	})
}
