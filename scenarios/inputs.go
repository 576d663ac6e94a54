package scenarios

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxInputs is the most inputs of a run.
const maxInputs = 1000

// InputForms lists what an input may do.
const InputForms = "knock, burst=N, listen=BACKLOG, take=N, give=N, stall=TIME, close"

// mostAtOnce is the most clients of one burst.
const mostAtOnce = 10_000

// WithInputs returns the scenario with further steps: what somebody does while it runs. An
// input is an instant and an action:
//
//	31.7ms:knock        a client connects; its name is you1 if this is the first input
//	31.7ms:burst=20     20 clients connect at once: you1.1 to you1.20
//	31.7ms:listen=5     the server calls listen on its first socket, with backlog 5
//	31.7ms:take=3       the server's program opens 3 descriptors, or as many as are free
//	31.7ms:give=3       it closes 3 of these
//	31.7ms:stall=100ms  one worker accepts no connection for 100 ms
//	31.7ms:close        the server closes its first socket
//
// Inputs of one instant follow the steps of the scenario at that instant, in their own
// order. The error names the input and what is legal.
func (s Scenario) WithInputs(inputs []string) (Scenario, error) {
	if len(inputs) > maxInputs {
		return s, errors.New(strconv.Itoa(len(inputs)) + " inputs: want at most " + strconv.Itoa(maxInputs))
	}
	if len(inputs) == 0 {
		return s, nil // Validate says whether the steps are in order
	}
	visitor, socket := s.visitor(), s.firstSocket()
	s.Steps = slices.Clone(s.Steps)
	for i, text := range inputs {
		at, actions, err := parseInput(text, visitor+strconv.Itoa(i+1), socket)
		if err == nil && at > s.Until {
			err = errors.New("the run ends at " + s.Until.String())
		}
		if err != nil {
			return s, errors.New("input " + strconv.Quote(text) + ": " + err.Error())
		}
		for _, do := range actions {
			s.Steps = append(s.Steps, Step{at, do})
		}
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return s, nil
}

// visitor returns a prefix that no client of the scenario has: "you".
func (s *Scenario) visitor() string {
	names := []string{s.Load.Name}
	for _, step := range s.Steps {
		switch a := step.Do.(type) {
		case Request:
			names = append(names, a.Client)
		case Flood:
			names = append(names, a.Name)
		}
	}
	prefix := "you"
	for slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, prefix) }) {
		prefix += "_"
	}
	return prefix
}

// firstSocket returns the name of the socket that listens first.
func (s *Scenario) firstSocket() string {
	for _, step := range s.Steps {
		if l, ok := step.Do.(Listen); ok {
			return l.Socket
		}
	}
	return ""
}

// parseInput reads an input. Name is what its client is called.
func parseInput(text, name, socket string) (time.Duration, []Action, error) {
	instant, action, ok := strings.Cut(text, ":")
	at, err := time.ParseDuration(instant)
	if !ok || err != nil || at < 0 {
		return 0, nil, errors.New("want an instant and an action, such as 31.7ms:knock")
	}
	word, number, given := strings.Cut(action, "=")
	switch word {
	case "knock", "close":
		if given {
			return 0, nil, errors.New(word + " has no number")
		}
		if word == "knock" {
			return at, []Action{Request{Client: name}}, nil
		}
		return at, []Action{CloseListener{Socket: socket}}, nil
	case "stall":
		d, err := time.ParseDuration(number)
		if err != nil || d <= 0 || d > longest {
			return 0, nil, errors.New("want a time above 0, such as stall=100ms")
		}
		return at, []Action{Stall{For: d}}, nil
	case "burst", "listen", "take", "give":
		n, err := strconv.Atoi(number)
		if least, most := inputRange(word); err != nil || n < least || n > most {
			return 0, nil, errors.New("want " + word + "= and a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most))
		}
		return at, countedInput(word, n, name, socket), nil
	}
	return 0, nil, errors.New("no action " + strconv.Quote(word) + "; there are " + InputForms)
}

// inputRange returns the range of the number of an action.
func inputRange(word string) (least, most int) {
	switch word {
	case "listen": // what an int of C holds
		return -1 << 31, 1<<31 - 1
	case "burst":
		return 1, mostAtOnce
	}
	return 1, MaxClients
}

// countedInput returns the actions of an input with a number.
func countedInput(word string, n int, name, socket string) []Action {
	switch word {
	case "listen":
		return []Action{Listen{Backlog: n, Socket: socket}}
	case "take":
		return []Action{OpenFiles{Count: n}}
	case "give":
		return []Action{CloseFiles{Count: n}}
	}
	var clients []Action
	for i := range n {
		clients = append(clients, Request{Client: name + "." + strconv.Itoa(i+1)})
	}
	return clients
}
