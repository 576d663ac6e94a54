package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stevens"
	"wspsim/cmd/wspsim/internal/words"
)

// StevensSchema names the form of the document that StevensJSON writes.
const StevensSchema = "wspsim.table/v1"

// Stevens prints Stevens' Figure 4.10, measured on the model.
func Stevens(w *bufio.Writer, style screen.Style) {
	systems := stevens.Systems()
	fmt.Fprintln(w, style.Bold("How many clients connect to a server that never accepts, by the argument of listen"))
	fmt.Fprintf(w, "Stevens, UNIX Network Programming, volume 1, 3rd edition, Figure 4.10; measured on the model\n\n")
	line := "backlog"
	for _, name := range systems {
		line += fmt.Sprintf("  %10s", name)
	}
	fmt.Fprintln(w, style.Bold(line))
	agree := 0
	for _, row := range stevens.Table() {
		line := fmt.Sprintf("%7d", row.Backlog)
		for i := range systems {
			mark := " "
			if row.Book[i] == row.Model[i] {
				agree++
			} else {
				mark = "*"
			}
			line += fmt.Sprintf("  %9d%s", row.Model[i], mark)
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintf(w, "\n%d of 75 cells are those of the book.\n", agree)
	fmt.Fprintln(w, "* "+strings.TrimLeft(words.Wrap(stevens.Outlier, width, "  "), " "))
	fmt.Fprintln(w, words.Wrap("The column macosx10.2 is also that of AIX 5.1 (aix5). Two of every number for Linux 2.4.7 are phantoms: "+
		"a full queue lets in two young ones, whose final ACKs are then ignored (ST.6, K4).", width, ""))
	fmt.Fprintf(w, "\n  %-6s %s\n", "next", "wspsim profiles")
}

// StevensJSON writes the figure as one document. Each row has a backlog, and the
// numbers of the book and of the model in the order of the systems.
func StevensJSON(w io.Writer) error {
	type row struct {
		Backlog int    `json:"backlog"`
		Book    [5]int `json:"book"`
		Model   [5]int `json:"model"`
	}
	d := struct {
		Schema  string    `json:"schema"`
		Table   string    `json:"table"`
		Systems [5]string `json:"systems"`
		Rows    []row     `json:"rows"`
		Outlier string    `json:"outlier"`
	}{Schema: StevensSchema, Table: "stevens", Systems: stevens.Systems(), Outlier: stevens.Outlier}
	for _, r := range stevens.Table() {
		d.Rows = append(d.Rows, row(r))
	}
	return WriteJSON(w, d)
}
