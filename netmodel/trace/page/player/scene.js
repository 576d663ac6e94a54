// scene.js draws one system at one instant, left to right as a connection goes. It makes its
// elements once; a frame changes what differs, and no size, so that nothing is laid out.

import {el, svg, glyph, put} from './dom.js';
import {span, ms, after} from './data.js';
import {states, takesSlot} from './fold.js';
import {nameOf} from './words.js';
import {Crowd} from './crowd.js';

const lanes = 8; // segments drawn at once
const mostSlots = 13; // slots drawn one by one
const mostCells = 300; // clients with an element of their own
const many = 60; // cells that need no scrolling
const mostClocks = 6; // workers
const clockFace = 'conic-gradient(var(--green) ';

export class Scene {
  constructor(run, fold, pick) {
    Object.assign(this, {run, fold, pick, cells: [], keys: {}, hits: new Set(), marked: new Set()});
    this.lanes = assignLanes(run.transmissions);
    this.root = el('section', {class: 'scene sys sys-' + run.index, 'aria-label': run.label});
    this.root.append(this.head(), this.stage(), this.tally());
  }

  head() {
    const kinds = new Set(this.run.records.map((r) => r.kind)), {label, long} = this.run;
    const says = kinds.has('request_refused') ? (kinds.has('request_ignored') ? 'refuses and ignores' : 'refuses with an RST') : kinds.has('request_ignored') || kinds.has('ack_ignored') ? 'stays silent' : 'turns nobody away';
    return el('header', {}, el('h3', {}, label), el('span', {class: 'prof'}, long.startsWith(label + ' ') ? long.slice(label.length + 1) : long), el('span', {class: 'says'}, says));
  }

  stage() {
    const {separate, names, workers} = this.run, column = (name, cls, ...rest) => el('div', {class: 'col ' + cls}, el('h4', {}, name), ...rest), sub = (text) => el('p', {class: 'sub'}, text);
    this.rows = Array.from({length: Math.min(lanes, this.lanes.wide)}, () => this.lane());
    this.clocks = Array.from({length: Math.max(1, Math.min(mostClocks, workers > 0 ? workers : this.fold.mostServing))}, () => this.worker());
    this.fds = Array.from({length: 5}, () => el('li', {}, el('b', {hidden: true}), el('span')));
    return el('div', {class: separate ? 'stage' : 'stage one'},
      column('Clients', 'clients', sub(names.length === 0 ? 'none' : names.length === 1 ? 'one' : `${names.length.toLocaleString('en')} of them`), names.length > mostCells ? (this.crowd = new Crowd(this.run, this.fold, this.pick)).root : this.grid(), this.soon = el('p', {class: 'soon'})),
      column('Network', 'net', sub(this.travel()), el('div', {class: 'segs'}, ...this.rows.map((r) => r.root), this.moreSegs = el('p', {class: 'more'}))),
      separate ? column('SYN queue', 'synq', this.halfSub = sub(''), this.halves = el('div', {class: 'chips'}), this.moreHalf = el('p', {class: 'more'})) : null,
      column('Accept queue', 'accept', this.queueSub = sub(''), this.slots = el('div', {class: 'chips'}), this.clamp = el('p', {class: 'clamp'})),
      column('Program', 'program', sub(workers < 0 ? 'of the test' : workers === 0 ? 'no loop' : workers === 1 ? '1 worker' : workers + ' workers'), el('div', {class: this.clocks.length > 2 ? 'clocks small' : 'clocks'}, ...this.clocks.map((w) => w.root)), this.moreBusy = el('p', {class: 'sub2'}),
        el('h5', {}, 'Descriptors'), el('ul', {class: 'fds'}, ...this.fds), this.fdSum = el('p', {class: 'sub2'}), this.servedSum = el('p', {class: 'sub2'})));
  }

  travel() {
    const times = this.run.transmissions.filter((t) => !t.lost && t.arrives > t.sent).map((t) => t.arrives - t.sent);
    if (!times.length) return 'at once';
    const least = times.reduce((a, b) => Math.min(a, b)), most = times.reduce((a, b) => Math.max(a, b));
    return least === most ? 'takes ' + ms(least, 3).replace(/\.?0+$/, '') + ' ms' : 'delay varies';
  }

  // grid copies one cell for each client, and listens once for all of them.
  grid() {
    const of = (e) => this.cells.findIndex((c) => c.cell === e.target.closest('.cell')), circle = (cls) => svg('circle', {class: cls, cx: 13, cy: 13, r: 11.5, pathLength: 50, transform: 'rotate(-90 13 13)', display: 'none'});
    const grid = this.board = el('div', {class: this.run.names.length > many ? 'grid many' : 'grid', role: 'group', 'aria-label': `The clients on ${this.run.label}`, onclick: (e) => of(e) >= 0 && this.pick(of(e) + 1), onkeydown: (e) => this.move(e, of(e)), onfocusin: (e) => this.rove(of(e)), onpointerover: (e) => {
      const cell = e.target.closest('.cell');
      if (cell) cell.title = cell.getAttribute('aria-label');
    }});
    const cell = el('button', {class: 'cell', tabindex: -1, 'aria-pressed': 'false'}, svg('svg', {width: 26, height: 26, viewBox: '0 0 26 26', 'aria-hidden': 'true'}, circle('ringbg'), circle('ring'), svg('use', {href: '#g-notyet', x: 5, y: 5, width: 16, height: 16})));
    const parts = [];
    for (let i = 0; i < this.run.names.length; i++) {
      if (i % 5 === 0) parts.push(el('span', {class: 'rowno', 'aria-hidden': 'true'}, String(i + 1)));
      const copy = cell.cloneNode(true), [back, ring, use] = copy.firstChild.children;
      this.cells.push({cell: copy, use, back, ring, state: '', picked: false, part: 0, hit: false});
      parts.push(copy);
    }
    grid.append(...parts);
    if (this.cells.length) this.rove(0);
    return grid;
  }

  // rove makes a cell the one that Tab comes to.
  rove(i) {
    this.cells[this.roving || 0].cell.tabIndex = -1;
    this.cells[this.roving = i].cell.tabIndex = 0;
  }

  // move walks through the grid with the arrow keys.
  move(e, i) {
    const wide = getComputedStyle(this.board).gridTemplateColumns.split(' ').length - 1;
    const to = {ArrowRight: i + 1, ArrowLeft: i - 1, ArrowDown: i + wide, ArrowUp: i - wide}[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    if (this.cells[to]) this.cells[to].cell.focus();
  }

  lane() {
    const label = el('span', {class: 'sl'}), use = svg('use', {}), mark = el('i', {}, svg('svg', {width: 14, height: 14, 'aria-hidden': 'true'}, use));
    return {root: el('div', {class: 'seg'}, label, el('span', {class: 'track'}, mark)), label, use, mark, s: null};
  }

  worker() {
    const face = el('i', {'aria-hidden': 'true'}), name = el('b'), left = el('span', {class: 'wleft'});
    return {root: el('div', {class: 'worker'}, face, name, left), face, name, left};
  }

  // row is a place in a queue, that anybody can take.
  row() {
    const r = {client: 0, key: null, use: svg('use', {}), name: el('span'), note: el('em')};
    r.shape = svg('svg', {class: 'g', width: 12, height: 12, 'aria-hidden': 'true'}, r.use);
    r.root = el('button', {class: 'chip free', tabindex: -1, onclick: () => r.client && this.pick(r.client)}, r.shape, r.name, r.note);
    return r;
  }

  // take shows an entry of a queue in a row, or why there is none: a free slot, one that is used up, or no slot.
  take(r, e, shape, note, picked, none = 'no') {
    const c = e && this.fold.clients[e.client - 1], phantom = shape === 'half' && c && c.state === 'phantom', key = e ? [e.client, e.mark, shape, note, phantom, picked === e.client].join() : none;
    if (r.key === key) return;
    r.key = key;
    r.client = e ? e.client : 0;
    r.root.className = e ? `chip${phantom ? ' ph' : ''}${picked === e.client ? ' picked' : ''}` : 'chip free ' + none;
    r.root.disabled = !e;
    if (e) r.use.setAttribute('href', '#g-' + shape);
    put(r.name, e ? nameOf(this.run, e.client) : '');
    put(r.note, e ? note : '');
    r.root.setAttribute('aria-label', e ? `${nameOf(this.run, e.client)}, ${phantom ? 'a phantom: half-open here, connected there' : e.mark}` : none === 'unfilled' ? 'a slot that is used up' : 'a free slot');
  }

  // draw shows the instant t; picked is a client, playing is how fast.
  draw(t, picked, playing) {
    const f = this.fold.to(t);
    if (this.crowd) this.crowd.draw(t, picked, playing * 0.7);
    else this.drawCells(t, picked, playing * 0.7);
    this.drawSoon(t);
    this.drawNetwork(t);
    const q = [...f.queues.values()].find((x) => x.list.length) || [...f.queues.values()][0];
    if (f.all || f.dirty.size || this.keys.n !== f.n || this.picked !== picked) {
      this.drawQueue(q, picked);
      if (this.run.separate) this.drawHalf(q, picked);
      this.drawTally();
      this.drawDescriptors();
    }
    this.drawWorkers(t);
    this.keys.n = f.n;
    this.picked = picked;
    f.all = false;
    f.dirty.clear();
  }

  // drawCells draws the clients that have changed or count down; after a seek all of them.
  drawCells(t, picked, window) {
    const f = this.fold, see = f.all || !window && this.hits.size ? this.cells.keys() : new Set([...f.dirty, ...f.waiting, ...this.hits, this.picked || 0, picked].map((c) => c - 1));
    if (picked && picked !== this.picked && this.cells.length > many) {
      const y = this.cells[picked - 1].cell.offsetTop - this.board.offsetTop;
      if (y < this.board.scrollTop || y > this.board.scrollTop + 250) this.board.scrollTop = y - 100;
    }
    for (const i of see) {
      const c = this.cells[i], client = f.clients[i];
      if (!c) continue;
      const hit = window > 0 && client.changed >= 0 && t - client.changed < window, part = client.next ? Math.ceil(f.waits(i + 1) * 50) : 0;
      if (c.hit !== hit) {
        c.cell.classList.toggle('hit', c.hit = hit);
        if (hit) this.hits.add(i + 1); else this.hits.delete(i + 1);
      }
      if (c.state !== client.state) {
        if (c.state || client.state !== 'notyet') c.use.setAttribute('href', '#g-' + client.state);
        c.state = client.state;
        c.cell.setAttribute('aria-label', `${this.run.names[i]}: ${states[client.state]}`);
      }
      if (c.picked !== (picked === i + 1)) {
        c.cell.classList.toggle('picked', c.picked = picked === i + 1);
        c.cell.setAttribute('aria-pressed', String(c.picked));
      }
      if (part === c.part) continue;
      if (!part !== !c.part) for (const e of [c.back, c.ring]) e.setAttribute('display', part ? 'inline' : 'none');
      c.part = part;
      if (part) c.ring.style.strokeDasharray = part + ' 50';
    }
  }

  // flip lights up some clients.
  flip(clients) {
    this.marked = clients;
    this.cells.forEach((c, i) => c.cell.classList.toggle('mark', clients.has(i + 1)));
    if (!this.crowd) return;
    this.crowd.marked = clients;
    this.crowd.draw();
  }

  drawSoon(t) {
    const soon = this.fold.soon(), key = soon.map(([kind, r]) => kind + r.client).join();
    if (this.keys.soon !== key) {
      this.keys.soon = key;
      this.soon.replaceChildren(...soon.map(([kind, r]) => el('span', {}, `${nameOf(this.run, r.client)} ${kind} in `, el('b', {}, ''))));
    }
    soon.forEach(([, r], k) => put(this.soon.children[k].lastChild, span(r.at - t)));
  }

  drawNetwork(t) {
    const list = this.lanes, here = [];
    let more = 0;
    for (let k = after(list, t, (x) => x.sent) - 1; k >= 0 && list[k].sent > t - list.longest; k--) {
      if (list[k].arrives <= t) continue;
      if (list[k].lane < this.rows.length) here[list[k].lane] = list[k]; else more++;
    }
    this.rows.forEach((row, i) => {
      const s = here[i];
      if (row.s !== s) {
        row.s = s;
        row.root.style.visibility = s ? '' : 'hidden';
        if (!s) return;
        put(row.label, row.label.title = `${nameOf(this.run, s.client)} ${s.kind}`);
        row.use.setAttribute('href', '#g-' + ({SYN: 'syn', RST: 'refused', FIN: 'fin', data: 'data'}[s.kind] || 'ack'));
        row.mark.firstChild.style.transform = s.to === 'server' ? '' : 'scaleX(-1)';
      }
      if (!s) return;
      const part = (t - s.sent) / (s.arrives - s.sent);
      row.mark.style.transform = `translateX(${((s.to === 'server' ? part : 1 - part) * 100).toFixed(2)}%)`;
    });
    put(this.moreSegs, more ? `and ${more} more` : '');
  }

  drawQueue(q, picked) {
    if (!q) {
      put(this.queueSub, 'not listening');
      this.plan = '';
      this.slots.replaceChildren();
      this.clamp.replaceChildren();
      return;
    }
    const f = this.run, slots = q.list.filter((e) => takesSlot(q, e)), outside = q.list.filter((e) => !takesSlot(q, e) && e.mark !== 'half').slice(0, 4), isFull = q.pending >= q.limit;
    put(this.queueSub, `${q.pending} of ${q.limit}${isFull ? ', full' : ''}`);
    this.queueSub.classList.toggle('full', isFull);
    const total = Math.max(q.limit, slots.length), room = total <= mostSlots ? total : mostSlots - 2;
    const force = q.backlog === f.backlog ? f.in_force : Math.max(0, Math.min(q.backlog, q.limit)); // the run knows the last one
    const plan = [total, force, q.backlog, q.limit, outside.length].join();
    if (this.plan !== plan) {
      this.plan = plan;
      this.places = Array.from({length: room + outside.length}, () => this.row());
      const parts = this.places.map((r) => r.root), line = el('div', {class: 'bl'}, `backlog ${force}`);
      if (total > room) parts.splice(room, 0, this.moreSlots = el('p', {class: 'more'}));
      parts.splice(force > 0 && force < room ? force : total > room ? room + 1 : room, 0, line);
      this.slots.replaceChildren(...parts);
      this.clamp.replaceChildren(...[`asked ${q.backlog}`, q.backlog === f.backlog ? `in force ${f.in_force}` : '', q.limit === force ? '' : `room for ${q.limit}`].filter(Boolean).map((x) => el('span', {class: x === `in force ${f.in_force}` && f.in_force !== q.backlog ? 'clamped' : null}, x)));
    }
    for (let i = 0; i < room; i++) {
      const e = slots[i];
      this.take(this.places[i], e, e && ({half: 'half', aborted: 'reset'}[e.mark] || 'queue'), e && i === 0 && e.mark === 'complete' ? 'next' : '', picked, i >= slots.length + q.available ? 'unfilled' : '');
    }
    outside.forEach((e, i) => this.take(this.places[room + i], e, e.mark === 'held' ? 'half' : 'ack', e.mark, picked));
    if (total <= room) return;
    const more = Math.max(0, slots.length - room);
    put(this.moreSlots, more ? `and ${more} more` : `${Math.max(0, slots.length + q.available - room)} more free`);
  }

  drawHalf(q, picked) {
    const list = q ? q.list.filter((e) => e.mark === 'half') : [], rows = this.halfRows ||= [];
    put(this.halfSub, list.length ? list.length + ' half-open' : 'empty');
    while (rows.length < Math.min(mostSlots, Math.max(list.length, this.fold.mostHalf))) {
      rows.push(this.row());
      this.halves.append(rows[rows.length - 1].root);
    }
    rows.forEach((r, i) => this.take(r, list[i], 'half', '', picked));
    put(this.moreHalf, list.length > rows.length ? `and ${list.length - rows.length} more` : '');
  }

  drawWorkers(t) {
    const list = [...this.fold.serving.values()], {workers} = this.run;
    this.clocks.forEach((w, i) => {
      const s = list[i], part = s && s.until ? Math.min(100, Math.round((t - s.since) / Math.max(1, s.until - s.since) * 100)) : 0;
      if (w.s !== s || w.part !== part) w.face.style.background = part ? `${clockFace}${part}%,transparent 0)` : '';
      if (w.s !== s || !w.drawn) {
        w.face.className = s ? '' : 'idle';
        put(w.name, s ? nameOf(this.run, s.client) : workers ? 'idle' : 'nobody');
      }
      put(w.left, s ? (s.until ? span(s.until - t) + ' left' : 'not closed') : workers ? 'in accept' : 'is served');
      Object.assign(w, {s, part, drawn: true});
    });
    put(this.moreBusy, list.length > this.clocks.length ? `and ${list.length - this.clocks.length} more` : '');
  }

  drawDescriptors() {
    const open = [...this.fold.open].sort((a, b) => a[0] - b[0]), limit = this.run.descriptors, most = open.length > 5 ? 4 : 5;
    this.fds.forEach((li, i) => {
      const [fd, what] = i < most && open[i] || [0, i === most && open.length > most ? `and ${open.length - most} more` : ''];
      li.firstChild.hidden = !fd;
      put(li.firstChild, String(fd));
      put(li.lastChild, what === 'c' ? nameOf(this.run, (this.fold.serving.get(fd) || {}).client) : what);
    });
    put(this.fdSum, limit ? `${open.length} of ${limit}${open.length >= limit ? ', none free' : ''}` : `${open.length} used, no limit`);
    this.fdSum.classList.toggle('starved', limit > 0 && open.length >= limit);
    put(this.servedSum, `${this.fold.count.done || 0} of ${this.run.names.length} served`);
  }

  // tally is the legend: every state that this run knows, with how many clients have it.
  tally() {
    this.lines = Object.keys(states).filter((s) => this.fold.seen.has(s)).map((state) => {
      const count = el('b'), words = el('span');
      return {state, count, words, root: el('li', {'data-state': state}, glyph(state), count, words)};
    });
    return el('ul', {class: 'tally', 'aria-label': 'The clients at this instant'}, ...this.lines.map((l) => l.root));
  }

  drawTally() {
    const f = this.fold;
    for (const l of this.lines) {
      const n = f.count[l.state] || 0;
      l.root.classList.toggle('zero', !n);
      put(l.count, String(n));
      // Only who really asks again will do so.
      put(l.words, ' ' + (l.state === 'phantom' && n !== 1 ? 'phantoms' : f.again[l.state] ? states[l.state] : states[l.state].replace(', will ask again', '')));
    }
  }
}

// assignLanes gives each segment the lowest lane that is free while it travels.
function assignLanes(transmissions) {
  const list = transmissions.filter((t) => !t.lost && t.arrives > t.sent), free = [];
  for (const t of list) {
    let lane = 0;
    while (free[lane] > t.sent) lane++;
    free[lane] = t.arrives;
    t.lane = lane;
  }
  list.wide = free.length;
  list.longest = list.reduce((most, t) => Math.max(most, t.arrives - t.sent), 0);
  return list;
}
