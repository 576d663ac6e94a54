package trace

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wspsim/sim"
)

// drawing writes a space-time diagram as SVG: time runs down, clients stand to the left of
// the server, an arrow is a segment on its way. Beside it stands what was decided, and the
// queue after it. A row is an instant; pauses are shortened, and the drawing says so.
type drawing struct {
	*ladder
	b       []byte
	chosen  []int
	moments []moment
	rows    []row
	serverX int
	textX   int
	queueX  int
	width   int
}

// row is an instant, or a part of one if segments arrive at once.
type row struct {
	at    sim.Time
	first bool // of its instant
	last  bool
	y     int
	pause time.Duration // before it, if it is drawn
	texts []string
	queue *queueState
}

const (
	mostDrawnClients = 5
	mostRows         = 100

	pxTimes    = 104 // where the times end
	pxClients  = 164 // the first client
	pxPitch    = 116
	pxText     = 400 // width of the decisions
	pxQueue    = 220
	pxTop      = 108
	pxRow      = 20
	pxLine     = 15
	pxPause    = 26
	pxSlot     = 18
	textLength = 58 // characters that surely fit into pxText
	longPause  = 100 * time.Millisecond
)

func newDrawing(v *View) writer { return &drawing{ladder: newLadder(v)} }

func (d *drawing) end() {
	d.chosen = d.choose(mostDrawnClients)
	d.moments = d.drawn(d.chosen)
	d.layRows()
	d.serverX = pxClients + max(len(d.chosen), 1)*pxPitch
	d.textX = d.serverX + 18
	d.queueX = d.textX + pxText
	d.width = d.queueX + pxQueue
	bottom := pxTop + pxRow
	if n := len(d.rows); n > 0 {
		bottom = d.rows[n-1].y + len(d.rows[n-1].texts)*pxLine + pxRow
	}
	d.begin(bottom + 96)
	d.lifelines(bottom)
	for i := range d.rows {
		d.row(i)
	}
	for i := range d.moments {
		if d.moments[i].arrow {
			d.arrow(i)
		}
	}
	d.labels()
	d.legend(bottom + 26)
	d.b = append(d.b, "</svg>\n"...)
	d.v.write(d.b)
}

// layRows finds the rows: those of each instant, and where they stand.
func (d *drawing) layRows() {
	var instants []sim.Time
	for i := range d.moments {
		instants = append(instants, d.moments[i].sent)
		if d.moments[i].arrow {
			instants = append(instants, d.moments[i].arrives)
		}
	}
	slices.Sort(instants)
	for _, at := range slices.Compact(instants) {
		if len(d.rows) >= mostRows {
			break
		}
		d.layInstant(at)
	}
	y := pxTop
	for i := range d.rows {
		r := &d.rows[i]
		if i > 0 {
			y += pxRow + max(len(d.rows[i-1].texts)-1, 0)*pxLine
			if r.at.Sub(d.rows[i-1].at) >= longPause {
				r.pause = r.at.Sub(d.rows[i-1].at)
				y += pxPause
			}
		}
		r.y = y
	}
}

// layInstant adds the rows of an instant. Each segment that arrives as soon as it is sent
// has one of its own.
func (d *drawing) layInstant(at sim.Time) {
	d.rows = append(d.rows, row{at: at, first: true})
	used, step := false, 0
	for i := range d.moments {
		m := &d.moments[i]
		switch {
		case m.arrow && m.atOnce() && m.sent == at:
			if used {
				d.rows = append(d.rows, row{at: at})
				step++
			}
			m.step, used = step, true
		case !m.arrow && m.sent == at:
			last := &d.rows[len(d.rows)-1]
			last.texts = append(last.texts, shortened(m.text, textLength))
			used = true
		}
	}
	last := &d.rows[len(d.rows)-1]
	last.last = true
	for i := range d.queues {
		if d.queues[i].at == at {
			last.queue = &d.queues[i]
		}
	}
}

// atOnce reports whether a segment arrives when it is sent.
func (m *moment) atOnce() bool { return !m.lost && m.sent == m.arrives }

// shortened is a text of at most n characters.
func shortened(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// begin writes the head: size, colours in light and in dark, shapes at the ends of arrows.
func (d *drawing) begin(height int) {
	d.b = fmt.Appendf(d.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", d.width, height, d.width, height)
	title := d.v.Title
	if title == "" {
		title = "segments between clients and server"
	}
	d.b = fmt.Appendf(d.b, "<title>%s</title>\n%s", escaped(title), svgHead)
	d.b = fmt.Appendf(d.b, `<rect class="page" width="%d" height="%d"/>`+"\n", d.width, height)
	d.text(20, 28, "h", shortened(title, d.width/10))
	note := "Time runs down. A row is an instant; the distance between rows is no measure of time."
	if d.all > len(d.chosen) {
		note += fmt.Sprintf(" Drawn are %d of %d clients.", len(d.chosen), d.all)
	}
	d.text(20, 48, "n", note)
}

const svgHead = `<style>
svg{--page:#ffffff;--ink:#1a1e23;--ink2:#4b535d;--line:#b9bfc4;--blue:#0072b2;--sky:#1d6f9f;--green:#009e73;--red:#d55e00;--orange:#e69f00;--fill:#56b4e9}
@media (prefers-color-scheme:dark){svg{--page:#191d21;--ink:#e9ebed;--ink2:#b0b8c0;--line:#525b64;--blue:#3f9fd8;--sky:#8fcdf1;--green:#1dbf91;--red:#f07a2b;--orange:#e69f00}}
@media print{svg{--page:#ffffff;--ink:#1a1e23;--ink2:#4b535d;--line:#b9bfc4;--blue:#0072b2;--sky:#1d6f9f;--green:#009e73;--red:#d55e00}}
text{font:12px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--page);stroke-width:3px}
.h{font-size:16px;font-weight:600}.n,.t{fill:var(--ink2)}.c{font-weight:600;text-anchor:middle}.t,.e{text-anchor:end}.s,.e{font-size:11px}.b{font-weight:600}
.page{fill:var(--page)}.life{stroke:var(--line);stroke-width:1.5}.rule{stroke:var(--line);stroke-width:.5}
.syn{stroke:var(--sky)}.ack{stroke:var(--blue)}.rst{stroke:var(--red)}.fin{stroke:var(--ink2)}.seg{stroke-width:1.5;fill:none}.lost{stroke-dasharray:4 3}
.full{fill:var(--blue);stroke:var(--blue)}.half{fill:var(--fill);stroke:var(--sky)}.free{fill:none;stroke:var(--line);stroke-width:1.5}.bad{stroke:var(--red);stroke-width:2;fill:none}.ign{fill:var(--orange);stroke:var(--ink2)}
</style>
<defs>
<marker id="syn" markerWidth="10" markerHeight="10" refX="9" refY="5" orient="auto" markerUnits="userSpaceOnUse"><path d="M1 1L9 5L1 9z" fill="var(--page)" stroke="var(--sky)" stroke-width="1.3"/></marker>
<marker id="ack" markerWidth="10" markerHeight="10" refX="9" refY="5" orient="auto" markerUnits="userSpaceOnUse"><path d="M1 1L9 5L1 9z" fill="var(--blue)"/></marker>
<marker id="fin" markerWidth="10" markerHeight="10" refX="9" refY="5" orient="auto" markerUnits="userSpaceOnUse"><path d="M1 1L9 5L1 9" fill="none" stroke="var(--ink2)" stroke-width="1.3"/></marker>
<marker id="rst" markerWidth="10" markerHeight="10" refX="5" refY="5" orient="auto" markerUnits="userSpaceOnUse"><path d="M1 1L9 9M9 1L1 9" stroke="var(--red)" stroke-width="2"/></marker>
</defs>
`

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return '?' // no character of XML
		}
		return r
	}, text))
}

func (d *drawing) text(x, y int, class, text string) {
	d.b = fmt.Appendf(d.b, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, escaped(text))
}

// lifelines draws a line for each client and for the server, under their names.
func (d *drawing) lifelines(bottom int) {
	line := func(x int, name string) {
		d.text(x, pxTop-26, "c", shortened(name, 12))
		d.b = fmt.Appendf(d.b, `<line class="life" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", x, pxTop-16, x, bottom)
	}
	for i, c := range d.chosen {
		line(pxClients+i*pxPitch, d.name(c))
	}
	line(d.serverX, d.serverName(d.moments))
	d.text(pxTimes-12, pxTop-26, "t", "ms")
	d.text(d.textX+30, pxTop-26, "b", "what was decided, and by which rule")
	d.text(d.queueX, pxTop-26, "b", "queue after it")
}

// row writes the texts of a row and its queue.
func (d *drawing) row(i int) {
	r := &d.rows[i]
	if r.pause > 0 {
		y := r.y - pxRow/2 - pxPause/2
		d.b = fmt.Appendf(d.b, `<rect class="page" x="%d" y="%d" width="%d" height="8"/>`+"\n", pxClients-8, y-4, d.serverX-pxClients+16)
		d.text(pxTimes-12, y+4, "t", r.pause.Round(time.Millisecond).String())
		d.text(pxTimes-2, y+4, "n", "later")
	}
	if r.first {
		d.text(pxTimes-12, r.y+4, "t", string(r.at.AppendMillis(nil)))
	}
	for k, text := range r.texts {
		d.text(d.textX, r.y+4+k*pxLine, "s", text)
	}
	if r.queue != nil {
		d.queue(r.queue, r.y)
	}
}

// queue draws a queue: its slots, or a bar if they are many.
func (d *drawing) queue(q *queueState, y int) {
	x := d.queueX
	after := fmt.Sprintf("%d of %d", q.pending, q.limit)
	if q.halfOpen > 0 {
		after += fmt.Sprintf(" (%d)", q.halfOpen)
	}
	if q.limit > mostDrawnSlots {
		const width = 90
		part := min(int(int64(q.pending)*width/int64(q.limit)), width)
		d.b = fmt.Appendf(d.b, `<rect class="full" x="%d" y="%d" width="%d" height="10"/><rect class="free" x="%d" y="%d" width="%d" height="10"/>`+"\n", x, y-5, part, x, y-5, width)
		d.text(x+width+8, y+4, "s", after)
		return
	}
	for _, mark := range q.slots {
		switch mark {
		case 0:
			continue
		case '(':
			d.b = fmt.Appendf(d.b, `<circle class="free" cx="%d" cy="%d" r="6"/><path class="half" d="M%d %da6 6 0 0 0 0 12z"/>`, x+6, y, x+6, y-6)
		case '.':
			d.b = fmt.Appendf(d.b, `<rect class="free" x="%d" y="%d" width="12" height="12"/>`, x, y-6)
		case '_':
			d.b = fmt.Appendf(d.b, `<rect class="free lost" x="%d" y="%d" width="12" height="12"/>`, x, y-6)
		case '!':
			d.b = fmt.Appendf(d.b, `<rect class="free" x="%d" y="%d" width="12" height="12"/><path class="bad" d="M%d %dl8 8m0 -8l-8 8"/>`, x, y-6, x+2, y-4)
		default:
			d.b = fmt.Appendf(d.b, `<rect class="full" x="%d" y="%d" width="12" height="12"/>`, x, y-6)
		}
		x += pxSlot
	}
	d.b = append(d.b, '\n')
	if q.halfOpen > 0 {
		d.text(x+4, y+4, "s", fmt.Sprintf("(%d)", q.halfOpen))
	}
}

// rowOf returns the row of an instant, its first or its last; -1 if it is not drawn.
func (d *drawing) rowOf(at sim.Time, last bool) int {
	for i := range d.rows {
		if r := &d.rows[i]; r.at == at && (last && r.last || !last && r.first) {
			return i
		}
	}
	return -1
}

// place returns the rows where a segment begins and ends.
func (d *drawing) place(i int) (from, to int) {
	m := &d.moments[i]
	if !m.atOnce() {
		return d.rowOf(m.sent, true), d.rowOf(m.arrives, false)
	}
	from = d.rowOf(m.sent, false)
	if from < 0 {
		return -1, -1
	}
	return from + m.step, from + m.step
}

// x returns where the client of a moment stands.
func (d *drawing) x(m *moment) int { return pxClients + slices.Index(d.chosen, m.client)*pxPitch }

// arrow draws a segment on its way.
func (d *drawing) arrow(i int) {
	m := &d.moments[i]
	from, to := d.place(i)
	if from < 0 || to < 0 {
		return // after the last row
	}
	x1, x2 := d.x(m), d.serverX
	if !m.toServer {
		x1, x2 = x2, x1
	}
	y1, y2 := d.rows[from].y, d.rows[to].y
	class, head := segmentClass(m.kind)
	if m.lost {
		x2, y2 = (x1+x2)/2, y1+pxRow/2
		class, head = class+" lost", "rst"
	}
	d.b = fmt.Appendf(d.b, `<line class="seg %s" x1="%d" y1="%d" x2="%d" y2="%d" marker-end="url(#%s)"/>`+"\n", class, x1, y1, x2, y2, head)
	if m.fate == fateIgnored && !m.lost {
		d.b = fmt.Appendf(d.b, `<path class="ign" d="M%d %dl5 5l-5 5l-5 -5z"/>`+"\n", x2, y2-5)
	}
	if m.fate == fateRefused && !m.lost {
		d.b = fmt.Appendf(d.b, `<path class="bad" d="M%d %dl8 8m0 -8l-8 8"/>`+"\n", x2-4, y2-4)
	}
}

// segmentClass returns how a kind of segment is drawn: the line, and the end of the arrow.
func segmentClass(kind string) (class, head string) {
	switch kind {
	case "SYN", "SYN-ACK":
		return "syn", "syn"
	case "RST":
		return "rst", "rst"
	case "FIN":
		return "fin", "fin"
	}
	return "ack", "ack"
}

// labels writes at the clients which segments go, to the right, and which come, to the
// left. Further ones at the same place are counted.
func (d *drawing) labels() {
	type label struct {
		x, y, more int
		left       bool
		text       string
	}
	var all []label
	for i := range d.moments {
		m := &d.moments[i]
		from, to := d.place(i)
		if !m.arrow || from < 0 || to < 0 || m.lost && !m.toServer {
			continue
		}
		l := label{x: d.x(m), y: d.rows[from].y, text: m.kind}
		if !m.toServer {
			l.y, l.left = d.rows[to].y, true
		}
		same := slices.IndexFunc(all, func(o label) bool { return o.x == l.x && o.y == l.y && o.left == l.left })
		if same >= 0 {
			all[same].more++
			if all[same].text == "ACK" { // the others say more
				all[same].text = l.text
			}
			continue
		}
		all = append(all, l)
	}
	for _, l := range all {
		if l.more > 0 {
			l.text += fmt.Sprintf("+%d", l.more)
		}
		if l.left {
			d.text(l.x-6, l.y+4, "e", l.text)
		} else {
			d.text(l.x+6, l.y-3, "s", l.text)
		}
	}
}

// legend explains the shapes, and says what was left out.
func (d *drawing) legend(y int) {
	d.b = fmt.Appendf(d.b, `<line class="rule" x1="20" y1="%d" x2="%d" y2="%d"/>`+"\n", y-14, d.width-20, y-14)
	x := 20
	entry := func(width int, text, shape string, args ...any) {
		if x+width > d.width-10 {
			x, y = 20, y+20
		}
		d.b = fmt.Appendf(d.b, `<g transform="translate(%d %d)">`, x, y)
		d.b = fmt.Appendf(d.b, shape, args...)
		d.b = append(d.b, "</g>\n"...)
		d.text(x+34, y+4, "s", text)
		x += width
	}
	for _, s := range [...]struct{ text, class, head string }{
		{"SYN, SYN-ACK", "syn", "syn"}, {"ACK, data", "ack", "ack"}, {"FIN", "fin", "fin"}, {"RST", "rst", "rst"}, {"lost", "ack lost", "rst"},
	} {
		entry(46+len(s.text)*8, s.text, `<line class="seg %s" x1="0" y1="0" x2="26" y2="0" marker-end="url(#%s)"/>`, s.class, s.head)
	}
	entry(100, "refused", `<path class="bad" d="M9 -4l8 8m0 -8l-8 8"/>`)
	entry(100, "ignored", `<path class="ign" d="M13 -5l5 5l-5 5l-5 -5z"/>`)
	entry(160, "half-open, with a slot", `<circle class="free" cx="13" cy="0" r="6"/><path class="half" d="M13 -6a6 6 0 0 0 0 12z"/>`)
	entry(150, "waits for accept", `<rect class="full" x="7" y="-6" width="12" height="12"/>`)
	entry(110, "free slot", `<rect class="free" x="7" y="-6" width="12" height="12"/>`)
	entry(140, "slot not filled", `<rect class="free lost" x="7" y="-6" width="12" height="12"/>`)
	entry(160, "(3): half-open besides", "")
	var undrawn int
	if n := len(d.rows); n > 0 {
		for i := range d.moments {
			if d.moments[i].sent > d.rows[n-1].at {
				undrawn++
			}
		}
	}
	if undrawn += d.left; undrawn > 0 {
		d.text(20, y+24, "n", fmt.Sprintf("Not drawn: %d later moments.", undrawn))
	}
}
