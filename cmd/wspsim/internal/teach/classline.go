package teach

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The line of a class is what a student copies at the end of a lesson:
//
//	wspsim1 LESSON ANSWER... @MARK #CHECKSUM
//	wspsim1 refused-or-ignored 2 20 5 @k7f3q #2a0fd6bd
//
// An answer is a token of Question, or "-" without a guess. MARK tells students apart who
// answer alike: 1 to 12 letters and digits. CHECKSUM is the FNV-1a hash, 32 bits in 8
// hexadecimal digits, of what stands before " #". It finds damage, not fraud.
//
// player/classroom.js writes and reads the same form. testdata/class.json has examples.

// Skipped is the answer to a question without a guess.
const Skipped = "-"

const (
	mostClassLine = 1000 // characters of a line
	classWord     = "wspsim1"
)

var (
	classForm = regexp.MustCompile(`^wspsim1 ([a-z0-9-]{1,64})((?: (?:-|[0-9,]+))+) @([a-z0-9]{1,12}) #([0-9a-f]{8})(?:[^0-9a-z]|$)`)
	markForm  = regexp.MustCompile(`^[a-z0-9]{1,12}$`)
	blanks    = regexp.MustCompile("[ \t\u00a0]+")
)

// ClassLine returns the line of a student. A mark that is no mark is an error.
func ClassLine(lesson string, answers []string, mark string) (string, error) {
	if !markForm.MatchString(mark) {
		return "", fmt.Errorf("%q: want 1 to 12 letters a to z and digits", mark)
	}
	line := classWord + " " + lesson + " " + strings.Join(answers, " ") + " @" + mark
	return line + " #" + checksum(line), nil
}

func checksum(text string) string {
	h := fnv.New32a()
	h.Write([]byte(text))
	return fmt.Sprintf("%08x", h.Sum32())
}

// entry is a line of a class, as it was read.
type entry struct {
	lesson  string
	answers []string
	mark    string
}

// parseClassLine reads one line. Text before the line, such as the name in a chat, and behind
// it is left out. The error says why a line is none.
func parseClassLine(text string) (entry, error) {
	if utf8.RuneCountInString(text) > mostClassLine {
		return entry{}, fmt.Errorf("longer than %d characters", mostClassLine)
	}
	text = blanks.ReplaceAllString(lower(text), " ")
	at := strings.Index(text, classWord+" ")
	if at < 0 {
		return entry{}, fmt.Errorf("no %s in it", classWord)
	}
	part := classForm.FindStringSubmatch(text[at:])
	if part == nil {
		return entry{}, fmt.Errorf("cut off, or not of the form wspsim1 LESSON ANSWER... @MARK #CHECKSUM")
	}
	line := strings.TrimSpace(part[0][:strings.Index(part[0], " #")])
	if checksum(line) != part[4] {
		return entry{}, fmt.Errorf("the checksum does not fit: a part was changed or lost")
	}
	return entry{part[1], strings.Fields(part[2]), part[3]}, nil
}

// lower makes small letters of A to Z only, as the page does.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
