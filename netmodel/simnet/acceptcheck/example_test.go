package acceptcheck_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel/simnet/acceptcheck"
)

// What stands from here to the next function is in the documentation of the package.

// patient is a listener whose Accept returns no error except net.ErrClosed.
type patient struct{ net.Listener }

func (l patient) Accept() (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		c, err := l.Listener.Accept()
		if err == nil || errors.Is(err, net.ErrClosed) {
			return c, err
		}
		time.Sleep(pause)
	}
}

func TestOurServer(t *testing.T) {
	report := acceptcheck.Run(t, func(l net.Listener) error {
		return http.Serve(patient{l}, http.NotFoundHandler())
	})
	for _, r := range report.Failed() {
		t.Error(r)
	}
}

func TestTheExampleOfTheDocumentationIsThisOne(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatalf("doc.go: %v", err)
	}
	this, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatalf("example_test.go: %v", err)
	}
	_, code, _ := strings.Cut(string(this), "is in the documentation of the package.\n\n")
	code, _, _ = strings.Cut(code, "\n\nfunc TestTheExample")
	var comment strings.Builder
	for line := range strings.Lines(code) {
		if strings.TrimSpace(line) == "" {
			comment.WriteString("//" + line)
		} else {
			comment.WriteString("//\t" + line)
		}
	}
	if !strings.Contains(string(doc), comment.String()) {
		t.Errorf("doc.go lacks the example that is tested; want\n%s", comment.String())
	}
}
