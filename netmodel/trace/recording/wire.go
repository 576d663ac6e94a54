package recording

import (
	"strconv"
	"unicode/utf8"
)

// The JSON of a run is written here by hand: the simulator in a page writes it too, and
// encoding/json would make that program half as large again. Each row of a table is a list of
// numbers. A text is its place in words. An instant is the distance to the instant of the row
// before. Zeros at the end of a row are left out.

// MarshalJSON writes the run in the form that README.md documents. It returns no error.
func (r Run) MarshalJSON() ([]byte, error) {
	d := dictionary{words: []string{""}}
	records, transmissions, results := d.records(r.Records), d.transmissions(r.Transmissions), d.results(r.Results)
	w := object{b: []byte{'{'}}
	for _, f := range []Setting{
		{"model", r.Model}, {"hash", r.Hash}, {"scenario", r.Scenario}, {"summary", r.Summary}, {"question", r.Question}, {"changed", r.Changed}, {"profile", r.Profile},
		{"label", r.Label}, {"long", r.Long}, {"clients", r.Clients}, {"seed", r.Seed}, {"command", r.Command},
	} {
		w.text(f.Name, f.Value)
	}
	w.list("knobs", len(r.Knobs), func(i int) {
		w.open('{')
		w.text("name", r.Knobs[i].Name)
		w.text("value", r.Knobs[i].Value)
		w.shut('}')
	})
	w.list("figures", len(r.Figures), func(i int) {
		w.open('{')
		w.text("name", r.Figures[i].Name)
		w.number("value", r.Figures[i].Value)
		w.shut('}')
	})
	w.number("backlog", int64(r.Backlog))
	w.number("in_force", int64(r.InForce))
	w.number("limit", int64(r.Limit))
	w.number("descriptors", int64(r.Descriptors))
	w.number("workers", int64(r.Workers))
	w.key("separate")
	w.b = strconv.AppendBool(w.b, r.Separate)
	w.number("end_ns", r.End)
	w.list("rules", len(r.Rules), func(i int) {
		w.open('{')
		w.text("id", r.Rules[i].ID)
		w.text("claim", r.Rules[i].Claim)
		w.text("source", r.Rules[i].Source)
		w.shut('}')
	})
	w.list("names", len(r.Names), func(i int) { w.value(r.Names[i]) })
	w.list("words", len(d.words), func(i int) { w.value(d.words[i]) })
	w.rows("records", records)
	w.rows("transmissions", transmissions)
	w.rows("results", results)
	w.shut('}')
	return w.b, nil
}

// object writes JSON, with a comma before all but the first of a list.
type object struct {
	b     []byte
	after bool // something stands before the next one
}

func (w *object) comma() {
	if w.after {
		w.b = append(w.b, ',')
	}
	w.after = true
}

func (w *object) open(bracket byte) {
	w.comma()
	w.b, w.after = append(w.b, bracket), false
}

func (w *object) shut(bracket byte) { w.b, w.after = append(w.b, bracket), true }

func (w *object) key(name string) {
	w.comma()
	w.b = append(appendText(w.b, name), ':')
}

func (w *object) value(text string) {
	w.comma()
	w.b = appendText(w.b, text)
}

func (w *object) text(key, value string) {
	w.key(key)
	w.b = appendText(w.b, value)
}

func (w *object) number(key string, value int64) {
	w.key(key)
	w.b = strconv.AppendInt(w.b, value, 10)
}

func (w *object) list(key string, n int, element func(i int)) {
	w.key(key)
	w.b, w.after = append(w.b, '['), false
	for i := range n {
		element(i)
	}
	w.shut(']')
}

func (w *object) rows(key string, rows [][]int64) {
	w.list(key, len(rows), func(i int) {
		w.open('[')
		for _, n := range rows[i] {
			w.comma()
			w.b = strconv.AppendInt(w.b, n, 10)
		}
		w.shut(']')
	})
}

// appendText appends a text as JSON that is also safe in a script element: no letter of
// markup, no separator of lines, no byte that is not UTF-8.
func appendText(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == '<' || r == '>' || r == '&' || r == 0x7f || r == '\u2028' || r == '\u2029':
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// dictionary numbers texts in the order in which they appear.
type dictionary struct {
	words  []string
	number map[string]int64
}

func (d *dictionary) of(word string) int64 {
	if word == "" {
		return 0
	}
	if d.number == nil {
		d.number = map[string]int64{}
	}
	n, ok := d.number[word]
	if !ok {
		n = int64(len(d.words))
		d.number[word] = n
		d.words = append(d.words, word)
	}
	return n
}

func (d *dictionary) records(records []Record) [][]int64 {
	rows, before := [][]int64{}, int64(0)
	for _, r := range records {
		rows = append(rows, shortened(r.At-before, d.of(r.Kind), d.of(r.Host), int64(r.Client), d.of(r.Cause), d.of(r.Rule),
			int64(r.Pending), int64(r.Limit), int64(r.Available), int64(r.HalfOpen), int64(r.FD), r.Value, later(r.Attempt), d.of(r.Call), d.of(r.Errno)))
		before = r.At
	}
	return rows
}

func (d *dictionary) transmissions(list []Transmission) [][]int64 {
	rows, before := [][]int64{}, int64(0)
	for _, t := range list {
		rows = append(rows, shortened(t.Sent-before, t.Arrives-t.Sent, d.of(t.Kind), d.of(t.From), d.of(t.To), int64(t.Client), int64(t.Seq), int64(t.Len), later(t.Attempt), d.of(t.Lost)))
		before = t.Sent
	}
	return rows
}

func (d *dictionary) results(list []Result) [][]int64 {
	rows := [][]int64{}
	for _, r := range list {
		rows = append(rows, shortened(int64(r.Client), d.of(r.Outcome), r.Began, r.At, d.of(r.Progress), later(r.Attempt)))
	}
	return rows
}

// later is the number of an attempt in a row: 0 for the first one, and for none.
func later(attempt int) int64 { return int64(max(attempt-1, 0)) }

// shortened returns a row without the zeros at its end.
func shortened(row ...int64) []int64 {
	for len(row) > 1 && row[len(row)-1] == 0 {
		row = row[:len(row)-1]
	}
	return row
}
