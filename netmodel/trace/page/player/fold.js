// fold.js derives the state of a run at an instant from its records. It decides nothing: each
// step is what a record tells.

import {served, after} from './data.js';

// states lists the states of a client in the order of the legend, with the words for them.
export const states = {
  done: 'served', serve: 'being served', queue: 'in the queue', half: 'half-open', ack: 'connected, ACK on its way', refused: 'refused, will ask again', failed: 'failed for good',
  ignored: 'ignored, will ask again', phantom: 'phantom', reset: 'reset', gaveup: 'gave up', lost: 'SYN lost', syn: 'SYN on its way', notyet: 'not yet asked',
};

const waiting = new Set(['refused', 'ignored', 'lost']);

export class Fold {
  constructor(run) {
    this.run = run;
    this.every = Math.max(1000, run.names.length);
    this.saves = []; // the state before each so many records, so that no seek is long
    this.seen = new Set(); // the states that any client ever has
    this.firsts = []; // the first SYN of each client
    this.agains = []; // and all others, each in order of time
    for (const r of run.records) if (r.client && (r.kind === 'syn_sent' || r.kind === 'syn_sent_again')) (run.asks.get(r.client)[0] === r.at && r.kind === 'syn_sent' ? this.firsts : this.agains).push(r);
    this.n = 0; // records applied
    this.t = -1;
    this.all = true; // more has changed than dirty tells
    this.dirty = new Set(); // the clients that have changed since somebody cleared this
    this.clients = run.names.map(() => ({state: 'notyet', since: 0, connected: 0, told: '', changed: -1, next: 0}));
    this.count = {notyet: run.names.length};
    this.again = {}; // of these, who will ask again
    this.waiting = new Set();
    this.queues = new Map(); // by descriptor
    this.open = new Map(); // descriptors of the server's program
    this.serving = new Map(); // accepted connections, by descriptor
    this.mostHalf = this.mostServing = 0;
    while (this.n < run.records.length) {
      if (this.n % this.every === 0) this.saves.push(this.copy(this));
      this.apply(run.records[this.n++]);
      for (const q of this.queues.values()) this.mostHalf = Math.max(this.mostHalf, q.half);
      this.mostServing = Math.max(this.mostServing, this.serving.size);
    }
    for (const c of this.clients) this.seen.add(c.state);
    this.t = Infinity;
  }

  copy(s) {
    return {n: s.n, clients: s.clients.map((c) => ({...c})), count: {...s.count}, again: {...s.again}, waiting: new Set(s.waiting), open: new Map(s.open), serving: new Map(s.serving),
      queues: new Map([...s.queues].map(([fd, q]) => [fd, {...q, list: q.list.map((e) => ({...e}))}]))};
  }

  // to moves to an instant; all that happened at it has happened.
  to(t) {
    const records = this.run.records, n = after(records, t, (r) => r.at), save = this.saves[Math.min(this.saves.length - 1, Math.floor(n / this.every))];
    if (n < this.n || save && save.n > this.n) {
      if (save) Object.assign(this, this.copy(save));
      this.all = true;
    }
    while (this.n < n) this.apply(records[this.n++]);
    this.t = t;
    return this;
  }

  // next is when a client asks again, 0 if it does not.
  next(client) {
    const asks = this.run.asks.get(client) || [];
    return asks[after(asks, this.t)] || 0;
  }

  // waits is what part of the wait for its next SYN is left to a client, 0 if it does not wait.
  waits(client) {
    const c = this.clients[client - 1];
    return c.next ? (c.next - this.t) / (c.next - c.since) : 0;
  }

  // soon lists who sends the next first SYN, and the next other one.
  soon() {
    const first = this.firsts[after(this.firsts, this.t, (r) => r.at)];
    let k = after(this.agains, this.t, (r) => r.at);
    while (k < this.agains.length && !this.waiting.has(this.agains[k].client)) k++;
    return [['asks', first], ['again', this.agains[k]]].filter((x) => x[1]);
  }

  apply(r) {
    this.queue(r);
    this.program(r);
    const c = r.client && this.clients[r.client - 1];
    if (!c) return;
    const state = become(c, r);
    if (!state || state === c.state) return;
    this.seen.add(c.state);
    this.count[c.state]--;
    this.count[state] = (this.count[state] || 0) + 1;
    if (c.next) this.again[c.state]--;
    c.state = state;
    c.since = c.changed = r.at;
    this.t = r.at;
    c.next = waiting.has(state) ? this.next(r.client) : 0;
    if (c.next) this.again[state] = (this.again[state] || 0) + 1;
    if (c.next) this.waiting.add(r.client); else this.waiting.delete(r.client);
    this.dirty.add(r.client);
  }

  // program follows the descriptors of the server's program.
  program(r) {
    if (r.host !== 'server') return;
    if (r.kind === 'request_accepted') {
      const until = this.run.closes.get(r.client + '.' + r.attempt) || 0;
      this.serving.set(r.value, {fd: r.value, client: r.client, since: r.at, until});
      this.open.set(r.value, 'c');
    } else if (r.kind === 'called' && !r.errno && r.fd) {
      if (r.call === 'close') {
        this.open.delete(r.fd);
        this.serving.delete(r.fd);
        this.queues.delete(r.fd);
      } else if (r.call === 'listen') this.open.set(r.fd, 'listener');
      else if (r.call === 'open') this.open.set(r.fd, 'file');
      else if (!this.open.has(r.fd) && ['socket', 'bind'].includes(r.call)) this.open.set(r.fd, 'socket');
    }
  }

  // queue follows who is in the queue of a listener, in the order of accept.
  queue(r) {
    if (r.host !== 'server') return;
    const listens = r.kind === 'called' && r.call === 'listen' && !r.errno;
    if (!listens && !changesQueue.has(r.kind) && !(r.kind === 'called' && r.call === 'accept' && r.limit)) return;
    if (r.cause === 'listener closed' || r.kind === 'request_refused' && !r.limit) return;
    let q = this.queues.get(r.fd);
    if (!q) this.queues.set(r.fd, q = {fd: r.fd, backlog: 0, list: [], separate: this.run.separate, starved: false});
    if (listens) q.backlog = r.value;
    if (listens && r.pending === 0) q.list = [];
    Object.assign(q, {limit: r.limit, pending: r.pending, available: r.available, half: r.half});
    q.separate ||= r.half > 0;
    const at = q.list.findIndex((e) => e.client === r.client && e.attempt === r.attempt);
    const entry = at >= 0 ? q.list[at] : {client: r.client, attempt: r.attempt, mark: ''};
    switch (r.kind) {
      case 'request_queued': case 'request_offered': case 'request_held':
        if (at >= 0) q.list.splice(at, 1);
        entry.mark = r.kind === 'request_queued' ? 'half' : r.kind === 'request_offered' ? 'offered' : 'held';
        q.list.push(entry);
        break;
      case 'ack_put_off':
        if (r.cause === 'waits for room') entry.mark = 'held';
        break;
      case 'completed':
        if (at >= 0) q.list.splice(at, 1);
        entry.mark = 'complete';
        q.list.splice(Math.min(r.value, q.list.length), 0, entry);
        break;
      case 'aborted_pending':
        entry.mark = 'aborted';
        break;
      case 'deferred':
        entry.mark = 'deferred';
        break;
      case 'request_accepted': case 'reset_pending': case 'withdrawn':
        if (at >= 0) q.list.splice(at, 1);
    }
  }
}

// become returns the state of a client after a record, '' if it stays.
export function become(c, r) {
  switch (r.kind) {
    case 'syn_sent':
      c.connected = 0;
      c.told = '';
      return 'syn';
    case 'syn_sent_again': return ['syn', 'refused', 'ignored', 'lost'].includes(c.state) ? 'syn' : '';
    case 'request_queued': case 'request_offered': case 'request_held': case 'cookie_sent': return c.connected ? 'ack' : 'half';
    case 'connected':
      c.connected = r.at;
      return c.state === 'half' ? 'ack' : ['queue', 'serve', 'done'].includes(c.state) ? '' : 'phantom';
    case 'completed': return 'queue';
    case 'ack_ignored': case 'ack_put_off': return c.connected ? 'phantom' : 'half';
    case 'request_refused': return 'refused';
    case 'request_ignored': return c.connected ? 'phantom' : 'ignored';
    case 'request_accepted': return 'serve';
    case 'reset_pending': return r.value === 1 ? 'refused' : 'reset';
    case 'withdrawn': return c.state === 'gaveup' || c.state === 'failed' ? '' : c.connected ? 'phantom' : 'ignored';
    case 'connect_failed':
      c.told = r.errno;
      return 'failed';
    case 'broken':
      c.told = r.errno;
      return c.state === 'done' ? '' : 'reset';
    case 'gave_up': return c.state === 'done' ? '' : 'gaveup';
    case 'lost': return r.value === 1 && c.state === 'syn' ? 'lost' : '';
  }
  return served(r) ? 'done' : '';
}

const changesQueue = new Set(['request_queued', 'request_offered', 'request_refused', 'request_ignored', 'completed', 'request_accepted', 'reset_pending', 'deferred', 'aborted_pending',
  'withdrawn', 'slot_filled', 'cookie_sent', 'ack_ignored', 'ack_put_off', 'request_held']);

// takesSlot reports whether an entry of a queue counts against its limit.
export const takesSlot = (q, e) => e.mark !== 'offered' && e.mark !== 'held' && !(e.mark === 'half' && q.separate);
