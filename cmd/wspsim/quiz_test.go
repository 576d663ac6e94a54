package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wspsim/scenarios"
	"wspsim/scenarios/lessons"
)

// quizzed plays a quiz with guesses that may be wrong, and returns what it prints.
func quizzed(t *testing.T, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guesses")
	if err := os.WriteFile(file, []byte(strings.Repeat("1\n1 1 1 1 1\n1 1 1 1 1 1\n", 40)), 0o644); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = before; in.Close() }()
	out, errs, code := call(append([]string{"quiz"}, args...)...)
	if code != 0 || errs != "" || !strings.Contains(out, "as the model has it") {
		t.Errorf("quiz %q: exit code %d, %s\n%s", args, code, errs, out)
	}
	return out
}

func TestEveryCommandThatAQuizOffersWorks(t *testing.T) {
	var names []string
	for _, l := range lessons.All() {
		names = append(names, l.Name)
	}
	for _, s := range scenarios.All() {
		if _, ok := lessons.About(s.Name); !ok {
			names = append(names, s.Name)
		}
	}
	tried := map[string]bool{}
	for _, name := range names {
		offered := 0
		for line := range strings.Lines(quizzed(t, name)) {
			for _, mark := range []string{"  see it  ", "  next    ", "  or      "} {
				command, ok := strings.CutPrefix(line, mark)
				args := strings.Fields(command)
				if !ok {
					continue
				}
				offered++
				if tried[command] || args[1] == "export" || args[1] == "quiz" && len(args) == 3 {
					continue // the quizzes are played anyway, and a page of its own is tested elsewhere
				}
				tried[command] = true
				if args[1] == "quiz" {
					quizzed(t, args[2:]...)
				} else if _, errs, code := call(args[1:]...); args[0] != "wspsim" || code > 1 {
					t.Errorf("quiz %s offers %s: exit code %d, %s", name, command, code, errs)
				}
			}
		}
		if offered == 0 {
			t.Errorf("quiz %s offers no command", name)
		}
	}
	if len(tried) < 60 {
		t.Errorf("%d commands were tried, want those of all quizzes: %v", len(tried), tried)
	}
}

func TestShowDoesNotAnswerWhatItAsks(t *testing.T) {
	for _, s := range scenarios.All() {
		out, _, code := call("show", s.Name)
		for _, secret := range []string{s.Summary, "Lesson:", "Expect:", s.Lesson[:40]} {
			if strings.Contains(strings.Join(strings.Fields(out), " "), secret) || code != 0 {
				t.Errorf("show %s says %q:\n%s", s.Name, secret, out)
			}
		}
		told, _, _ := call("show", s.Name, "--answers")
		for _, want := range []string{s.Summary, "Lesson:"} {
			if !strings.Contains(told, want) {
				t.Errorf("show %s --answers lacks %q", s.Name, want)
			}
		}
	}
}
