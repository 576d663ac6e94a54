// chart.js draws the queue of each system over time, and the playhead over all of them.

import {el, svg, glyph, put} from './dom.js';
import {ms} from './data.js';

const ticks = [
  {kind: 'request_refused', shape: 'refused', cls: 'refused', words: 'SYN refused'},
  {kind: 'request_ignored', shape: 'ignored', cls: 'ignored', words: 'SYN ignored'},
  {kind: 'ack_ignored', shape: 'phantom', cls: 'phantom', words: 'ACK ignored'},
  {kind: 'reset_pending', shape: 'reset', cls: 'refused', words: 'reset'},
];

export class Charts {
  constructor(root, runs, axis, seek) {
    Object.assign(this, {axis, seek, veils: []});
    this.root = root;
    for (const run of runs) root.append(this.chart(run));
    root.append(this.ruler());
    this.head = el('div', {class: 'playhead', role: 'slider', tabindex: 0, 'aria-label': 'Instant in microseconds', 'aria-valuemin': 0, 'aria-valuemax': Math.round(axis.end / 1e3), onkeydown: (e) => this.key(e)}, el('i'));
    document.documentElement.style.setProperty('--clock', ms(axis.end).replace(/[,.]/g, '').length + 5 + 'ch');
    this.heads = el('div', {}, this.head);
    root.append(el('div', {class: 'heads'}, el('span', {class: 'tl'}), this.heads));
    this.head.addEventListener('pointerdown', (e) => this.drag(e, this.head));
  }

  // key moves by a tenth of the axis.
  key(e) {
    const by = {PageUp: 0.1, PageDown: -0.1}[e.key];
    if (!by) return;
    e.preventDefault();
    this.seek(this.axis.t(Math.min(1, Math.max(0, this.axis.x(this.t) + by))));
  }

  plot(cls, ...children) {
    const veil = el('div', {class: 'later'});
    this.veils.push(veil);
    const plot = el('div', {class: 'plot ' + cls}, ...children, veil);
    plot.addEventListener('pointerdown', (e) => this.drag(e, plot));
    return plot;
  }

  // drag seeks where the pointer is, until it is released.
  drag(e, target) {
    if (e.button) return;
    e.preventDefault();
    const box = this.heads.getBoundingClientRect();
    const go = (ev) => this.seek(this.axis.t(Math.min(1, Math.max(0, (ev.clientX - box.left) / box.width))));
    const stop = () => {
      target.removeEventListener('pointermove', go);
      target.removeEventListener('pointerup', stop);
      target.removeEventListener('pointercancel', stop);
    };
    target.setPointerCapture(e.pointerId);
    target.addEventListener('pointermove', go);
    target.addEventListener('pointerup', stop);
    target.addEventListener('pointercancel', stop);
    go(e);
  }

  chart(run) {
    const state = run.records.filter((r) => r.host === 'server' && r.limit > 0);
    const top = state.reduce((most, r) => Math.max(most, r.limit <= 64 ? r.limit : 0, r.pending), 1) * 1.15;
    const rows = ticks.map((k) => ({...k, at: run.records.filter((r) => r.kind === k.kind).map((r) => r.at)})).filter((k) => k.at.length);
    const folds = () => this.axis.folds.map((f) => {
      const e = el('div', {class: 'fold'}), x = this.axis.x(f.from);
      e.style.left = x * 100 + '%';
      e.style.width = (this.axis.x(f.to) - x) * 100 + '%';
      return e;
    });
    const shape = svg('svg', {viewBox: '0 0 1000 60', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, ...this.curve(state, top));
    return el('div', {class: 'chart', role: 'img', 'aria-label': `Connections pending on ${run.label}`},
      el('div', {class: 'crow'}, el('span', {class: 'tl'}, el('b', {}, run.label), `pending of ${run.limit}`), this.plot('main', shape, ...folds())),
      ...rows.map((k) => el('div', {class: 'trow'}, el('span', {class: 'tl'}, glyph(k.shape, 12), el('span', {class: 'cnt'}, `${k.at.length} `), k.words),
        this.plot('', svg('svg', {viewBox: '0 0 1000 13', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, svg('path', {class: 'tick k-' + k.cls, d: [...new Set(k.at.map((t) => `M${(this.axis.x(t) * 1000).toFixed(1)} 1V12`))].join('')}))))));
  }

  // curve draws the steps of the queue, and its limit.
  curve(state, top) {
    const y = (n) => (60 - n / top * 60).toFixed(1), x = (t) => (this.axis.x(t) * 1000).toFixed(1);
    let d = `M0 ${y(0)}`, lim = '', limit = 0, at = '0.0', low = 0, high = 0, now = 0;
    // At one place of the axis only the least, the most and the last value can be seen.
    const flush = () => { d += `H${at}V${y(low)}V${y(high)}V${y(now)}`; };
    for (const r of state) {
      if (x(r.at) !== at) {
        flush();
        at = x(r.at);
        low = high = now;
      }
      now = r.pending;
      low = Math.min(low, now);
      high = Math.max(high, now);
      if (r.limit !== limit && r.limit <= top) lim += lim ? `H${at}V${y(r.limit)}` : `M${at} ${y(r.limit)}`;
      limit = r.limit;
    }
    flush();
    d += 'H1000';
    return [svg('path', {class: 'area', d: d + 'V60H0Z'}), svg('path', {class: 'depth', d}), lim ? svg('path', {class: 'lim', d: lim + 'H1000'}) : null].filter(Boolean);
  }

  ruler() {
    const ax = el('div', {class: 'ax'});
    this.labels = this.axis.labels().map((l) => {
      const e = el('span', {}, l.text);
      e.style.left = l.x * 100 + '%';
      ax.append(e);
      return {...l, e};
    });
    new ResizeObserver(() => this.fit()).observe(this.ruled = ax);
    return el('div', {class: 'crow axis'}, el('span', {class: 'tl'}, 'time'), el('div', {class: 'plot'}, ax));
  }

  // fit hides the labels of time that have no room.
  fit() {
    const wide = this.ruled.clientWidth;
    let free = 0;
    for (const l of this.labels) {
      const left = l.x * wide;
      l.e.hidden = false;
      put(l.e, l.text);
      if (left < free || left + l.e.offsetWidth > wide) put(l.e, l.short);
      if (left < free || left + l.e.offsetWidth > wide) l.e.hidden = true;
      else free = left + l.e.offsetWidth + 8;
    }
  }

  draw(t) {
    const x = this.axis.x(t);
    this.t = t;
    this.head.style.transform = `translateX(${x * 100}%)`;
    this.head.setAttribute('aria-valuenow', Math.round(t / 1e3));
    this.head.setAttribute('aria-valuetext', ms(t) + ' ms');
    for (const v of this.veils) v.style.transform = `scaleX(${1 - x})`;
  }
}
