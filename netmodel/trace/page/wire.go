package page

import "encoding/json"

// wire is the JSON of a run. Each row of a table is a list of numbers. A text is its place in
// Words. An instant is the distance to the instant of the row before. Zeros at the end of a
// row are left out.
type wire struct {
	Model         string    `json:"model"`
	Hash          string    `json:"hash"`
	Scenario      string    `json:"scenario"`
	Summary       string    `json:"summary"`
	Question      string    `json:"question"`
	Profile       string    `json:"profile"`
	Long          string    `json:"long"`
	Label         string    `json:"label,omitempty"`
	Clients       string    `json:"clients"`
	Seed          string    `json:"seed"`
	Command       string    `json:"command"`
	Knobs         []Setting `json:"knobs"`
	Figures       []Figure  `json:"figures"`
	Backlog       int       `json:"backlog"`
	InForce       int       `json:"in_force"`
	Limit         int       `json:"limit"`
	Descriptors   int       `json:"descriptors"`
	Workers       int       `json:"workers"`
	Separate      bool      `json:"separate"`
	End           int64     `json:"end_ns"`
	Rules         []Rule    `json:"rules"`
	Names         []string  `json:"names"`
	Words         []string  `json:"words"`
	Records       [][]int64 `json:"records"`
	Transmissions [][]int64 `json:"transmissions"`
	Results       [][]int64 `json:"results"`
}

// MarshalJSON writes the run in the form that README.md documents.
func (r Run) MarshalJSON() ([]byte, error) {
	w := wire{
		Model: r.Model, Hash: r.Hash, Scenario: r.Scenario, Summary: r.Summary, Question: r.Question, Profile: r.Profile,
		Long: r.Long, Label: r.Label, Clients: r.Clients, Seed: r.Seed, Command: r.Command, Knobs: orNone(r.Knobs), Figures: orNone(r.Figures),
		Backlog: r.Backlog, InForce: r.InForce, Limit: r.Limit, Descriptors: r.Descriptors, Workers: r.Workers,
		Separate: r.Separate, End: r.End, Rules: orNone(r.Rules), Names: orNone(r.Names),
	}
	d := dictionary{words: []string{""}}
	w.Records = d.records(r.Records)
	w.Transmissions = d.transmissions(r.Transmissions)
	w.Results = d.results(r.Results)
	w.Words = d.words
	return json.Marshal(w)
}

// orNone returns a list that JSON writes as [] if there is none.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
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
