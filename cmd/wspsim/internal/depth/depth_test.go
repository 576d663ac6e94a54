package depth_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/depth"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/sim"
)

// hill rises to the top and falls again.
func hill(top, columns int) []int {
	most := make([]int, columns)
	for i := range most {
		most[i] = min(i, columns-1-i) * top * 2 / columns
	}
	return most
}

// drawing is a picture and what it looks like.
type drawing struct {
	why     string
	picture depth.Picture
	blocks  bool
	want    string
}

func (d drawing) check(t *testing.T) {
	t.Helper()
	if got := "\n" + d.picture.Text(d.blocks); got != d.want {
		t.Errorf("%s: got%s\nwant%s", d.why, got, d.want)
	}
}

func TestPictureLooksLikeThis(t *testing.T) {
	for _, test := range []drawing{
		{
			why:     "a row for each connection, the limit at the top",
			picture: depth.Picture{Span: time.Millisecond, Most: []int{0, 1, 2, 2, 2, 1, 0, 1, 1, 1, 0, 0, 0, 2}, Limit: 2, End: sim.Time(time.Second)},
			want: `
         2 |--###--------# limit 2
         1 | ##### ###   #
         0 ++-------------
            0 ms
            a column: the most in 1ms; # a full row, - the limit
            after that, until 1s: 0 pending
`,
		},
		{
			why:     "no more than eight rows; colons are less than a row",
			picture: depth.Picture{Span: 512 * time.Microsecond, Most: hill(20, 40), Limit: 24, Final: 3, End: sim.Time(20480 * time.Microsecond)},
			want: `
        24 |---------------------------------------- limit 24
        21 |                   ::
        18 |                ::####::
        15 |             ::##########::
        12 |          ::################::
         9 |       ::######################::
         6 |    ::############################::
         3 | ::##################################::
         0 ++------------------+-------------------+
            0 ms               10 ms               20 ms
            a column: the most in 512us; # a full row, : part of one, - the limit
`,
		},
		{
			why:     "blocks show eighths of a row",
			picture: depth.Picture{Span: 512 * time.Microsecond, Most: hill(20, 40), Limit: 24, End: sim.Time(20480 * time.Microsecond)},
			blocks:  true,
			want: `
        24 |---------------------------------------- limit 24
        21 |                   ▂▂
        18 |                ▂▅████▅▂
        15 |             ▂▅██████████▅▂
        12 |          ▂▅████████████████▅▂
         9 |       ▂▅██████████████████████▅▂
         6 |    ▂▅████████████████████████████▅▂
         3 | ▂▅██████████████████████████████████▅▂
         0 ++------------------+-------------------+
            0 ms               10 ms               20 ms
            a column: the most in 512us, - the limit
`,
		},
	} {
		test.check(t)
	}
}

func TestLabelsGoUpInEvenSteps(t *testing.T) {
	for _, test := range []drawing{
		{
			why:     "fewer rows, so that the limit is the top",
			picture: depth.Picture{Span: time.Millisecond, Most: []int{13, 20, 1}, Limit: 20, End: 3_000_000},
			want: `
        20 |-#- limit 20
        16 |:#
        12 |##
         8 |##
         4 |##:
         0 ++--
            0 ms
            a column: the most in 1ms; # a full row, : part of one, - the limit
`,
		},
		{
			why:     "a higher top, where nothing divides it",
			picture: depth.Picture{Span: time.Millisecond, Most: []int{13, 6, 11}, Limit: 11, End: 3_000_000},
			want: `
        14 |:
        12 |#-: limit 11
        10 |# #
         8 |# #
         6 |###
         4 |###
         2 |###
         0 ++--
            0 ms
            a column: the most in 1ms; # a full row, : part of one, - the limit
`,
		},
	} {
		test.check(t)
	}
}

func TestLimitIsDrawnWhereItHelps(t *testing.T) {
	for _, test := range []drawing{
		{
			why:     "a limit far above the queue is named, not drawn",
			picture: depth.Picture{Span: 256 * time.Millisecond, Most: []int{1, 2, 1}, Limit: 200, End: sim.Time(768 * time.Millisecond)},
			want: `
         2 | #
         1 |###
         0 ++--
            0 s
            a column: the most in 256ms; # a full row
            the limit, 200, is far above
`,
		},
		{
			why:     "a queue that was larger before a smaller listen stands above the limit",
			picture: depth.Picture{Span: time.Microsecond, Most: []int{4, 4, 2, 1}, Limit: 2, End: 4000},
			want: `
         4 |##
         3 |##
         2 |###- limit 2
         1 |####
         0 ++---
            0 us
            a column: the most in 1us; # a full row, - the limit
`,
		},
		{
			why:     "nothing",
			picture: depth.Picture{Span: time.Microsecond, Most: []int{0, 0}, Limit: 2, End: 1000},
			want:    "\n  no connection was pending at any time\n",
		},
		{why: "no listener", picture: depth.Picture{}, want: "\n  no connection was pending at any time\n"},
	} {
		test.check(t)
	}
}

func TestPictureIsNeverWiderThan110Columns(t *testing.T) {
	for _, columns := range []int{1, 2, 79, 80, 81, 127, 128} {
		for _, span := range []time.Duration{time.Microsecond, 3 * time.Millisecond, 30 * time.Hour} {
			p := depth.Picture{Span: span, Most: hill(1_000_000, columns), Limit: 1_000_000, Final: 5, End: sim.Forever}
			for line := range strings.Lines(p.Text(true)) {
				if n := utf8.RuneCountInString(line) - 1; n > 110 {
					t.Errorf("%d spans of %v: a line of %d columns: %s", columns, span, n, line)
				}
			}
		}
	}
}

func TestEveryPendingConnectionShows(t *testing.T) {
	most := make([]int, 60)
	most[30] = 1
	most[31] = 1000
	lines := strings.Split(depth.Picture{Span: time.Second, Most: most, Limit: 1000, End: sim.Time(time.Minute)}.Text(false), "\n")
	lowest := lines[7]
	if lowest[12+30] != ':' || lowest[12+31] != '#' {
		t.Errorf("the lowest row is %q: want a mark for a single connection beside a thousand", lowest)
	}
}
