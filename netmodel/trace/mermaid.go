package trace

import (
	"fmt"
	"strings"
)

// mermaid writes a sequence diagram: an arrow for each segment in the order of sending, and
// a note for each decision.
type mermaid struct{ *ladder }

const (
	mostParticipants = 12
	mostMessages     = 200
)

func newMermaid(v *View) writer { return &mermaid{newLadder(v)} }

func (m *mermaid) end() {
	chosen := m.choose(mostParticipants)
	drawn := m.drawn(chosen)
	b := []byte("sequenceDiagram\n")
	if m.v.Title != "" {
		b = append(appendMermaid(append(b, "    title "...), m.v.Title), '\n')
	}
	for _, c := range chosen {
		b = append(appendMermaid(fmt.Appendf(b, "    participant c%d as ", c), m.name(c)), '\n')
	}
	b = append(appendMermaid(append(b, "    participant server as "...), m.serverName(drawn)), '\n')
	for i := range drawn[:min(len(drawn), mostMessages)] {
		b = drawn[i].appendMessage(b)
	}
	if rest := max(len(drawn)-mostMessages, 0) + m.left; rest > 0 || m.all > len(chosen) {
		b = fmt.Appendf(b, "    Note over server: not drawn - %d of %d clients, %d later moments\n", m.all-len(chosen), m.all, rest)
	}
	m.v.write(b)
}

// appendMessage appends the line of a moment.
func (m *moment) appendMessage(b []byte) []byte {
	at := append(m.sent.AppendMillis(nil), " ms "...)
	client, head := fmt.Sprintf("c%d", m.client), "->>"
	if !m.arrow {
		over := "server"
		if m.atClient {
			over = client
		}
		b = append(fmt.Appendf(b, "    Note over %s: ", over), at...)
		return append(appendMermaid(b, m.text), '\n')
	}
	if m.lost {
		head = "-x"
	}
	from, to := client, "server"
	if !m.toServer {
		from, to = to, from
	}
	b = fmt.Appendf(b, "    %s%s%s: %s%s", from, head, to, at, m.kind)
	if m.lost {
		b = append(b, ", lost"...)
	}
	return append(b, '\n')
}

// appendMermaid appends a text so that Mermaid takes no part of it for its own: all but
// plain characters become codes, and so does the first letter of the word "end". Mermaid
// itself puts codes away with the letters ﬂ and ¶.
func appendMermaid(b []byte, text string) []byte {
	ends := strings.EqualFold(strings.TrimSpace(text), "end")
	for _, r := range text {
		switch {
		case r == 'ﬂ', r == '¶', ends && r|' ' == 'e':
			b = fmt.Appendf(b, "#%d;", r)
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r > 0x9f && r != 0xfeff,
			r == ' ', r == '.', r == ',', r == '_', r == '-', r == '(', r == ')', r == '=', r == '/', r == '*':
			b = append(b, string(r)...)
		case r == '\n' || r == '\t' || r == '\r':
			b = append(b, ' ')
		default:
			b = fmt.Appendf(b, "#%d;", r)
		}
	}
	return b
}
