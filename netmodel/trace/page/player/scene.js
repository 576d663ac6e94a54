// scene.js draws one system at one instant, left to right as a connection goes.

import {el, svg, glyph, put} from './dom.js';
import {span, ms, after} from './data.js';
import {states, takesSlot} from './fold.js';
import {nameOf} from './words.js';

const lanes = 8; // segments drawn at once
const mostSlots = 13; // slots drawn one by one
const mostClients = 600; // cells
const many = 60; // cells that need no scrolling

export class Scene {
  constructor(run, fold, pick) {
    Object.assign(this, {run, fold, pick, cells: [], keys: []});
    this.lanes = assignLanes(run.transmissions);
    this.root = el('section', {class: 'scene sys sys-' + run.index, 'aria-label': run.label});
    this.root.append(this.head(), this.stage(), this.tally = el('ul', {class: 'tally', 'aria-label': 'The clients at this instant'}));
  }

  head() {
    const kinds = new Set(this.run.records.map((r) => r.kind));
    const says = kinds.has('request_refused') ? (kinds.has('request_ignored') ? 'refuses and ignores' : 'refuses with an RST') : kinds.has('request_ignored') || kinds.has('ack_ignored') ? 'stays silent' : 'turns nobody away';
    return el('header', {}, el('h3', {}, this.run.label), el('span', {class: 'prof'}, this.run.long.startsWith(this.run.label + ' ') ? this.run.long.slice(this.run.label.length + 1) : this.run.long), el('span', {class: 'says'}, says));
  }

  stage() {
    const separate = this.run.separate;
    const column = (name, cls) => el('div', {class: 'col ' + cls}, el('h4', {}, name));
    const clients = column('Clients', 'clients');
    clients.append(el('p', {class: 'sub'}, this.run.names.length === 1 ? 'one' : this.run.names.length + ' of them'), this.grid(), this.soon = el('p', {class: 'soon'}));
    const net = column('Network', 'net');
    net.append(el('p', {class: 'sub'}, this.travel()), this.segs = el('div', {class: 'segs'}));
    this.rows = Array.from({length: Math.min(lanes, this.lanes.wide)}, () => this.lane());
    this.segs.append(...this.rows.map((r) => r.root), this.moreSegs = el('p', {class: 'more'}));
    const accept = column('Accept queue', 'accept');
    accept.append(this.queueSub = el('p', {class: 'sub'}), this.slots = el('div', {class: 'chips'}), this.clamp = el('p', {class: 'clamp'}));
    const program = column('Program', 'program');
    program.append(el('p', {class: 'sub'}, this.run.workers < 0 ? 'of the test' : this.run.workers === 0 ? 'no loop' : this.run.workers === 1 ? '1 worker' : this.run.workers + ' workers'), this.workers = el('div'), el('h5', {}, 'Descriptors'), this.fds = el('ul', {class: 'fds'}), this.fdSum = el('p', {class: 'sub2'}), this.servedSum = el('p', {class: 'sub2'}));
    const stage = el('div', {class: separate ? 'stage' : 'stage one'}, clients, net);
    if (separate) {
      const half = column('SYN queue', 'synq');
      half.append(this.halfSub = el('p', {class: 'sub'}), this.halves = el('div', {class: 'chips'}));
      stage.append(half);
    }
    stage.append(accept, program);
    return stage;
  }

  travel() {
    const times = this.run.transmissions.filter((t) => !t.lost && t.arrives > t.sent).map((t) => t.arrives - t.sent);
    if (!times.length) return 'at once';
    const least = times.reduce((a, b) => Math.min(a, b)), most = times.reduce((a, b) => Math.max(a, b));
    return least === most ? 'takes ' + ms(least, 3).replace(/\.?0+$/, '') + ' ms' : 'delay varies';
  }

  grid() {
    const grid = this.board = el('div', {class: this.run.names.length > many ? 'grid many' : 'grid', role: 'group', 'aria-label': `The clients on ${this.run.label}`});
    const shown = Math.min(this.run.names.length, mostClients);
    for (let i = 0; i < shown; i++) {
      if (i % 5 === 0) grid.append(el('span', {class: 'rowno', 'aria-hidden': 'true'}, String(i + 1)));
      const use = svg('use', {href: '#g-notyet', x: 5, y: 5, width: 16, height: 16});
      const back = svg('circle', {class: 'ringbg', cx: 13, cy: 13, r: 11.5}), ring = svg('circle', {class: 'ring', cx: 13, cy: 13, r: 11.5, pathLength: 100, transform: 'rotate(-90 13 13)'});
      back.style.display = ring.style.display = 'none';
      const cell = el('button', {class: 'cell', tabindex: i ? -1 : 0, onclick: () => this.pick(i + 1), onkeydown: (e) => this.move(e, i)},
        svg('svg', {width: 26, height: 26, viewBox: '0 0 26 26', 'aria-hidden': 'true'}, back, ring, use));
      this.cells.push({cell, use, back, ring, key: '', part: 0, hit: false});
      grid.append(cell);
    }
    if (shown < this.run.names.length) grid.append(el('span', {class: 'more'}, `+${this.run.names.length - shown}`));
    return grid;
  }

  // move walks through the grid with the arrow keys.
  move(e, i) {
    const wide = getComputedStyle(e.currentTarget.parentNode).gridTemplateColumns.split(' ').length - 1;
    const to = {ArrowRight: i + 1, ArrowLeft: i - 1, ArrowDown: i + wide, ArrowUp: i - wide}[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    if (this.cells[to]) this.cells[to].cell.focus();
  }

  lane() {
    const label = el('span', {class: 'sl'}), use = svg('use', {href: '#g-syn'}), mark = el('i', {}, svg('svg', {width: 14, height: 14, 'aria-hidden': 'true'}, use));
    const root = el('div', {class: 'seg'}, label, el('span', {class: 'track'}, mark));
    return {root, label, use, mark};
  }

  // draw shows the instant t; picked is a client.
  draw(t, picked, playing) {
    this.fold.to(t);
    this.drawCells(t, picked, playing);
    this.drawNetwork(t);
    const q = [...this.fold.queues.values()].find((x) => x.list.length) || [...this.fold.queues.values()][0];
    this.drawQueue(q, picked);
    if (this.run.separate) this.drawHalf(q, picked);
    this.drawProgram(t, picked);
    this.drawTally();
  }

  drawCells(t, picked, playing) {
    this.cells.forEach((c, i) => {
      const client = this.fold.clients[i], left = this.fold.waits(i + 1);
      const state = client.state + (picked === i + 1 ? ' picked' : '');
      const hit = playing && client.changed >= 0 && t - client.changed < playing * 0.7;
      if (c.hit !== Boolean(hit)) c.cell.classList.toggle('hit', c.hit = Boolean(hit));
      if (c.key !== state) {
        if (picked === i + 1 && !c.key.includes('picked') && this.cells.length > many) this.board.scrollTop = c.cell.offsetTop - this.board.offsetTop - 100;
        c.key = state;
        c.use.setAttribute('href', '#g-' + client.state);
        c.cell.classList.toggle('picked', picked === i + 1);
        c.cell.setAttribute('aria-pressed', String(picked === i + 1));
        c.cell.setAttribute('aria-label', c.cell.title = `${this.run.names[i]}: ${states[client.state]}`);
      }
      const part = left > 0 ? Math.ceil(left * 100) : 0;
      if (part === c.part) return;
      if (!part !== !c.part) c.back.style.display = c.ring.style.display = part ? '' : 'none';
      c.part = part;
      if (part) c.ring.setAttribute('stroke-dasharray', `${part} 100`);
    });
    const first = {};
    this.fold.clients.forEach((c, i) => {
      if (!['refused', 'ignored', 'lost', 'notyet'].includes(c.state)) return;
      const kind = c.state === 'notyet' ? 'asks' : 'again', next = this.fold.next(i + 1);
      if (next && (!first[kind] || next < first[kind].next)) first[kind] = {i, next};
    });
    const soon = ['asks', 'again'].filter((kind) => first[kind]);
    const key = soon.map((kind) => kind + first[kind].i).join();
    if (this.keys.soon !== key) {
      this.keys.soon = key;
      this.soon.replaceChildren(...soon.map((kind) => el('span', {}, `${this.run.names[first[kind].i]} ${kind} in `, el('b'))));
    }
    soon.forEach((kind, k) => put(this.soon.children[k].lastChild, span(first[kind].next - t)));
  }

  drawNetwork(t) {
    const list = this.lanes, here = [];
    let more = 0;
    for (let k = after(list, t, (x) => x.sent) - 1; k >= 0 && list[k].sent > t - this.lanes.longest; k--) {
      if (list[k].arrives <= t || list[k].lost) continue;
      if (list[k].lane < this.rows.length) here[list[k].lane] = list[k]; else more++;
    }
    this.rows.forEach((row, i) => {
      const s = here[i];
      row.root.style.visibility = s ? 'visible' : 'hidden';
      if (!s) return;
      const right = s.to === 'server', part = (t - s.sent) / (s.arrives - s.sent);
      put(row.label, row.label.title = `${nameOf(this.run, s.client)} ${s.kind}`);
      row.use.setAttribute('href', '#g-' + ({SYN: 'syn', RST: 'refused', FIN: 'fin', data: 'data'}[s.kind] || 'ack'));
      row.mark.className = right ? '' : 'left';
      row.mark.style.left = ((right ? part : 1 - part) * 100).toFixed(2) + '%';
    });
    put(this.moreSegs, more ? `and ${more} more` : '');
  }

  chip(e, shape, picked, note) {
    const c = this.fold.clients[e.client - 1], phantom = c && c.state === 'phantom' && shape === 'half';
    return el('button', {class: `chip${phantom ? ' ph' : ''}${picked === e.client ? ' picked' : ''}`, tabindex: -1, onclick: () => e.client && this.pick(e.client), 'aria-label': `${nameOf(this.run, e.client)}, ${phantom ? 'a phantom: half-open here, connected there' : e.mark}`},
      glyph(shape, 12), nameOf(this.run, e.client), note ? el('em', {}, note) : null);
  }

  drawQueue(q, picked) {
    if (!q) {
      put(this.queueSub, 'not listening');
      this.replace('slots', 'none', []);
      put(this.clamp, '');
      return;
    }
    const slots = q.list.filter((e) => takesSlot(q, e)), outside = q.list.filter((e) => !takesSlot(q, e) && e.mark !== 'half');
    const isFull = q.pending >= q.limit;
    put(this.queueSub, `${q.pending} of ${q.limit}${isFull ? ', full' : ''}`);
    this.queueSub.classList.toggle('full', isFull);
    const parts = [], key = [], total = Math.max(q.limit, slots.length);
    const room = total <= mostSlots ? total : mostSlots - 2;
    const force = q.backlog === this.run.backlog ? this.run.in_force : Math.max(0, Math.min(q.backlog, q.limit)); // the run knows the last one
    const line = () => {
      parts.push(el('div', {class: 'bl'}, `backlog ${force}`));
      key.push('line' + force);
    };
    for (let i = 0; i < Math.min(room, total); i++) {
      if (i === force && i > 0) line();
      const e = slots[i];
      if (e) parts.push(this.chip(e, e.mark === 'complete' ? 'queue' : e.mark === 'half' ? 'half' : e.mark === 'aborted' ? 'reset' : 'queue', picked, i === 0 && e.mark === 'complete' ? 'next' : ''));
      else parts.push(el('div', {class: 'chip free' + (i >= slots.length + q.available ? ' unfilled' : '')}));
      key.push(e ? e.client + e.mark : i < slots.length + q.available ? '.' : '_');
    }
    if (total > room) {
      const more = Math.max(0, slots.length - room);
      parts.push(el('p', {class: 'more'}, more ? `and ${more} more` : `${q.available} more free`));
      key.push('more' + more + '.' + q.available);
    }
    if (force >= room || force === total) line();
    for (const e of outside.slice(0, 4)) parts.push(this.chip(e, e.mark === 'held' ? 'half' : 'ack', picked, e.mark));
    key.push(outside.map((e) => e.client + e.mark).join());
    this.replace('slots', key.join(' ') + picked, parts);
    const lines = [`asked ${q.backlog}`];
    if (q.backlog === this.run.backlog) lines.push(`in force ${this.run.in_force}`);
    if (q.limit !== force) lines.push(`room for ${q.limit}`);
    if (this.clamp.textContent !== lines.join('')) this.clamp.replaceChildren(...lines.map((x) => el('span', {}, x)));
  }

  drawHalf(q, picked) {
    const list = q ? q.list.filter((e) => e.mark === 'half') : [];
    put(this.halfSub, list.length ? list.length + ' half-open' : 'empty');
    const shown = list.slice(0, list.length > mostSlots ? mostSlots - 1 : mostSlots);
    const parts = shown.map((e) => this.chip(e, 'half', picked, ''));
    if (shown.length < list.length) parts.push(el('p', {class: 'more'}, `and ${list.length - shown.length} more`));
    this.replace('halves', list.map((e) => e.client + (this.fold.clients[e.client - 1] || {state: ''}).state).join() + picked, parts);
  }

  // replace puts new children where their key has changed.
  replace(name, key, parts) {
    if (this.keys[name] === key) return;
    this.keys[name] = key;
    this[name].replaceChildren(...parts);
  }

  drawProgram(t, picked) {
    const list = [...this.fold.serving.values()];
    const shown = list.slice(0, 2);
    this.replace('workers', shown.map((w) => w.fd + '.' + w.client).join() + picked, shown.length ? shown.map((w) => this.worker(w)) : [this.worker(null)]);
    shown.forEach((w, i) => {
      const part = w.until ? Math.min(1, (t - w.since) / Math.max(1, w.until - w.since)) : 0.001;
      const a = 2 * Math.PI * part, box = this.workers.children[i];
      box.querySelector('.warc').setAttribute('d', part >= 1 ? 'M26 4A22 22 0 1 1 25.9 4Z' : `M26 26L26 4A22 22 0 ${part > 0.5 ? 1 : 0} 1 ${(26 + 22 * Math.sin(a)).toFixed(2)} ${(26 - 22 * Math.cos(a)).toFixed(2)}Z`);
      put(box.querySelector('.wleft'), w.until ? span(w.until - t) + ' left' : 'not closed');
    });
    const open = [...this.fold.open].sort((a, b) => a[0] - b[0]);
    const held = open.slice(0, 4);
    this.replace('fds', open.map((x) => x.join()).join(' ') + list.map((w) => w.client), [
      ...held.map(([fd, what]) => el('li', {}, el('b', {}, String(fd)), what === 'c' ? nameOf(this.run, (this.fold.serving.get(fd) || {}).client) : what)),
      ...(open.length > held.length ? [el('li', {}, `and ${open.length - held.length} more`)] : [])]);
    const limit = this.run.descriptors;
    put(this.fdSum, limit ? `${open.length} of ${limit}${open.length >= limit ? ', none free' : ''}` : `${open.length} used, no limit`);
    this.fdSum.classList.toggle('starved', limit > 0 && open.length >= limit);
    put(this.servedSum, `${this.fold.clients.filter((c) => c.state === 'done').length} of ${this.fold.clients.length} served`);
  }

  worker(w) {
    return el('div', {class: 'worker'}, svg('svg', {width: 52, height: 52, viewBox: '0 0 52 52', 'aria-hidden': 'true'}, svg('circle', {cx: 26, cy: 26, r: 23, class: w ? 'wbg' : 'wbg idle'}), svg('path', {class: 'warc', d: ''})),
      el('b', {}, w ? nameOf(this.run, w.client) : this.run.workers ? 'idle' : 'nobody'), el('span', {class: 'wleft'}, w ? '' : this.run.workers ? 'waits in accept' : 'is served'));
  }

  // legend says what a state is; only who really asks again will do so.
  legend(state, count) {
    if (state === 'phantom' && count > 1) return 'phantoms';
    const again = this.fold.clients.some((c, i) => c.state === state && this.fold.next(i + 1));
    return again ? states[state] : states[state].replace(', will ask again', '');
  }

  drawTally() {
    const count = {};
    for (const c of this.fold.clients) count[c.state] = (count[c.state] || 0) + 1;
    const here = Object.keys(states).filter((s) => count[s]);
    this.replace('tally', here.map((s) => s + count[s] + this.legend(s, count[s])).join(), here.map((s) => el('li', {'data-state': s}, glyph(s), el('b', {}, String(count[s])), ' ' + this.legend(s, count[s]))));
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
