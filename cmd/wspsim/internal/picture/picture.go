// Package picture draws runs side by side as one SVG that stands still: for a README, a slide
// or paper. Each client has a line from left to right, and below the lines stands the queue.
// All runs have the same clock.
package picture

import (
	"fmt"
	"strings"
	"time"

	"wspsim/netmodel/trace/recording"
)

const (
	width     = 800
	left      = 88 // where the time begins
	right     = 18
	mostLanes = 100
	laneSpace = 170 // of all clients, if they are few
	headSize  = 50  // a system's name and what it does
	stripSize = 30  // the queue
	gap       = 15
	titleSize = 60
	widest    = 744 // of a hundred characters, in the widest of the fonts
)

// drawing is one picture.
type drawing struct {
	b     []byte
	runs  []recording.Run
	lanes [][]lane
	most  int   // clients of a run
	until int64 // the last instant that is drawn
	pitch int   // height of a lane
	used  [failed + 1]bool
}

// SVG returns the picture of runs of the same scenario.
func SVG(runs []recording.Run) []byte {
	d := &drawing{runs: runs}
	for i := range runs {
		l := lanesOf(&runs[i])
		d.most = max(d.most, len(l))
		d.lanes = append(d.lanes, l[:min(len(l), mostLanes)])
	}
	d.pitch = min(max(laneSpace/max(min(d.most, mostLanes), 1), 3), 12)
	d.findEnd()
	panel := headSize + d.pitch*min(d.most, mostLanes) + gap + stripSize + 2*gap
	bottom := titleSize + len(runs)*panel - gap
	d.grid(titleSize, bottom)
	for i := range runs {
		d.panel(i, titleSize+i*panel)
	}
	end := d.legend(bottom + 42)
	body := d.b
	d.b = nil
	d.begin(end + 14)
	return append(append(d.b, body...), "</svg>\n"...)
}

// findEnd finds the last instant at which something changes, and leaves a little room.
func (d *drawing) findEnd() {
	for i := range d.lanes {
		for _, l := range d.lanes[i] {
			for _, s := range l.spans {
				if s.to < d.runs[i].End {
					d.until = max(d.until, s.to)
				}
				d.used[s.state] = true
			}
			for _, m := range l.marks {
				d.until = max(d.until, m.at)
				d.used[m.state] = true
			}
		}
	}
	d.until += max(d.until/40, int64(time.Microsecond))
}

func (d *drawing) x(t int64) float64 {
	return left + float64(min(t, d.until))/float64(d.until)*(width-left-right)
}

const head = `<style>
svg{--page:#fff;--edge:#d5d9dd;--ink:#1a1e23;--ink2:#4b535d;--line:#e4e7ea;--fill:#d3e7f3;--blue:#0072b2;--green:#009e73;--red:#d55e00;--orange:#a86b00;--pink:#b0528a}
@media (prefers-color-scheme:dark){svg{--page:#191d21;--edge:#3b434b;--ink:#e9ebed;--ink2:#b0b8c0;--line:#2b3238;--fill:#1d3a4e;--blue:#4aa8dd;--green:#1dbf91;--red:#ff7f32;--orange:#f0ad1c;--pink:#e08fbd}}
@media print{svg{--page:#fff;--edge:#d5d9dd;--ink:#1a1e23;--ink2:#4b535d;--line:#e4e7ea;--fill:#d3e7f3;--blue:#0072b2;--green:#009e73;--red:#d55e00;--orange:#a86b00;--pink:#b0528a}}
text{font:12px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums}
.h{font-size:17px;font-weight:600}.b{font-size:15px;font-weight:700}.n{fill:var(--ink2)}.e{fill:var(--ink2);text-anchor:end}.c{fill:var(--ink2);text-anchor:middle}
.page{fill:var(--page);stroke:var(--edge)}.g{stroke:var(--line)}.l{stroke:var(--ink2);stroke-dasharray:3 3}
path{fill:none}.q{stroke:var(--blue)}.s{stroke:var(--green)}.r{stroke:var(--red);stroke-width:1}.i{stroke:var(--orange);stroke-width:1.4;stroke-dasharray:1 4}.p{stroke:var(--pink)}.a{stroke:var(--ink2)}
.x{stroke:var(--red);stroke-width:1.6}.o{fill:var(--page);stroke:var(--orange);stroke-width:1.4}.f{fill:var(--red);stroke:var(--red)}.k{fill:var(--fill);stroke:var(--blue)}.w{stroke:var(--page)}
</style>
`

func (d *drawing) begin(height int) {
	r := d.runs[0]
	d.b = fmt.Appendf(d.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">`+"\n", width, height, width, height)
	title := strings.ToUpper(r.Summary[:min(1, len(r.Summary))]) + r.Summary[min(1, len(r.Summary)):]
	d.b = fmt.Appendf(d.b, "<title id=\"t\">%s</title>\n<desc id=\"d\">", escaped(title))
	for i := range d.runs {
		r := &d.runs[i]
		d.b = fmt.Appendf(d.b, "%s: %s; %s. ", escaped(nameOf(r)), escaped(does(r)), escaped(outcome(r)))
	}
	d.b = append(append(d.b, "</desc>\n"...), head...)
	d.b = fmt.Appendf(d.b, `<rect class="page" x=".5" y=".5" width="%d" height="%d" rx="8"/>`+"\n", width-1, height-1)
	d.text(20, 30, "h", shortened(title, 70))
	var knobs []string
	for _, k := range r.Knobs {
		if k.Value != "0" { // none, or no limit
			knobs = append(knobs, k.Name+" "+k.Value)
		}
	}
	d.text(20, 49, "n", shortened(strings.Join(append(knobs, "seed "+r.Seed), ", "), 100))
}

func (d *drawing) text(x, y float64, class, text string) {
	d.b = fmt.Appendf(d.b, `<text x="%s" y="%s" class="%s">%s</text>`+"\n", px(x), px(y), class, escaped(text))
}

// px writes a length in pixels, to a tenth.
func px(x float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}

// grid draws the seconds through all panels, with their labels below.
func (d *drawing) grid(top, bottom int) {
	step := int64(1)
	for n := 0; d.until/step > 8; n++ {
		step = step * []int64{2, 5, 2}[n%3] / []int64{1, 2, 1}[n%3] // 1, 2, 5, 10
	}
	for t := int64(0); t <= d.until; t += step {
		x := px(d.x(t))
		d.b = fmt.Appendf(d.b, `<path class="g" d="M%s %dV%d"/>`+"\n", x, top+6, bottom+4)
		if d.x(t) < width-34 {
			d.text(d.x(t), float64(bottom)+18, "c", instant(t))
		}
	}
}

// panel draws a run.
func (d *drawing) panel(i, top int) {
	r, y := &d.runs[i], float64(top+headSize)
	d.b = fmt.Appendf(d.b, `<rect x="%d" y="%d" width="%d" height="%d" fill="var(--page)"/>`+"\n", 14, top, width-28, headSize-4)
	d.text(20, float64(top)+20, "b", shortened(nameOf(r), 48))
	d.text(width-20, float64(top)+20, "e", outcome(r))
	d.text(20, float64(top)+37, "n", does(r))
	lanes := d.lanes[i]
	if n := len(lanes); n > 0 {
		d.text(left-10, y+float64(d.pitch)/2+4, "e", "client 1")
		if n > 2 {
			d.text(left-10, y+(float64(n)-.5)*float64(d.pitch)+4, "e", fmt.Sprint(n))
		}
	}
	d.lines(lanes, y)
	d.marks(lanes, y)
	d.strip(r, y+float64(d.pitch*min(d.most, mostLanes)+gap))
}

// lines draws where each client stands.
func (d *drawing) lines(lanes []lane, top float64) {
	thick := max(float64(d.pitch)-2, 2)
	for _, c := range []struct {
		state state
		class string
		wide  float64
	}{{asks, "a", 1}, {refused, "r", 0}, {ignored, "i", 0}, {phantom, "p", thick / 2}, {queued, "q", thick}, {served, "s", thick}} {
		var path strings.Builder
		for k := range lanes {
			y := top + (float64(k)+.5)*float64(d.pitch)
			for _, s := range lanes[k].spans {
				if s.state == c.state && s.from < d.until {
					from, to := d.x(s.from), max(d.x(s.to), d.x(s.from)+1)
					fmt.Fprintf(&path, "M%s %sH%s", px(from), px(y), px(to))
				}
			}
		}
		if path.Len() == 0 {
			continue
		}
		d.b = fmt.Appendf(d.b, `<path class="%s"`, c.class)
		if c.wide > 0 {
			d.b = fmt.Appendf(d.b, ` stroke-width="%s"`, px(c.wide))
		}
		d.b = fmt.Appendf(d.b, ` d="%s"/>`+"\n", path.String())
	}
}

// marks draws what each client is told, and what it is not.
func (d *drawing) marks(lanes []lane, top float64) {
	size := min(max(float64(d.pitch)*.37, 1.3), 4)
	var marks [failed + 1]strings.Builder
	for k := range lanes {
		y := top + (float64(k)+.5)*float64(d.pitch)
		for _, m := range lanes[k].marks {
			marks[m.state].WriteString(shape(m.state, d.x(m.at), y, size))
		}
	}
	for _, m := range []struct {
		state state
		class string
	}{{ignored, "o"}, {refused, "x"}, {failed, "f"}} {
		if path := marks[m.state].String(); path != "" {
			d.b = fmt.Appendf(d.b, `<path class="%s" d="%s"/>`+"\n", m.class, path)
		}
	}
}

// shape is a mark as a part of a path.
func shape(s state, x, y, size float64) string {
	a, b := px(size), px(2*size)
	switch s {
	case refused:
		return fmt.Sprintf("M%s %sl%s %sm0-%sl-%s %s", px(x-size), px(y-size), b, b, b, b, b)
	case ignored:
		return fmt.Sprintf("M%s %sl%s %sl-%s %sl-%s-%sz", px(x), px(y-size), a, a, a, a, a, a)
	}
	return fmt.Sprintf("M%s %sh%sv%sh-%sz", px(x-size), px(y-size), b, b, b)
}

// strip draws the accept queue of the first listener.
func (d *drawing) strip(r *recording.Run, top float64) {
	bottom, host, fd := top+stripSize, "", 0
	most := max(r.Limit, 1)
	var path strings.Builder
	fmt.Fprintf(&path, "M%d %s", left, px(bottom))
	last := 0
	for i := range r.Records {
		x := &r.Records[i]
		if x.Limit == 0 || host != "" && (x.Host != host || x.FD != fd) || x.At > d.until {
			continue
		}
		host, fd = x.Host, x.FD
		if x.Pending != last {
			fmt.Fprintf(&path, "H%sV%s", px(d.x(x.At)), px(bottom-float64(min(x.Pending, most))/float64(most)*stripSize))
			last = x.Pending
		}
	}
	fmt.Fprintf(&path, "H%sV%s", px(d.x(d.until)), px(bottom))
	d.b = fmt.Appendf(d.b, `<path class="k" d="%s"/><path class="l" d="M%d %sH%s"/>`+"\n", path.String(), left, px(top), px(d.x(d.until)))
	d.text(left-10, top+4, "e", fmt.Sprintf("limit %d", r.Limit))
	d.text(left-10, bottom-6, "e", "queue")
}

// legend explains the lines and marks that are there. It returns where its last line stands.
func (d *drawing) legend(y int) int {
	x := 20
	for _, e := range []struct {
		state state
		text  string
		class string
		shape string
	}{
		{refused, "SYN refused with an RST", "x", "M8-4l8 8m0-8l-8 8"},
		{ignored, "no answer", "o", "M12-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z"},
		{failed, "connect failed", "f", "M8-4h8v8h-8z"},
		{phantom, "phantom: connected at the client only", "p", "M2 0H22"},
		{queued, "waits for accept", "q", "M2 0H22"},
		{served, "is served", "s", "M2 0H22"},
	} {
		if !d.used[e.state] {
			continue
		}
		if x > 20 && x+28+len(e.text)*widest/100 > width-10 {
			x, y = 20, y+20
		}
		wide := ""
		switch e.state {
		case phantom:
			wide = ` stroke-width="3"`
		case queued, served:
			wide = ` stroke-width="8"`
		}
		d.b = fmt.Appendf(d.b, `<path class="%s"%s transform="translate(%d %d)" d="%s"/>`+"\n", e.class, wide, x, y-4, e.shape)
		d.text(float64(x)+28, float64(y), "n", e.text)
		x += 275
	}
	if d.most > mostLanes {
		y += 20
		d.text(20, float64(y), "n", fmt.Sprintf("Drawn are %d of %d clients.", mostLanes, d.most))
	}
	return y
}
