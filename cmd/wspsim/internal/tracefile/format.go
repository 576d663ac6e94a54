// Package tracefile writes runs to files and replays them from there.
//
// A trace is text, made to be read and compared:
//
//	wspsim trace 1
//	7c0be8a1  model 0.4.0
//	...
//	91d0f5c3      3.000 ms  ! c       SYN                      refused: queue full   [a (b)]   R4
//	...
//	0a61c2de  end of 21 records, hash 5b1d7c2e9a3f4e06
//
// The first line is the version of the format. Every other line begins with a checksum
// of its number and its text. So a damaged, moved or lost line is found and named. The
// header says how to replay the run; then comes a line for each record, the routine
// ones too; the last line counts them.
package tracefile

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

// Magic is the start of a trace. The version of the format follows.
const Magic = "wspsim trace "

const (
	version   = "1"
	maxLine   = 4096 // bytes of a line, a hundred times a usual line
	checkSize = 8    // hexadecimal digits
	textAt    = checkSize + 2
)

// Header says which run a trace records.
type Header struct {
	Model      string // version of the model
	Scenario   string
	Profile    string
	Clients    string // profile of the clients, "" = the same
	Seed       uint64
	Knobs      []scenarios.Setting // all knobs, then the settings of the kernel that were changed
	Inputs     []string            // what somebody does during the run
	Arrivals   string              // file of the user's arrivals, "" = none
	Column     string
	ArrivalSum uint64 // hash of that file
	Definition uint64 // hash of the source of the scenario, with its knobs set
}

// end is the last line of a trace.
type end struct{ records, hash uint64 }

// FormatError is the place and the reason of a malformed trace.
type FormatError struct {
	File         string
	Line, Column int
	What         string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", words.Printable(e.File), e.Line, e.Column, e.What)
}

// appendLine appends a line with its checksum and a line feed.
func appendLine(b []byte, number int, text []byte) []byte {
	sum := checksum(number, text)
	b = append(hex.AppendEncode(b, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), "  "...)
	return append(append(b, text...), '\n')
}

func checksum(number int, text []byte) uint32 {
	var at [10]byte
	return crc32.Update(crc32.ChecksumIEEE(strconv.AppendInt(at[:0], int64(number), 10)), crc32.IEEETable, text)
}

// text returns the lines of the header, without their checksums.
func (h *Header) text() []string {
	lines := []string{
		"model " + h.Model,
		"scenario " + h.Scenario,
		"profile " + h.Profile,
		"seed " + strconv.FormatUint(h.Seed, 10),
	}
	if h.Clients != "" {
		lines = append(lines, "clients "+h.Clients)
	}
	for _, k := range h.Knobs {
		lines = append(lines, "knob "+k.Name+"="+k.Value)
	}
	for _, do := range h.Inputs {
		lines = append(lines, "do "+do)
	}
	if h.Arrivals != "" {
		lines = append(lines, fmt.Sprintf("arrivals %016x column %q of %q", h.ArrivalSum, h.Column, h.Arrivals))
	}
	return append(lines, fmt.Sprintf("definition %016x", h.Definition), recordsFollow)
}

const recordsFollow = "records"

func (e end) text() string {
	return fmt.Sprintf("end of %d records, hash %016x", e.records, e.hash)
}

// reader reads a trace line by line and checks each.
type reader struct {
	name string
	in   *bufio.Reader
	line int // the number of the last line read
}

func newReader(name string, in io.Reader) *reader {
	return &reader{name: name, in: bufio.NewReaderSize(in, maxLine)}
}

func (r *reader) fail(column int, format string, args ...any) error {
	return &FormatError{r.name, r.line, column, fmt.Sprintf(format, args...)}
}

// raw reads the next line without its line feed.
func (r *reader) raw() ([]byte, error) {
	r.line++
	line, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, r.fail(maxLine, "the line is longer than %d bytes", maxLine)
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, r.fail(1, "the trace is cut off: %q is missing", "end of ... records")
	case errors.Is(err, io.EOF):
		return nil, r.fail(len(line)+1, "the trace is cut off in the middle of a line")
	case err != nil:
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

// next reads the next line, checks it and returns its text. It is valid until
// the next call.
func (r *reader) next() ([]byte, error) {
	line, err := r.raw()
	if err != nil {
		return nil, err
	}
	if len(line) < textAt || line[checkSize] != ' ' || line[checkSize+1] != ' ' {
		return nil, r.fail(1, "want a checksum of %d digits, two blanks and text, not %.40q", checkSize, line)
	}
	text := line[textAt:]
	given, right := string(line[:checkSize]), fmt.Sprintf("%08x", checksum(r.line, text))
	switch {
	case strings.Trim(given, "0123456789abcdef") != "":
		return nil, r.fail(1, "%q is not a checksum of %d hexadecimal digits", given, checkSize)
	case given != right:
		return nil, r.fail(1, "damaged or moved: the checksum is %s, the checksum of this line is %s", given, right)
	}
	return text, nil
}

// header reads the lines before the records.
func (r *reader) header() (Header, error) {
	var h Header
	first, err := r.raw()
	if err != nil {
		return h, err
	}
	v, ok := strings.CutPrefix(string(first), Magic)
	switch {
	case !ok:
		return h, r.fail(1, "not a trace: want %q, not %.40q", Magic+version, first)
	case v != version:
		return h, r.fail(len(Magic)+1, "the trace has format %.20q; this wspsim reads format %s", v, version)
	}
	for _, field := range []struct {
		key  string
		into *string
	}{{"model", &h.Model}, {"scenario", &h.Scenario}, {"profile", &h.Profile}} {
		if *field.into, err = r.field(field.key); err != nil {
			return h, err
		}
	}
	seed, err := r.field("seed")
	if err != nil {
		return h, err
	}
	if h.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
		return h, r.fail(textAt+6, "%q is not a seed", seed)
	}
	return h, r.restOfHeader(&h)
}

// field reads a line of the header that must have the key.
func (r *reader) field(key string) (string, error) {
	text, err := r.next()
	if err != nil {
		return "", err
	}
	value, ok := strings.CutPrefix(string(text), key+" ")
	if !ok || value == "" {
		return "", r.fail(textAt+1, "want %q and a value, not %.40q", key, text)
	}
	return value, nil
}

// restOfHeader reads the lines that are optional or can be repeated.
func (r *reader) restOfHeader(h *Header) error {
	for {
		text, err := r.next()
		if err != nil {
			return err
		}
		key, value, _ := strings.Cut(string(text), " ")
		switch key {
		case "clients":
			h.Clients = value
		case "knob":
			name, setting, ok := strings.Cut(value, "=")
			if !ok {
				return r.fail(textAt+6, "want NAME=VALUE, not %.40q", value)
			}
			h.Knobs = append(h.Knobs, scenarios.Setting{Name: name, Value: setting})
		case "do":
			h.Inputs = append(h.Inputs, value)
		case "arrivals":
			if n, err := fmt.Sscanf(value, "%x column %q of %q", &h.ArrivalSum, &h.Column, &h.Arrivals); err != nil || n != 3 || h.Arrivals == "" {
				return r.fail(textAt+10, "want a hash, a column and a file, not %.60q", value)
			}
		case "definition":
			if h.Definition, err = strconv.ParseUint(value, 16, 64); err != nil {
				return r.fail(textAt+12, "%.40q is not a hash", value)
			}
		case recordsFollow:
			return nil
		default:
			return r.fail(textAt+1, "unknown line %.40q in the header", text)
		}
	}
}

// record reads the next record, or the last line.
func (r *reader) record() (text []byte, last *end, err error) {
	text, err = r.next()
	if err != nil || !bytes.HasPrefix(text, []byte("end ")) {
		return text, nil, err
	}
	var e end
	if n, err := fmt.Sscanf(string(text), "end of %d records, hash %x", &e.records, &e.hash); err != nil || n != 2 || e.text() != string(text) {
		return nil, nil, r.fail(textAt+1, "want %q, not %.60q", "end of N records, hash H", text)
	}
	switch _, err := r.in.ReadByte(); {
	case err == nil:
		r.line++
		return nil, nil, r.fail(1, "there is text after the end of the trace")
	case !errors.Is(err, io.EOF):
		return nil, nil, err
	}
	return nil, &e, nil
}

// Check reads a whole trace, checks its format, and returns its header. name is for errors. The
// error is a *FormatError unless reading failed.
func Check(name string, in io.Reader) (Header, error) {
	r := newReader(name, in)
	h, err := r.header()
	if err != nil {
		return h, err
	}
	for records := uint64(0); ; records++ {
		_, last, err := r.record()
		switch {
		case err != nil:
			return h, err
		case last != nil && last.records != records:
			return h, r.fail(textAt+1, "the end counts %d records, there are %d", last.records, records)
		case last != nil:
			return h, nil
		}
	}
}
