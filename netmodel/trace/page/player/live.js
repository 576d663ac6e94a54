// live.js is the panel of a page with a simulator: knobs, acts at the present instant, systems.
// It asks the simulator and hands the runs on; it decides nothing.

import {el, put} from './dom.js';
import {bytesOf, readRun, properNames, ms} from './data.js';

const sight = ['backlog', 'workers', 'service', 'every', 'clients', 'latency', 'descriptors'];
const titles = {
  backlog: 'Backlog', workers: 'Workers', service: 'Service time', every: 'Arrivals every', clients: 'Clients', latency: 'Latency', descriptors: 'Descriptors', relisten: 'Second listen',
  backoff: 'Pause after WSAEMFILE', loss: 'Loss', giveup: 'Patience of clients', send: 'Bytes that a client sends', retries: 'Retries of a client',
};
const slow = 150; // milliseconds of a run from which on a slider plays at its end only

// plain writes a value as the simulator reads it.
export function plain(unit, v) {
  if (unit === 'ratio') return String(v / 1e6);
  if (unit !== 'duration') return String(v);
  const [size, name] = v >= 1e9 ? [1e9, 's'] : v >= 1e6 || !v ? [1e6, 'ms'] : v >= 1e3 ? [1e3, 'us'] : [1, 'ns'];
  return Number((v / size).toFixed(6)) + name;
}

// amount reads such a text as a number.
function amount(unit, text) {
  if (unit !== 'duration') return unit === 'ratio' ? Math.round(Number(text) * 1e6) : Number(text);
  let sum = 0;
  for (const [, n, u] of text.matchAll(/([\d.]+)(h|ms|m|us|µs|ns|s)/g)) sum += Number(n) * {h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, 'µs': 1e3, ns: 1}[u];
  return sum;
}

const escapeQuery = (v) => encodeURIComponent(v).replace(/%(3A|2C|3D|2F)/g, decodeURIComponent).replace(/'/g, '%27'); // it stands in quotes of a shell

// flips lists the clients whose outcome differs between two lists of runs of the same systems.
export function flips(before, after) {
  const list = [];
  after.forEach((run, i) => {
    const old = [before[i], ...before].find((r) => r?.profile === run.profile && r.label === run.label) || before[i];
    if (!old || old.profile !== run.profile) return;
    const was = outcomes(old), is = outcomes(run);
    for (const [name, to] of is) if (was.has(name) && was.get(name) !== to) list.push({label: run.label, index: i, name, client: run.names.indexOf(name) + 1, from: was.get(name), to});
  });
  return list;
}

const outcomeWords = {accepted: 'served', refused: 'refused', reset: 'reset', 'timed out': 'timed out', 'gave up': 'gone'};

// outcomes are the last outcomes of all clients, by name.
const outcomes = (run) => new Map(run.results.map((r) => [run.names[r.client - 1], outcomeWords[r.outcome] || r.progress || r.outcome]));

export class Playground {
  // act has changed(runs), now() and busy(); about is what the page knows of its simulator.
  constructor(part, simulator, about, act) {
    Object.assign(this, {part, live: part.live, simulator, about, act, code: bytesOf(part.live.code), cost: 0});
    this.reset();
  }

  reset() {
    const l = this.live;
    Object.assign(this, {systems: l.systems.map((s) => ({...s})), set: new Map(l.set.map((s) => [s.name, s.value])), inputs: [...l.inputs], seed: l.seed, clients: l.clients});
  }

  profile(name) { return this.about.profiles.find((p) => p.name === name); }

  // settings are those that a system can have: knobs, its own, and settings of its kernel.
  settings(system) {
    const all = new Map(this.set);
    for (const s of system.set) if (!all.has(s.name)) all.set(s.name, s.value);
    const kernel = this.profile(system.profile)?.settings || [];
    return [...all].filter(([name]) => this.live.knobs.some((k) => k.name === name) || kernel.some((s) => s.name === name || s.name.endsWith('.' + name)));
  }

  // play returns the runs of the present state. It throws the error of the simulator.
  play() {
    const began = performance.now(), runs = this.systems.map((s, i) => this.one(s, i));
    const took = performance.now() - began; // one slow play, such as the first, is no reason
    this.cost = Math.min(this.took || 0, took);
    this.took = took;
    return runs;
  }

  // one returns the run of one system.
  one(s, i) {
    const run = this.simulator.play(this.code, [['profile', s.profile], ...(this.clients ? [['clients', this.clients]] : []), ['seed', this.seed],
      ...this.settings(s).map(([k, v]) => ['set', `${k}=${v}`]), ...this.inputs.map((x) => ['do', x])]);
    run.label = s.set.some((own) => this.set.has(own.name)) ? '' : s.label || ''; // the label tells of its own settings
    run.command = `wspsim run --from '${this.moment([s])}'${this.live.flags ? ' ' + this.live.flags : ''}`;
    return readRun(run, i);
  }

  // moment is the state as one line of text.
  moment(systems = this.systems) {
    const sets = systems.length === 1 ? this.settings(systems[0]) : [...this.set];
    const query = [['profile', systems.map((s) => [s.profile, ...(systems.length > 1 ? s.set.map((x) => `${x.name}=${x.value}`) : [])].join(';')).join()], ...(this.clients ? [['clients', this.clients]] : []), ...(this.seed === '1' ? [] : [['seed', this.seed]]),
      ...sets.map(([k, v]) => ['set', `${k}=${v}`]), ...this.inputs.map((x) => ['do', x])];
    return `${this.live.scenario}?${query.map(([k, v]) => `${k}=${escapeQuery(v)}`).join('&')}`;
  }

  // restore takes the state of an address. It throws what is wrong with it.
  restore(query) {
    this.reset();
    const names = (query.get('profile') || '').split(',').filter(Boolean);
    if (names.length > 3) throw new Error('a page shows 1 to 3 systems side by side');
    if (names.length) {
      this.systems = names.map((text) => {
        const [profile, ...own] = text.split(';'), set = own.map((x) => ({name: x.split('=')[0], value: x.slice(x.indexOf('=') + 1)})), key = (s) => JSON.stringify([s.profile, s.set]);
        return this.live.systems.find((s) => key(s) === key({profile, set})) || {profile, set};
      });
    }
    for (const s of query.getAll('set')) {
      const at = s.indexOf('=');
      if (at > 0) this.set.set(s.slice(0, at), s.slice(at + 1));
    }
    if (query.has('do')) this.inputs = query.getAll('do');
    this.seed = query.get('seed') || this.seed;
    this.clients = query.get('clients') || this.clients;
    for (const name of this.set.keys()) if (!this.systems.some((s) => !this.profile(s.profile) || this.settings(s).some(([n]) => n === name))) throw new Error(`no system here has a setting ${name.slice(0, 60)}`);
  }

  // change alters the state and plays; if the simulator refuses, all stays as it was.
  change(alter) {
    const before = {systems: this.systems, set: new Map(this.set), inputs: this.inputs, seed: this.seed, clients: this.clients};
    alter();
    try {
      const runs = this.play(), old = this.act.runs();
      this.say('');
      if (this.hint) put(this.hint, '');
      this.act.changed(runs);
      this.tell(flips(old, runs));
      return true;
    } catch (e) {
      Object.assign(this, before);
      this.say(e.message);
      return false;
    } finally {
      this.sync();
    }
  }

  // tell lists whose outcome is another one now.
  tell(list) {
    this.told?.replaceChildren(...(list.length ? [el('p', {}, list.length === 1 ? 'One client fares otherwise:' : `${list.length} clients fare otherwise:`),
      el('ul', {}, ...list.slice(0, 8).map((f) => el('li', {}, el('button', {class: 'link', onclick: () => this.act.pick(f.client)}, f.name), ` on ${f.label}: ${f.from}, now ${f.to}`))),
      list.length > 8 ? el('p', {class: 'note'}, `and ${list.length - 8} more`) : ''] : []));
    this.act.flip(list);
  }

  // backlog is what the line of the backlog in a chart needs, null if it cannot be changed.
  backlog() {
    const knob = this.live.knobs.find((k) => k.name === 'backlog');
    if (!knob || !this.card) return null;
    return {value: amount('count', this.value(knob)), least: Math.max(knob.min, 0), most: Math.min(knob.max, 65535), to: (v) => this.change(() => this.set.set('backlog', String(v))), peek: (v) => {
      const kept = this.set;
      this.set = new Map(kept).set('backlog', String(v));
      try { this.tell(flips(this.act.runs(), this.play())); } catch (e) { this.say(e.message); } finally { this.set = kept; }
    }};
  }

  // nearest looks for the backlog nearest to the present one that changes an outcome.
  nearest() {
    const knob = this.live.knobs.find((k) => k.name === 'backlog'), now = amount('count', this.value(knob)), base = this.act.runs(), kept = new Map(this.set), began = performance.now();
    let found = 'No backlog near this one changes how a client ends.';
    try {
      search: for (let d = 1; d < 1000 && performance.now() - began < 2000; d++) {
        for (const v of [now + d, now - d]) {
          if (v < Math.max(knob.min, 0) || v > knob.max) continue;
          this.set = new Map(kept).set('backlog', String(v));
          const list = flips(base, this.play());
          if (!list.length) continue;
          found = `Backlog ${v}: ${list[0].name} on ${list[0].label} is ${list[0].to}, not ${list[0].from}${list.length > 1 ? `; ${list.length} clients in all` : ''}.`;
          break search;
        }
      }
      put(this.hint, found);
    } catch (e) { this.say(e.message); } finally { this.set = kept; }
  }

  say(error) {
    if (this.error) put(this.error, error && error[0].toUpperCase() + error.slice(1) + '.');
  }

  // input adds an act just behind the present instant, so that the past stays as it is.
  input(action) {
    const at = Number(((this.act.now() + 1) / 1e6).toFixed(6));
    if (this.change(() => { this.inputs = [...this.inputs, `${at}ms:${action}`]; })) this.act.acted();
  }

  // panel builds the card.
  panel() {
    this.rows = [];
    const knobs = this.live.knobs.filter((k) => sight.includes(k.name)).sort((a, b) => sight.indexOf(a.name) - sight.indexOf(b.name)), rest = this.live.knobs.filter((k) => !sight.includes(k.name));
    this.error = el('p', {class: 'error', role: 'status'});
    this.acts = el('ul', {class: 'inputs', 'aria-label': 'What you did'});
    this.kernel = el('div');
    this.card = el('section', {class: 'card try', 'aria-label': 'Try it'}, el('h2', {}, 'Try it'), ...knobs.map((k) => this.knob(k)), this.error, this.told = el('div', {class: 'told', role: 'status'}),
      this.live.knobs.some((k) => k.name === 'backlog') ? el('div', {class: 'row'}, el('button', {class: 'btn', id: 'nearest', onclick: () => this.nearest()}, 'Nearest backlog that changes somebody')) : null, this.hint = el('p', {class: 'note', role: 'status'}), this.actions(), this.acts,
      el('details', {class: 'more'}, el('summary', {}, 'More: systems, kernel, seed'), ...rest.map((k) => this.knob(k)), this.kernel),
      el('div', {class: 'row'}, el('button', {class: 'btn', id: 'which', onclick: () => this.act.which()}, 'Which system?'), this.undo = el('button', {class: 'btn', onclick: () => this.change(() => { this.inputs = this.inputs.slice(0, -1); })}, 'Undo the last act'),
        el('button', {class: 'btn', onclick: () => this.change(() => this.reset())}, 'Start over')));
    this.sync();
    return this.card;
  }

  // knob is a slider over what is usual, and a field for every legal value.
  knob(k) {
    const usual = Math.min(k.max, k.unit === 'count' ? Math.max(k.value * 5, 20) : Math.max(k.value * 10, k.unit === 'ratio' ? 5e5 : 1e8)), low = Math.max(k.min, 0);
    const at = (v) => Math.round(Math.sqrt(Math.min(1, Math.max(0, (v - low) / (usual - low || 1)))) * 200);
    const value = (p) => {
      const v = low + (usual - low) * (p / 200) ** 2, unit = k.unit === 'count' ? 1 : 10 ** Math.max(0, Math.floor(Math.log10(v || 1)) - 1);
      return Math.round(v / unit) * unit;
    };
    const to = (text) => this.change(() => this.set.set(k.name, text));
    const slider = el('input', {type: 'range', min: 0, max: 200, 'aria-label': titles[k.name] || k.name, oninput: (e) => this.cost < slow && to(plain(k.unit, value(Number(e.target.value)))), onchange: (e) => this.cost >= slow && to(plain(k.unit, value(Number(e.target.value)))),
      onkeydown: (e) => { // a step of a slider may be less than a step of the number
        const by = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[e.key];
        if (!by || k.unit !== 'count') return;
        e.preventDefault();
        to(String(Math.max(k.min, Math.min(k.max, amount(k.unit, this.value(k)) + by))));
      }});
    const field = el('input', {type: 'text', size: 7, spellcheck: 'false', autocomplete: 'off', 'aria-label': `${titles[k.name] || k.name}, exactly`, onchange: (e) => to(e.target.value.trim())});
    this.rows.push(() => {
      const text = this.value(k);
      slider.value = at(amount(k.unit, text));
      slider.setAttribute('aria-valuetext', text);
      if (document.activeElement !== field || !this.error.textContent) field.value = text;
    });
    return el('div', {class: 'knob', 'data-knob': k.name, title: k.help}, el('span', {}, titles[k.name] || k.name), slider, field);
  }

  value(k) { return this.set.get(k.name) ?? this.systems[0].set.find((s) => s.name === k.name)?.value ?? plain(k.unit, k.value); }

  actions() {
    const number = (value, name, min = 1) => el('input', {type: 'number', value, min, 'aria-label': name});
    const many = number(20, 'Clients of the burst'), again = number(5, 'Backlog of the next listen', -1), some = number(1, 'Descriptors');
    const button = (label, action) => el('button', {class: 'btn', 'data-act': label.split(' ')[0].toLowerCase(), onclick: () => this.input(action())}, label);
    return el('div', {class: 'acts', role: 'group', 'aria-label': 'Act at the present instant'}, this.when = el('p', {class: 'note'}),
      button('Knock', () => 'knock'), el('span', {}, button('Burst', () => `burst=${many.value}`), many), el('span', {}, button('Listen again', () => `listen=${again.value}`), again),
      el('span', {}, some, button('Take descriptors', () => `take=${some.value}`), button('Give back', () => `give=${some.value}`)), button('Stall a worker', () => 'stall=100ms'), button('Close the listener', () => 'close'));
  }

  // at tells when an act would happen.
  at(t) { if (this.when) put(this.when, `At ${ms(t)} ms, something happens:`); }

  // sync shows the state.
  sync() {
    if (!this.card) return;
    for (const row of this.rows) row();
    this.undo.disabled = !this.inputs.length;
    this.acts.replaceChildren(...this.inputs.map((x, i) => el('li', {}, el('code', {}, x.replace(/(\.\d{3})\d+ms/, '$1ms')), el('button', {class: 'btn', 'aria-label': `Take back ${x}`, onclick: () => this.change(() => { this.inputs = this.inputs.filter((_, n) => n !== i); })}, '×'))));
    const key = JSON.stringify([this.systems, this.clients, this.seed, this.error.textContent]); // the rest keeps the focus
    if (key === this.key) return;
    this.key = key;
    this.kernel.replaceChildren(...[...this.systems.map((s, i) => this.system(s, i)),
      this.systems.length < 3 ? el('button', {class: 'btn', onclick: () => this.change(() => { this.systems = [...this.systems, {profile: this.about.profiles.find((p) => !this.systems.some((s) => s.profile === p.name)).name, set: []}]; })}, 'One more system') : null,
      this.choice('Clients run', [['', 'the stack of the server'], ...this.about.profiles.map((p) => [p.name, p.long])], this.clients, (v) => { this.clients = v; }),
      el('label', {class: 'knob'}, el('span', {}, 'Seed'), el('input', {type: 'text', value: this.seed, onchange: (e) => this.change(() => { this.seed = e.target.value.trim(); })}))].filter(Boolean));
  }

  choice(label, options, value, alter) {
    return el('label', {class: 'knob'}, el('span', {}, label), el('select', {onchange: (e) => this.change(() => alter(e.target.value))}, ...options.map(([v, text]) => el('option', {value: v, selected: v === value}, text))));
  }

  // system chooses a profile and the settings of its kernel.
  system(s, i) {
    const own = this.profile(s.profile).settings;
    return el('fieldset', {}, el('legend', {}, s.label || properNames[s.profile] || s.profile),
      this.choice('System', this.about.profiles.map((p) => [p.name, `${p.name}: ${p.long}`]), s.profile, (profile) => { this.systems = this.systems.map((x, n) => n === i ? {profile, set: x.set} : x); }),
      ...own.map((k) => el('label', {class: 'knob'}, el('span', {}, k.name), el('input', {type: 'text', value: this.set.get(k.name) ?? s.set.find((x) => x.name === k.name)?.value ?? k.value, onchange: (e) => this.change(() => this.set.set(k.name, e.target.value.trim()))}))),
      this.systems.length > 1 ? el('button', {class: 'btn', onclick: () => this.change(() => { this.systems = this.systems.filter((_, n) => n !== i); })}, 'Without this system') : null);
  }
}
