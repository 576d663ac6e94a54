// Package page writes runs as one HTML file that plays them: the page of a teacher, of an
// incident report, of a failing test. The file needs no network and no server. It holds the
// runs as packed JSON and a player that never simulates: the player shows what the runs tell.
// A page may also hold a simulator, which makes the runs.
//
//   - page.go writes the file, with runs of package recording.
//   - live.go has what a page needs to play by itself. The simulator comes from the caller.
//   - lesson.go has questions about runs, answer.go their answers, lessoncheck.go what can be wrong.
//   - player/*.js, style.css, lesson.css and index.html are the player.
//
// README.md has the schema.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/recording"
)

// Schema names the form of the JSON in a page. README.md documents it.
const Schema = "wspsim.page/v2"

// ErrTooLarge is in the error of Write when the runs have more than recording.MaxRecords records.
var ErrTooLarge = errors.New("too much for a page")

//go:embed index.html style.css lesson.css player/*.js
var files embed.FS

// modules lists the parts of the player, each before the parts that import it.
var modules = []string{"dom.js", "data.js", "fold.js", "words.js", "axis.js", "crowd.js", "scene.js", "chart.js", "sequence.js", "minds.js", "save.js", "client.js", "differs.js", "answer.js", "sketch.js", "classroom.js", "lesson.js", "lzma.js", "sim.js", "live.js", "which.js", "main.js"}

// Document is a page: parts to choose from, and the simulator if the page plays them itself.
type Document struct {
	Title     string
	Parts     []Part // one or more
	Simulator *Simulator
}

// Part is a scenario on one to three systems side by side, and the lesson about it, if there
// is one. It has runs, or what the simulator needs to make them, or both: such a page shows
// the runs while the simulator starts.
type Part struct {
	Lesson *Lesson         `json:"lesson,omitempty"`
	Runs   []recording.Run `json:"runs,omitempty"`
	Live   *Live           `json:"live,omitempty"`
	Picked string          `json:"picked,omitempty"` // the client that the page opens with, "" for the player's choice
}

// MostSystems is the most runs that a page shows side by side.
const MostSystems = 3

// wire is the JSON of a page.
type wire struct {
	Schema    string           `json:"schema"`
	Title     string           `json:"title"`
	Parts     []Part           `json:"parts"`
	Rules     []recording.Rule `json:"rules,omitempty"` // what the lessons cite
	Simulator *about           `json:"simulator,omitempty"`
}

// Write writes a page that plays one to three runs side by side on one clock. The same runs
// give the same bytes. It returns an error if there are more or fewer runs, and ErrTooLarge.
func Write(w io.Writer, runs ...recording.Run) error {
	return Document{Parts: []Part{{Runs: runs}}}.Write(w)
}

// WriteLesson is Write for a page that asks the questions of a lesson first. It returns an
// error too if the lesson speaks about a profile or a figure that the runs lack.
func WriteLesson(w io.Writer, l Lesson, runs ...recording.Run) error {
	return Document{Parts: []Part{{Lesson: &l, Runs: runs}}}.Write(w)
}

// Write writes the page. Its errors are those of the functions Write and WriteLesson for each
// part, and that of a part for the simulator in a page without it.
func (d Document) Write(w io.Writer) error {
	if len(d.Parts) == 0 {
		return errors.New("page: nothing to show")
	}
	records := 0
	for _, p := range d.Parts {
		if p.Live != nil && d.Simulator == nil {
			return errors.New("page: a part wants the simulator, and the page has none")
		}
		if err := p.Check(); err != nil {
			return err
		}
		for _, r := range p.Runs {
			records += len(r.Records)
		}
	}
	if records > recording.MaxRecords {
		return fmt.Errorf("page: %w: %d records, want at most %d; fewer clients or a shorter run help", ErrTooLarge, records, recording.MaxRecords)
	}
	if d.Title == "" {
		d.Title = d.Parts[0].title()
	}
	parts := slices.Clone(d.Parts)
	for i, p := range parts {
		if p.Lesson != nil {
			l := p.Lesson.forStudents()
			parts[i].Lesson = &l
		}
	}
	data, err := json.Marshal(wire{Schema, d.Title, parts, d.cited(), d.Simulator.about()})
	if err != nil {
		return err
	}
	packed, err := pack(data)
	if err != nil {
		return err
	}
	code, err := pack([]byte(d.player()))
	if err != nil {
		return err
	}
	// One pass, so that no text of a run can hold a marker.
	_, err = strings.NewReplacer(
		"{{policy}}", html.EscapeString(d.Policy()),
		"{{title}}", html.EscapeString("wspsim: "+d.Title),
		"{{style}}", d.style(),
		"{{data}}", packed,
		"{{simulator}}", d.Simulator.elements(),
		"{{player}}", code,
		"{{loader}}", bare("load.js"),
	).WriteString(w, text("index.html"))
	return err
}

// Check returns an error if the part has no run or more than MostSystems, or if its lesson
// speaks about what its runs lack.
func (p Part) Check() error {
	n, what := len(p.Runs), "runs"
	if p.Live != nil {
		n, what = len(p.Live.Systems), "systems"
	}
	switch {
	case n < 1 || n > MostSystems:
		return fmt.Errorf("page: %d %s: want 1 to %d", n, what, MostSystems)
	case p.Live != nil && p.Runs != nil && len(p.Runs) != n:
		return fmt.Errorf("page: %d runs of %d systems", len(p.Runs), n)
	case p.Lesson != nil && p.Runs != nil:
		if wrong := p.Lesson.Problems(p.Runs); len(wrong) > 0 {
			return fmt.Errorf("lesson %s: %s", p.Lesson.Name, wrong[0])
		}
	}
	return nil
}

func (p Part) title() string {
	switch {
	case p.Lesson != nil:
		return p.Lesson.Title
	case p.Live != nil:
		return p.Live.Scenario
	}
	return p.Runs[0].Scenario
}

// pack returns the JSON or the player as a page carries it: in gzip, in base64. JSON is a
// quarter as long, the player two fifths.
func pack(data []byte) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// Policy returns the Content-Security-Policy of the page: nothing is loaded, and only the
// script and the style of the player count, by their hashes, and those of the simulator.
func (d Document) Policy() string {
	scripts := "'" + hash(bare("load.js")) + "' '" + hash(d.player()) + "'"
	if d.Simulator != nil {
		scripts += " '" + hash(d.Simulator.Glue) + "' 'wasm-unsafe-eval'"
	}
	return "default-src 'none'; script-src " + scripts + "; style-src '" + hash(d.style()) + "'; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// player returns the modules as one module, without comments and indentation. Names at the
// top of a module are unique in all, so that import and export can be left out. What the page
// does not need is left out too, and the name that it exports is null.
func (d Document) player() string {
	without := map[string]string{}
	if d.Simulator == nil {
		without["lzma.js"], without["sim.js"], without["live.js"], without["which.js"] = "unlzma", "Simulator", "Playground", "Which"
	}
	if !d.asks() {
		without["answer.js"], without["sketch.js"], without["classroom.js"], without["lesson.js"] = "LessonRuns", "SketchPad", "classBox", "LessonCard"
	}
	var b strings.Builder
	b.WriteString("'use strict';\n")
	for _, name := range modules {
		if export, ok := without[name]; ok {
			b.WriteString("const " + export + " = null;\n")
			continue
		}
		b.WriteString(bare(name))
	}
	return b.String()
}

// bare returns a module without comments, indentation, import and export.
func bare(name string) string {
	var b strings.Builder
	for line := range strings.Lines(text("player/" + name)) {
		line = strings.TrimLeft(line, " ")
		if strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "//") {
			continue
		}
		b.WriteString(strings.TrimPrefix(line, "export "))
	}
	return b.String()
}

// cited returns the rules that the lessons cite, in the order of their table.
func (d Document) cited() (rules []recording.Rule) {
	cited := map[string]bool{}
	for _, p := range d.Parts {
		if p.Lesson == nil {
			continue
		}
		for _, q := range p.Lesson.Questions {
			for _, b := range q.Because {
				for _, id := range b.Rules {
					cited[id] = true
				}
			}
		}
	}
	for _, r := range profiles.Rules() {
		if cited[r.ID] {
			rules = append(rules, recording.Rule{ID: r.ID, Claim: r.Claim, Source: r.Source})
		}
	}
	return rules
}

// asks reports whether the page has a lesson.
func (d Document) asks() bool {
	return slices.ContainsFunc(d.Parts, func(p Part) bool { return p.Lesson != nil })
}

// style returns the style of the page, with that of lessons if it has one.
func (d Document) style() string {
	if d.asks() {
		return text("style.css") + text("lesson.css")
	}
	return text("style.css")
}

// text returns a file of the player.
func text(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}
