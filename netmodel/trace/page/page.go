// Package page writes runs as one HTML file that plays them: the page of a teacher, of an
// incident report, of a failing test. The file needs no network and no server. It holds the
// runs as packed JSON and a player that never simulates: the player shows what the runs tell.
//
//   - page.go writes the file.
//   - run.go has the data of a run, wire.go its JSON.
//   - recorder.go takes a run from a network.
//   - lesson.go has questions about runs, answer.go their answers, lessoncheck.go what can be wrong.
//   - player/*.js, style.css and index.html are the player.
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
)

// Schema names the form of the JSON in a page. README.md documents it.
const Schema = "wspsim.page/v1"

// MaxRecords is the most records that a page may hold, of all its runs. The player draws
// at most 60 times a second, and a page of that many has about 2 MB.
const MaxRecords = 40_000

// ErrTooLarge is in the error of Write when the runs have more than MaxRecords records.
var ErrTooLarge = errors.New("too much for a page")

//go:embed index.html style.css player/*.js
var files embed.FS

// modules lists the parts of the player, each before the parts that import it.
var modules = []string{"dom.js", "data.js", "fold.js", "words.js", "axis.js", "scene.js", "chart.js", "sequence.js", "client.js", "answer.js", "sketch.js", "classroom.js", "lesson.js", "main.js"}

// ofLessons lists the modules that a page without a lesson leaves out.
var ofLessons = []string{"answer.js", "sketch.js", "classroom.js", "lesson.js"}

// document is the JSON of a page.
type document struct {
	Schema string  `json:"schema"`
	Runs   []Run   `json:"runs"`
	Lesson *Lesson `json:"lesson,omitempty"`
}

// Write writes a page that plays one to three runs side by side on one clock. The same runs
// give the same bytes. It returns an error if there are more or fewer runs, and ErrTooLarge.
func Write(w io.Writer, runs ...Run) error { return write(w, nil, runs) }

// WriteLesson is Write for a page that asks the questions of a lesson first. It returns an
// error too if the lesson speaks about a profile or a figure that the runs lack.
func WriteLesson(w io.Writer, l Lesson, runs ...Run) error {
	if wrong := l.Problems(runs); len(wrong) > 0 {
		return fmt.Errorf("lesson %s: %s", l.Name, wrong[0])
	}
	return write(w, &l, runs)
}

func write(w io.Writer, l *Lesson, runs []Run) error {
	if len(runs) < 1 || len(runs) > 3 {
		return fmt.Errorf("page: %d runs: want 1 to 3", len(runs))
	}
	records := 0
	for _, r := range runs {
		records += len(r.Records)
	}
	if records > MaxRecords {
		return fmt.Errorf("page: %w: %d records, want at most %d; fewer clients or a shorter run help", ErrTooLarge, records, MaxRecords)
	}
	data, err := json.Marshal(document{Schema, runs, l})
	if err != nil {
		return err
	}
	packed, err := pack(data)
	if err != nil {
		return err
	}
	title := runs[0].Scenario
	if l != nil {
		title = l.Title
	}
	// One pass, so that no text of a run can hold a marker.
	_, err = strings.NewReplacer(
		"{{policy}}", html.EscapeString(Policy(l != nil)),
		"{{title}}", html.EscapeString("wspsim: "+title),
		"{{style}}", text("style.css"),
		"{{data}}", packed,
		"{{player}}", player(l != nil),
	).WriteString(w, text("index.html"))
	return err
}

// pack returns the JSON as a page carries it: in gzip, in base64. It is a quarter as long.
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

// Policy returns the Content-Security-Policy of a page, with a lesson or without: nothing is
// loaded, and only the script and the style of the player count, by their hashes.
func Policy(lesson bool) string {
	return "default-src 'none'; script-src '" + hash(player(lesson)) + "'; style-src '" + hash(text("style.css")) + "'; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// player returns the modules as one module, without comments and indentation. Names at the
// top of a module are unique in all, so that import and export can be left out.
func player(lesson bool) string {
	var b strings.Builder
	b.WriteString("'use strict';\n")
	for _, name := range modules {
		if !lesson && slices.Contains(ofLessons, name) {
			continue
		}
		for line := range strings.Lines(text("player/" + name)) {
			line = strings.TrimLeft(line, " ")
			if strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "//") {
				continue
			}
			b.WriteString(strings.TrimPrefix(line, "export "))
		}
	}
	return b.String()
}

// text returns a file of the player.
func text(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}
