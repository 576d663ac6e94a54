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
    this.reset();
  }

  reset() {
    this.n = 0; // records applied
    this.t = -1;
    this.clients = this.run.names.map(() => ({state: 'notyet', since: 0, connected: 0, told: '', changed: -1}));
    this.queues = new Map(); // by descriptor
    this.open = new Map(); // descriptors of the server's program
    this.serving = new Map(); // accepted connections, by descriptor
  }

  // to moves to an instant; all that happened at it has happened.
  to(t) {
    if (t < this.t) this.reset();
    this.t = t;
    const records = this.run.records;
    while (this.n < records.length && records[this.n].at <= t) this.apply(records[this.n++]);
    return this;
  }

  // next is when a client asks again, 0 if it does not.
  next(client) {
    const asks = this.run.asks.get(client) || [];
    return asks[after(asks, this.t)] || 0;
  }

  // waits reports whether a client waits for its next SYN, and what part of the wait is left.
  waits(client) {
    const c = this.clients[client - 1];
    if (!waiting.has(c.state)) return 0;
    const next = this.next(client);
    return next ? (next - this.t) / (next - c.since) : 0;
  }

  apply(r) {
    this.queue(r);
    this.program(r);
    const c = r.client && this.clients[r.client - 1];
    if (!c) return;
    const state = this.become(c, r);
    if (state && state !== c.state) {
      c.state = state;
      c.since = c.changed = r.at;
    }
  }

  // become returns the state of a client after a record, '' if it stays.
  become(c, r) {
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

const changesQueue = new Set(['request_queued', 'request_offered', 'request_refused', 'request_ignored', 'completed', 'request_accepted', 'reset_pending', 'deferred', 'aborted_pending',
  'withdrawn', 'slot_filled', 'cookie_sent', 'ack_ignored', 'ack_put_off', 'request_held']);

// takesSlot reports whether an entry of a queue counts against its limit.
export const takesSlot = (q, e) => e.mark !== 'offered' && e.mark !== 'held' && !(e.mark === 'half' && q.separate);
