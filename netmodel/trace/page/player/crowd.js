// crowd.js draws many clients on one canvas, as far as they are in sight. To a screen reader it
// is a list; its one option is the client under the cursor.

import {$, el, put} from './dom.js';
import {states} from './fold.js';

const cellWide = 14, cellHigh = 16, glyphSize = 11; // px

export class Crowd {
  constructor(run, fold, pick) {
    Object.assign(this, {run, fold, pick, at: 0, top: 0, old: []});
    this.option = el('span', {class: 'vh', role: 'option', id: 'at' + run.index, 'aria-setsize': run.names.length});
    this.canvas = el('canvas', {'aria-hidden': 'true'});
    this.space = el('div', {}, this.canvas, this.option);
    this.root = el('div', {class: 'crowd', role: 'listbox', tabindex: 0, 'aria-label': `The ${run.names.length} clients on ${run.label}`, 'aria-activedescendant': this.option.id,
      onscroll: () => this.scrolled(), onkeydown: (e) => this.key(e), onclick: (e) => this.choose(this.under(e)), onpointermove: (e) => { this.root.title = this.words(this.under(e)); }}, this.space);
    new ResizeObserver(() => this.fit()).observe(this.root);
    const here = new WeakRef(this), seen = new MutationObserver(() => { // a crowd that has left the page may be forgotten
      if (here.deref()?.root.isConnected) here.deref().fit(); else seen.disconnect();
    });
    seen.observe(document.documentElement, {attributeFilter: ['data-theme']});
  }

  // fit makes the canvas as large as what is in sight, and its shapes in the colours of the theme.
  fit() {
    const box = this.root, dpr = devicePixelRatio || 1, style = getComputedStyle(box);
    this.columns = Math.max(1, Math.floor(box.clientWidth / cellWide));
    this.rows = Math.ceil(box.clientHeight / cellHigh) + 1;
    this.space.style.height = Math.ceil(this.run.names.length / this.columns) * cellHigh + 'px';
    this.canvas.width = box.clientWidth * dpr;
    this.canvas.height = box.clientHeight * dpr;
    this.pen = this.canvas.getContext('2d');
    this.pen.scale(dpr, dpr);
    this.colours = Object.fromEntries(['hit', 'mark', 'ring', 'ink', 'accent'].map((c) => [c, style.getPropertyValue('--' + c)]));
    this.shapes = {};
    for (const s in states) this.shapes[s] = sprite(s, glyphSize, dpr);
    this.show(this.at);
    this.scrolled();
  }

  // scrolled keeps where the box stands: to ask it in a frame would lay out the page.
  scrolled() {
    this.top = this.root.scrollTop;
    this.old = [];
    this.draw();
  }

  under(e) {
    const box = this.root.getBoundingClientRect();
    return Math.min(this.columns - 1, Math.floor((e.clientX - box.left) / cellWide)) + this.columns * Math.floor((e.clientY - box.top + this.top) / cellHigh);
  }

  words(i) {
    const c = this.fold.clients[i];
    return c ? `${this.run.names[i]}: ${states[c.state]}` : '';
  }

  choose(i) {
    if (!this.fold.clients[i]) return;
    this.at = i;
    this.pick(i + 1);
  }

  key(e) {
    const by = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns}[e.key];
    if (by) this.at = Math.max(0, Math.min(this.run.names.length - 1, this.at + by));
    else if (e.key === 'Enter' || e.key === ' ') this.choose(this.at);
    else return;
    e.preventDefault();
    e.stopPropagation();
    this.show(this.at);
    this.draw();
  }

  show(i) {
    const y = Math.floor(i / this.columns) * cellHigh, box = this.root;
    if (y >= this.top && y + cellHigh <= this.top + box.clientHeight) return;
    box.scrollTop = y - box.clientHeight / 2;
    this.scrolled();
  }

  // draw draws the cells in sight that have changed. Window is for how long a change shows.
  draw(t = this.t, picked = this.picked, window = 0) {
    const moved = picked && picked !== this.picked;
    Object.assign(this, {t, picked});
    if (moved) this.at = picked - 1;
    put(this.option, this.words(this.at));
    this.option.setAttribute('aria-posinset', this.at + 1);
    this.option.setAttribute('aria-selected', String(picked === this.at + 1));
    if (!this.pen) return;
    if (moved) this.show(this.at);
    const first = Math.floor(this.top / cellHigh) * this.columns, shift = -this.top % cellHigh, g = this.pen, here = document.activeElement === this.root;
    if (this.fold.all) this.old = [];
    const fresh = !this.old.length;
    if (fresh) g.clearRect(0, 0, 1e4, 1e4);
    for (let k = 0; k < this.rows * this.columns; k++) {
      const i = first + k, c = this.fold.clients[i];
      const hit = window && c && c.changed >= 0 && t - c.changed < window, part = c ? Math.ceil(this.fold.waits(i + 1) * cellWide) : 0, mark = this.marked && this.marked.has(i + 1);
      const frame = picked === i + 1 ? 2 : this.at === i && here ? 1 : 0;
      const key = c ? c.state + part + (hit ? 'h' : '') + (mark ? 'm' : '') + frame : '';
      if (this.old[k] === key) continue;
      this.old[k] = key;
      const x = k % this.columns * cellWide, y = Math.floor(k / this.columns) * cellHigh + shift;
      if (!fresh) g.clearRect(x, y, cellWide, cellHigh);
      if (!c) continue;
      if (hit || mark) paint(g, this.colours[hit ? 'hit' : 'mark'], x, y, cellWide, cellHigh);
      g.drawImage(this.shapes[c.state], x + 1.5, y + 1, glyphSize, glyphSize);
      if (part) paint(g, this.colours.ring, x, y + cellHigh - 3, part, 2);
      if (!frame) continue;
      g.strokeStyle = this.colours[frame > 1 ? 'ink' : 'accent'];
      g.lineWidth = 2;
      g.strokeRect(x + 1, y + 1, cellWide - 2, cellHigh - 2);
    }
  }
}

function paint(g, colour, ...box) {
  g.fillStyle = colour;
  g.fillRect(...box);
}

// sprite is the shape of a state as the symbol of the page has it, on a canvas.
function sprite(name, size, dpr) {
  const c = el('canvas', {width: size * dpr, height: size * dpr}), g = c.getContext('2d');
  g.scale(size * dpr / 16, size * dpr / 16);
  for (const e of $('g-' + name).children) {
    const s = getComputedStyle(e), n = (a) => Number(e.getAttribute(a)), p = new Path2D(e.getAttribute('d') || undefined);
    if (e.tagName === 'circle') p.arc(n('cx'), n('cy'), n('r'), 0, 7);
    if (e.tagName === 'rect') p.roundRect(n('x'), n('y'), n('width'), n('height'), n('rx'));
    g.fillStyle = s.fill;
    g.strokeStyle = s.stroke;
    g.lineWidth = parseFloat(s.strokeWidth);
    g.lineCap = s.strokeLinecap;
    g.lineJoin = s.strokeLinejoin;
    g.setLineDash((s.strokeDasharray.match(/[\d.]+/g) || []).map(Number));
    if (s.fill !== 'none') g.fill(p);
    if (s.stroke !== 'none') g.stroke(p);
  }
  return c;
}
