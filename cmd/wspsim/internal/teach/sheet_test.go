package teach

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"

	"wspsim/netmodel/trace/page"
)

func sheetOf(t *testing.T, exercises ...Exercise) string {
	t.Helper()
	var b bytes.Buffer
	if err := Sheet(&b, exercises); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestASheetHasEveryQuestionFirstAndEveryAnswerLater(t *testing.T) {
	for _, e := range exercises(t) {
		questions, answers, ok := strings.Cut(sheetOf(t, e), `<section class="answers"`)
		if !ok {
			t.Fatalf("%s: the sheet has no answers", e.Name)
		}
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		SheetText(w, []Exercise{e})
		w.Flush()
		asked, told, _ := strings.Cut(strings.Join(strings.Fields(b.String()), " "), strings.Repeat("-", width))
		for i := range e.Questions {
			q := &e.Questions[i]
			for part, where := range map[string]string{"question of the page": html.UnescapeString(questions), "answer of the page": html.UnescapeString(answers), "question of the text": asked} {
				if !strings.Contains(where, q.Ask) {
					t.Errorf("%s: no %s has %q", e.Name, part, q.Ask)
				}
			}
			says := "The model says " + q.Words(q.Right) + "."
			if !strings.Contains(html.UnescapeString(answers), says) || !strings.Contains(told, says) {
				t.Errorf("%s: the answers lack %q", e.Name, says)
			}
			if strings.Contains(questions, "The model says") || strings.Contains(asked, "The model says") || strings.Contains(questions, `class="model"`) {
				t.Errorf("%s: the page of questions has an answer", e.Name)
			}
		}
	}
}

var styleOf = regexp.MustCompile(`(?s)<style>(.*)</style>`)

func TestASheetRunsNoScriptAndLoadsNothing(t *testing.T) {
	hostile := Exercise{Title: `</style><script>alert(1)</script>`, Intro: `"><img src=x onerror=alert(1)>`, Questions: []Question{
		{Kind: page.Choose, Ask: "<b>?", Choices: []string{"<i>", "{{.Policy}}"}, Right: "1", Bars: []Bar{{Label: "<u>", Value: 3, Colour: `"><script>`}}, Because: []Reason{{"<script>", []string{"<p>"}}}},
		{Kind: page.Sketch, Ask: "?", At: []string{`<script>`, `"><svg onload=alert(1)>`}, Max: 9, Right: "1,2", Command: "</code><script>"},
	}}
	text := sheetOf(t, hostile)
	for _, bad := range []string{"<script", "<img", "<b>?", "<i>", "<u>", "<svg onload", "http://", "https://", "src=", "style=\""} {
		if strings.Contains(strings.ReplaceAll(text, "&lt;img src=x", ""), bad) {
			t.Errorf("the sheet of a hostile lesson holds %q:\n%s", bad, text)
		}
	}
	sum := sha256.Sum256([]byte(styleOf.FindStringSubmatch(text)[1]))
	want := `content="default-src &#39;none&#39;; style-src &#39;sha256-` + html.EscapeString(base64.StdEncoding.EncodeToString(sum[:])) + `&#39;;`
	if !strings.Contains(strings.ReplaceAll(text, "&#43;", "+"), want) {
		t.Errorf("the policy of the sheet lacks the hash of its style: want %s", want)
	}
	if again := sheetOf(t, hostile); again != text {
		t.Error("two equal exercises give two sheets")
	}
}
