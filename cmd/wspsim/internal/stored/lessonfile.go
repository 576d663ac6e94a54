package stored

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/netmodel/trace/page"
)

// mostLessonBytes is the most bytes of a file with a lesson.
const mostLessonBytes = 256 << 10

// LessonFile is a lesson in JSON, with the place of each part of it.
type LessonFile struct {
	Lesson page.Lesson
	text   []byte
	at     map[string]int // offset of a path such as "questions[0].run"
}

// Fault is something wrong in a file.
type Fault struct {
	Line, Column int // from 1; 0 for the file as a whole
	Text         string
}

// ReadLesson reads a lesson from a file. The faults are all that the form of the JSON has:
// keys that are unknown or double, and values of another kind. The error says why nothing
// could be read at all.
func ReadLesson(path string) (*LessonFile, []Fault, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostLessonBytes+1))
	if err != nil {
		return nil, nil, err
	}
	l, faults := ParseLesson(text)
	return l, faults, nil
}

// ParseLesson reads a lesson from JSON.
func ParseLesson(text []byte) (*LessonFile, []Fault) {
	l := &LessonFile{text: text, at: map[string]int{}}
	if fault, bad := unreadable(text); bad {
		return l, []Fault{fault}
	}
	r := &jsonReader{file: l, dec: json.NewDecoder(bytes.NewReader(text))}
	r.dec.UseNumber()
	r.value("", reflect.TypeFor[page.Lesson]())
	if r.broken == nil {
		r.trailing()
	}
	if r.broken != nil {
		r.faults = append(r.faults, l.syntax(r.broken))
	}
	if r.faults == nil {
		if err := json.Unmarshal(text, &l.Lesson); err != nil {
			return l, []Fault{l.syntax(err)}
		}
	}
	return l, r.faults
}

// unreadable finds what is no text of a lesson at all.
func unreadable(text []byte) (Fault, bool) {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return Fault{Text: "the file is empty; want the JSON of a lesson"}, true
	case len(text) > mostLessonBytes:
		return Fault{Text: fmt.Sprintf("more than %d kB; want at most that", mostLessonBytes>>10)}, true
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return Fault{1, 1, "a byte order mark; want UTF-8 without one"}, true
	case !utf8.Valid(text):
		at := 0
		for {
			r, n := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		line, column := place(text, at)
		return Fault{line, column, fmt.Sprintf("the byte 0x%02x; want UTF-8", text[at])}, true
	}
	return Fault{}, false
}

// place returns the line and the column, in characters, of an offset.
func place(text []byte, at int) (line, column int) {
	before := text[:min(at, len(text))]
	line = 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return line, 1 + utf8.RuneCount(before[start:])
}

// Fault puts a problem of a lesson at its place in the file.
func (l *LessonFile) Fault(p page.Problem) Fault {
	text := p.Path + ": " + p.Text
	switch {
	case p.Got != "" && strings.HasSuffix(p.Path, ".profile"):
		text = p.Path + ": " + play.CheckProfile(p.Got).Error()
	case p.Known != nil:
		text += "; " + play.Offer(p.Got, p.Known, listed(p.Known))
	}
	line, column := place(l.text, l.offset(p.Path))
	return Fault{line, column, text}
}

// listed names what there is, if that is not much.
func listed(known []string) string {
	const most = 12
	if len(known) > most {
		return fmt.Sprintf("there are %d, such as %s", len(known), strings.Join(known[:3], ", "))
	}
	return "there are " + strings.Join(known, ", ")
}

// offset is where a path begins, or the nearest part around it that is there.
func (l *LessonFile) offset(path string) int {
	for path != "" {
		if at, ok := l.at[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return l.at[""]
}

// syntax puts an error of the JSON at its place.
func (l *LessonFile) syntax(err error) Fault {
	var syntax *json.SyntaxError
	at := len(l.text)
	if errors.As(err, &syntax) {
		at = max(int(syntax.Offset)-1, 0)
	}
	for at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[at]) >= 0 {
		at++
	}
	line, column := place(l.text, at)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || at >= len(l.text) {
		return Fault{line, column, "the JSON ends too early"}
	}
	return Fault{line, column, fmt.Sprintf("not JSON: %v", err)}
}

// jsonReader walks through JSON beside the type that it is for.
type jsonReader struct {
	file   *LessonFile
	dec    *json.Decoder
	faults []Fault
	broken error // the JSON cannot be read any further
}

// next is the offset of the next token.
func (r *jsonReader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.file.text) && strings.IndexByte(" \t\r\n:,", r.file.text[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) say(at int, text string, args ...any) {
	line, column := place(r.file.text, at)
	r.faults = append(r.faults, Fault{line, column, fmt.Sprintf(text, args...)})
}

func (r *jsonReader) token() json.Token {
	t, err := r.dec.Token()
	if err != nil && r.broken == nil {
		r.broken = err
	}
	return t
}

// skip passes over a value.
func (r *jsonReader) skip() {
	var any json.RawMessage
	if err := r.dec.Decode(&any); err != nil && r.broken == nil {
		r.broken = err
	}
}

// wants says what JSON a type is written as.
func wants(t reflect.Type) (first byte, words string) {
	switch t.Kind() {
	case reflect.Struct:
		return '{', "an object {…}"
	case reflect.Slice:
		return '[', "a list […]"
	case reflect.String:
		return '"', "a text in quotes"
	case reflect.Bool:
		return 'b', "true or false"
	}
	return '0', "a whole number"
}

// value reads a value that is for a type.
func (r *jsonReader) value(path string, t reflect.Type) {
	if r.broken != nil {
		return
	}
	at := r.next()
	r.file.at[path] = at
	first, want := wants(t)
	if at < len(r.file.text) && first != kindOf(r.file.text[at]) {
		r.say(at, "%swant %s", named(path), want)
		r.skip()
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		r.object(path, t)
	case reflect.Slice:
		r.token()
		for i := 0; r.broken == nil && r.dec.More(); i++ {
			r.value(fmt.Sprintf("%s[%d]", path, i), t.Elem())
		}
		r.token()
	case reflect.Int:
		if n, ok := r.token().(json.Number); ok {
			if _, err := strconv.Atoi(n.String()); err != nil {
				r.say(at, "%s%s: want a whole number", named(path), n)
			}
		}
	default:
		r.skip()
	}
}

// kindOf says what a value is, by its first byte.
func kindOf(first byte) byte {
	switch {
	case first == '-' || first >= '0' && first <= '9':
		return '0'
	case first == 't' || first == 'f':
		return 'b'
	}
	return first
}

func named(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// object reads an object whose keys are the fields of a type.
func (r *jsonReader) object(path string, t reflect.Type) {
	fields := map[string]reflect.Type{}
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Type
		names = append(names, name)
	}
	r.token()
	met := map[string]bool{}
	for r.broken == nil && r.dec.More() {
		at := r.next()
		key, _ := r.token().(string)
		field, known := fields[key]
		switch {
		case r.broken != nil:
			return
		case !known:
			r.say(at, "%sunknown key %q; %s", named(path), key, play.Offer(key, names, "there are "+strings.Join(names, ", ")))
			r.skip()
			continue
		case met[key]:
			r.say(at, "%sthe key %q is there twice", named(path), key)
		}
		met[key] = true
		below := key
		if path != "" {
			below = path + "." + key
		}
		r.value(below, field)
	}
	r.token()
}

// trailing finds what stands behind the lesson.
func (r *jsonReader) trailing() {
	at := r.next()
	if at < len(r.file.text) {
		r.say(at, "something stands behind the lesson; want the end of the file")
	}
}
