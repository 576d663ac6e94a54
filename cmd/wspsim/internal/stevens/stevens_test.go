package stevens

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	_ "wspsim/internal/update" // the flag -update

	"wspsim/netmodel/profiles"
)

// TestTheModelHasEveryCellOfStevensFigureButOne: 74 of 75, and the one is known.
func TestTheModelHasEveryCellOfStevensFigureButOne(t *testing.T) {
	systems := Systems()
	agree := 0
	for _, row := range Table() {
		for i, name := range systems {
			if row.Book[i] == row.Model[i] {
				agree++
				continue
			}
			if name != "solaris9" || row.Backlog != 4 || row.Book[i] != 6 || row.Model[i] != 7 {
				t.Errorf("%s, listen(%d): %d connect, the book has %d", name, row.Backlog, row.Model[i], row.Book[i])
			}
		}
	}
	if agree != 74 {
		t.Errorf("%d of 75 cells agree, want 74", agree)
	}
}

func TestTheBookIsTranscribedAsInTheFile(t *testing.T) {
	f, err := os.Open("../../../../testdata/stevens_4_10.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := Table()
	if len(cells) != len(rows)+1 {
		t.Fatalf("the file has %d rows below its header, want %d", len(cells)-1, len(rows))
	}
	for n, row := range rows {
		for i, want := range row.Book {
			if got := cells[n+1][i+1]; got != strconv.Itoa(want) {
				t.Errorf("backlog %d, column %s: the file has %s, the table %d", n, cells[0][i+1], got, want)
			}
		}
	}
}

// TestTwoOfStevensLinuxConnectionsArePhantoms: backlog + 3 is no capacity. One more
// than the backlog is queued, and two young ones get a SYN-ACK though it is full.
func TestTwoOfStevensLinuxConnectionsArePhantoms(t *testing.T) {
	p, _ := profiles.ByName("linux2.4")
	for backlog := range 15 {
		got := Fill(p, backlog, 30)
		if want := (Filled{Connected: backlog + 3, Queued: backlog + 1, Phantom: 2}); got != want {
			t.Errorf("Fill(linux2.4, %d) = %+v, want %+v", backlog, got, want)
		}
	}
}

func TestAIXFillsAsMacOSX(t *testing.T) {
	aix, _ := profiles.ByName("aix5")
	for _, row := range Table() {
		if got := Fill(aix, row.Backlog, 30).Connected; got != row.Book[0] {
			t.Errorf("aix5, listen(%d): %d connect, the book has %d", row.Backlog, got, row.Book[0])
		}
	}
}
