package lockstep

import (
	"fmt"
	"strconv"
	"strings"
)

// maxHistory bounds the histories that Parse reads.
const maxHistory = 50_000 // operations

// String returns the operation as Parse reads it, such as "listen(2)" or "syn(a)".
func (o Op) String() string { return string(o.appendText(nil)) }

// appendText appends what String returns.
func (o Op) appendText(b []byte) []byte {
	name, client, n, names := o.Kind.describe()
	if !o.Valid() {
		return fmt.Appendf(b, "invalid{%d %d %d}", o.Kind, o.Client, o.N)
	}
	b = append(b, name...)
	var args []string
	if client {
		args = append(args, string(rune('a'+o.Client)))
	}
	switch n {
	case argNumber:
		args = append(args, strconv.Itoa(o.N))
	case argName:
		if names[o.N] != "" {
			args = append(args, names[o.N])
		}
	case argFaults:
		args = append(args, faultText(o.N, names))
	}
	if len(args) == 0 {
		return b
	}
	b = append(append(b, '('), strings.Join(args, ",")...)
	return append(b, ')')
}

func faultText(bits int, names []string) string {
	var on []string
	for i, name := range names {
		if bits>>i&1 != 0 {
			on = append(on, name)
		}
	}
	if on == nil {
		return "none"
	}
	return strings.Join(on, "+")
}

// Text returns a history on one line, as Parse reads it.
func Text(history []Op) string {
	var b []byte
	for i, o := range history {
		if i > 0 {
			b = append(b, ' ')
		}
		b = o.appendText(b)
	}
	return string(b)
}

// Parse reads a history: operations with blanks between them. An error names the first
// wrong operation and says what would be right.
func Parse(line string) ([]Op, error) {
	words := strings.Fields(line)
	if len(words) > maxHistory {
		return nil, fmt.Errorf("history of %d operations: want at most %d", len(words), maxHistory)
	}
	history := make([]Op, 0, len(words))
	for i, word := range words {
		o, err := parseOp(word)
		if err != nil {
			return nil, fmt.Errorf("operation %d, %q: %w", i+1, shorten(word), err)
		}
		history = append(history, o)
	}
	return history, nil
}

// shorten keeps an error on one short line.
func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

func parseOp(word string) (Op, error) {
	name, rest, bracket := strings.Cut(word, "(")
	k, ok := kindNamed(name)
	if !ok {
		return Op{}, fmt.Errorf("no such operation: want one of %s", kindNames())
	}
	var args []string
	if bracket {
		inner, closed := strings.CutSuffix(rest, ")")
		if !closed || inner == "" {
			return Op{}, fmt.Errorf("want %s", k.usage())
		}
		args = strings.Split(inner, ",")
	}
	o := Op{Kind: k}
	_, client, _, _ := k.describe()
	if client {
		if len(args) == 0 || len(args[0]) != 1 || args[0][0] < 'a' || args[0][0] >= 'a'+MaxClients {
			return Op{}, fmt.Errorf("want %s with a client a to %c", k.usage(), 'a'+MaxClients-1)
		}
		o.Client = int(args[0][0] - 'a')
		args = args[1:]
	}
	if err := o.parseN(args); err != nil {
		return Op{}, err
	}
	if !o.Valid() {
		return Op{}, fmt.Errorf("out of range: want %s", k.usage())
	}
	return o, nil
}

// parseN reads the arguments that remain without the client.
func (o *Op) parseN(args []string) error {
	_, _, n, names := o.Kind.describe()
	wrong := fmt.Errorf("want %s", o.Kind.usage())
	switch {
	case len(args) > 1, n == argNone && len(args) > 0, (n == argNumber || n == argFaults) && len(args) == 0:
		return wrong
	case len(args) == 0:
		if n == argName && names[0] != "" {
			return wrong
		}
		return nil
	}
	if n == argNumber {
		number, err := strconv.Atoi(args[0])
		if err != nil {
			return wrong
		}
		o.N = number
		return nil
	}
	for _, word := range strings.Split(args[0], "+") {
		at := indexOf(names, word)
		switch {
		case word == "" || n == argName && word != args[0]:
			return wrong
		case n == argFaults && args[0] == "none":
		case at < 0, n == argFaults && o.N>>at&1 != 0:
			return wrong
		case n == argFaults:
			o.N |= 1 << at
		default:
			o.N = at
		}
	}
	return nil
}

func indexOf(names []string, name string) int {
	for i, s := range names {
		if s == name {
			return i
		}
	}
	return -1
}

func kindNamed(name string) (Kind, bool) {
	for k := noKind + 1; k < kindCount; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return noKind, false
}

func kindNames() string {
	var names []string
	for k := noKind + 1; k < kindCount; k++ {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}

// usage returns how an operation of the kind is written.
func (k Kind) usage() string {
	name, client, n, names := k.describe()
	var args []string
	if client {
		args = append(args, "CLIENT")
	}
	switch n {
	case argNumber:
		args = append(args, "NUMBER")
	case argName:
		args = append(args, strings.Trim(strings.Join(names, "|"), "|"))
	case argFaults:
		args = append(args, "none or some of "+strings.Join(names, "+"))
	}
	if len(args) == 0 {
		return name
	}
	return name + "(" + strings.Join(args, ",") + ")"
}
