package simnettest_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// goTest runs a test as go test does, and prints what the test prints with package fmt.
// Of what go test prints about a failure it prints the lines that match one of the
// patterns. (Examples have no *testing.T; in your package each of these tests is a
// function TestXxx.)
func goTest(test func(t *testing.T), patterns ...string) {
	printed := captured(func() {
		var once sync.Once // with -count and -cpu, too
		f := func(t *testing.T) { once.Do(func() { test(t) }) }
		all := func(string, string) (bool, error) { return true, nil }
		testing.RunTests(all, []testing.InternalTest{{Name: "Test", F: f}})
	})
	ofTesting := regexp.MustCompile(`^(=== |--- |    )`)
	place := regexp.MustCompile(`^\w+\.go:\d+: `)
	wanted := regexp.MustCompile(strings.Join(append(patterns, "^$"), "|"))
	for line := range strings.Lines(printed) {
		line = strings.TrimSuffix(line, "\n")
		told := place.ReplaceAllString(strings.TrimSpace(line), "")
		switch {
		case !ofTesting.MatchString(line):
			fmt.Println(line)
		case told != "" && wanted.MatchString(told):
			fmt.Println(told)
		}
	}
}

// captured returns what f prints on standard output.
func captured(f func()) string {
	r, w, err := os.Pipe()
	if err != nil {
		return err.Error()
	}
	stdout := os.Stdout
	os.Stdout = w
	all := make(chan string)
	go func() {
		b, _ := io.ReadAll(r) // up to the close of w
		all <- string(b)
	}()
	func() {
		defer func() { os.Stdout = stdout }()
		f()
	}()
	_ = w.Close()
	return <-all
}

// nobody reads what a server logs.
var nobody = log.New(io.Discard, "", 0)
