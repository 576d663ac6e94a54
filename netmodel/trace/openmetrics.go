package trace

import (
	"strconv"

	"wspsim/netmodel"
	"wspsim/sim"
)

// metrics writes the counters of each host with a listener, and its queues, in the text
// format of OpenMetrics 1.0. All samples of a metric stand together there. So the samples
// are kept until the end, at most 512 instants: when there are more, every other one goes,
// and the interval doubles. The interval is 1 ms at first, since Prometheus knows no
// shorter time.
type metrics struct {
	v        *View
	hosts    []hostMetrics // by number
	queues   []queueMetrics
	samples  []sample
	interval sim.Time
	due      sim.Time
	last     sim.Time
}

type hostMetrics struct {
	Counters
	listens bool
}

type queueMetrics struct {
	host                     netmodel.HostID
	fd                       netmodel.FD
	limit, pending, halfOpen int32
}

// sample is what was so at an instant.
type sample struct {
	at     sim.Time
	hosts  []hostMetrics
	queues []queueMetrics
}

const (
	mostSamples    = 512
	shortestSample = sim.Time(1_000_000)
)

func newMetrics(v *View) writer {
	return &metrics{v: v, interval: shortestSample, due: shortestSample}
}

func (m *metrics) record(r *netmodel.Record, _ *picture, _ bool) {
	if r.At >= m.due {
		m.sample(m.due)
		m.due = (r.At/m.interval + 1) * m.interval
	}
	m.last = r.At
	for int(r.Host) >= len(m.hosts) {
		m.hosts = append(m.hosts, hostMetrics{})
	}
	m.hosts[r.Host].Note(*r)
	if !r.AboutQueue() {
		return
	}
	m.hosts[r.Host].listens = true
	for i := range m.queues {
		if q := &m.queues[i]; q.host == r.Host && q.fd == r.FD {
			q.limit, q.pending, q.halfOpen = r.Limit, r.Pending, r.HalfOpen
			return
		}
	}
	m.queues = append(m.queues, queueMetrics{r.Host, r.FD, r.Limit, r.Pending, r.HalfOpen})
}

// sample keeps what is so at the end of an interval.
func (m *metrics) sample(at sim.Time) {
	if len(m.samples) == mostSamples {
		m.interval *= 2
		half := m.samples[:0]
		for _, s := range m.samples {
			if s.at%m.interval == 0 {
				half = append(half, s)
			}
		}
		clear(m.samples[len(half):])
		m.samples = half
		if at%m.interval != 0 {
			return
		}
	}
	m.samples = append(m.samples, sample{at, append([]hostMetrics(nil), m.hosts...), append([]queueMetrics(nil), m.queues...)})
}

func (m *metrics) frame(*frame) {}

func (m *metrics) end() {
	m.samples = append(m.samples, sample{(m.last/shortestSample + 1) * shortestSample, m.hosts, m.queues})
	for i, c := range new(Counters).List() {
		m.family(c.Name, "counter", "The counter of the kernel by this name, as nstat shows it.")
		for h := range m.hosts {
			if m.hosts[h].listens {
				m.counter(i, c.Name, h)
			}
		}
	}
	for i, g := range [...]struct{ name, help string }{
		{"accept_queue_limit", "The most connections that may be pending at a listener."},
		{"accept_queue_pending", "Connections that are pending at a listener."},
		{"syn_queue_half_open", "Half-open connections that have a queue of their own."},
	} {
		m.family(g.name, "gauge", g.help)
		for q := range m.queues {
			m.gauge(i, g.name, q)
		}
	}
	m.v.write([]byte("# EOF\n"))
}

// family writes the lines that describe a metric.
func (m *metrics) family(name, kind, help string) {
	m.v.write([]byte("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n"))
}

func (m *metrics) counter(which int, name string, host int) {
	for _, s := range m.samples {
		if host < len(s.hosts) {
			m.line(name+"_total", netmodel.HostID(host), 0, int64(s.hosts[host].List()[which].Value), s.at)
		}
	}
}

func (m *metrics) gauge(which int, name string, queue int) {
	for _, s := range m.samples {
		if queue < len(s.queues) {
			q := s.queues[queue]
			m.line(name, q.host, q.fd, int64([...]int32{q.limit, q.pending, q.halfOpen}[which]), s.at)
		}
	}
}

// line writes a sample.
func (m *metrics) line(name string, host netmodel.HostID, fd netmodel.FD, value int64, at sim.Time) {
	b := append(append(m.v.line[:0], name...), `{host="`...)
	for _, r := range m.v.printer.Host(host) {
		switch r {
		case '"', '\\':
			b = append(b, '\\', byte(r))
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, string(r)...)
		}
	}
	b = append(b, '"')
	if fd != 0 {
		b = append(strconv.AppendInt(append(b, `,fd="`...), int64(fd), 10), '"')
	}
	b = strconv.AppendInt(append(b, "} "...), value, 10)
	b = strconv.AppendInt(append(b, ' '), int64(at)/1_000_000_000, 10)
	millis := int64(at) / 1_000_000 % 1000
	b = append(b, '.', byte('0'+millis/100), byte('0'+millis/10%10), byte('0'+millis%10), '\n')
	m.v.line = b
	m.v.write(b)
}
