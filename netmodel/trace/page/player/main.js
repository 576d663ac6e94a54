// main.js keeps the instant and the picked client, and wires everything to clicks and keys.

import {$, el, put, show} from './dom.js';
import {readDocument, readRun, ms, after} from './data.js';
import {Fold} from './fold.js';
import {sentence, jumps, capital} from './words.js';
import {Axis} from './axis.js';
import {Scene} from './scene.js';
import {Charts} from './chart.js';
import {ClientCard, ruleChip} from './client.js';
import {Differs} from './differs.js';
import {LessonCard} from './lesson.js';
import {Simulator} from './sim.js';
import {Playground} from './live.js';
import {Which} from './which.js';

const doc = await readDocument($('data').textContent);
let simulator = null; // starts while the first part is on the stage already
const state = {t: 0, client: 0, playing: false, speed: 50, asking: false, system: 'all'};
const reduced = matchMedia('(prefers-reduced-motion:reduce)');

// The slowest speed shows the briefest flight of a segment; the slider goes a million up or more.
const decades = () => Math.max(6, Math.log10(axis.active / 4e5)); // a run plays in 20 s at most
const rate = (v) => 2e4 * 10 ** (v / 100 * decades()); // virtual nanoseconds a second

// What is on the stage: a part of the document, its runs, and what is derived from them.
let part, ground, runs, folds, axis, spoken, stops, scenes, charts, card, riddle;

// drawCharts makes the charts, with a handle on the backlog if the page can play again.
function drawCharts() {
  $('charts').replaceChildren();
  charts = new Charts($('charts'), runs, axis, (t) => seek(t), runs[0].profile === '?' ? null : ground?.backlog());
}

// mount puts runs on the stage.
function mount(next) {
  runs = next;
  folds = runs.map((r) => new Fold(r));
  axis = new Axis(runs);
  spoken = runs.flatMap((run) => run.records.map((r) => ({run, r, at: r.at})).filter((x) => sentence(run, x.r))).sort((a, b) => a.at - b.at || a.run.index - b.run.index || a.r.n - b.r.n);
  stops = [...new Set(spoken.map((x) => x.at))];
  scenes = runs.map((run, i) => new Scene(run, folds[i], pick));
  drawCharts();
  card = new ClientCard($('picked'), runs, folds, seek);
  new Differs($('differs'), runs, scenes, (client, t) => { state.client = client; seek(t); });
  rows = [];
  state.t = Math.min(state.t, axis.end);
  if (state.client > runs[0].names.length) state.client = 0;
  document.documentElement.style.setProperty('--n', runs.length);
  $('scenes').dataset.n = runs.length;
  $('scenes').replaceChildren(...scenes.map((s) => s.root));
  $('switch').hidden = runs.length < 2;
  $('switch').replaceChildren(...[...runs.map((r) => [r.index, r.label]), ['all', runs.length === 2 ? 'Both' : 'All']].map(([v, label]) => el('button', {'data-v': v, onclick: () => { system(v); draw(); }}, label)));
  for (const b of $('jumps').querySelectorAll('[data-jump]')) {
    const is = jumps.find((j) => j.name === b.dataset.jump).is, there = spoken.some((x) => is(x.r));
    b.disabled = !there;
    b.title = there ? '' : `No ${b.dataset.jump} in this run`;
  }
  system(runs[state.system] || state.system === 'all' ? state.system : 'all');
  const told = about();
  document.querySelector('.about')?.replaceWith(told);
  if (!told.isConnected) $('aside').append(told);
  if ($('events').open) openTable();
}

// seek moves to an instant and stops.
function seek(t) {
  if (state.asking) return;
  stop();
  go(t);
}

function go(t) {
  state.t = Math.max(0, Math.min(axis.end, Math.round(t)));
  draw();
  if (!state.playing) remember();
}

let read = 0;
function draw() {
  const t = state.t;
  put($('clock'), ms(t) + ' ms');
  ground?.at(t);
  document.body.toggleAttribute('data-start', state.asking && t === 0);
  for (const s of scenes) s.draw(t, state.client, state.playing && !reduced.matches ? rate(state.speed) : 0);
  charts.draw(t);
  const now = performance.now(); // what nobody reads sixty times a second waits
  if (state.playing && now < read) return;
  read = now + 100;
  if (state.client) card.draw(t, state.client);
  narrate(t);
  drawTable();
}

// narrate says what happened last, of all systems at once.
function narrate(t) {
  const n = after(spoken, t, (x) => x.at), last = spoken[n - 1];
  if (!last) return put($('narr'), 'Nothing has happened yet.');
  const said = runs.map((run) => {
    const here = [];
    for (let k = n - 1; k >= 0 && spoken[k].at === last.at; k--) if (spoken[k].run === run) here.unshift(spoken[k]);
    return {run, here};
  }).filter((x) => x.here.length);
  const texts = said.map((x) => x.here.slice(-2).map((y) => cited(x.run, y.r)).join(' '));
  const alike = said.length === runs.length && texts.every((x) => x === texts[0]);
  const words = alike ? texts[0] : said.map((x, i) => runs.length > 1 ? `${x.run.label}: ${texts[i]}` : texts[i]).join(' ');
  put($('narr'), words);
}

// cited is a sentence with the rule in it.
function cited(run, r) {
  return r.rule ? sentence(run, r).replace(/\.( |$)/, ` (${r.rule}).$1`) : sentence(run, r);
}

function pick(client) {
  state.client = client;
  draw();
  remember();
}

// Playing. One frame moves the instant; a folded stretch takes a third of a second.
let before = 0;
function frame(now) {
  if (!state.playing) return;
  const dt = Math.min(100, now - before) / 1000, part = axis.part(state.t);
  before = now;
  let t = state.t + (part.fold ? Math.max((part.to - part.from) * 3, rate(state.speed)) : rate(state.speed)) * dt;
  if (part.fold) t = Math.min(t, Math.max(part.to, state.t + 1));
  go(t);
  if (state.t >= axis.end) stop(); else requestAnimationFrame(frame);
}

function play() {
  if (state.asking) return;
  if (state.playing) return stop();
  if (state.t >= axis.end) go(0);
  if (reduced.matches) return step(1);
  state.playing = true;
  button();
  $('narr').setAttribute('aria-live', 'off');
  before = performance.now();
  requestAnimationFrame(frame);
}

function stop() {
  if (!state.playing) return;
  state.playing = false;
  button();
  $('narr').setAttribute('aria-live', 'polite');
  remember();
  draw();
}

function button() {
  $('play').querySelector('use').setAttribute('href', state.playing ? '#g-pause' : '#g-play');
  put($('play').querySelector('span'), state.playing ? 'Pause' : reduced.matches ? 'Step' : 'Play');
}

// step goes to the next or the previous event.
function step(by) {
  const n = after(stops, state.t);
  seek(by > 0 ? (n < stops.length ? stops[n] : axis.end) : stops[n - 1] === state.t ? stops[n - 2] || 0 : stops[n - 1] || 0);
}

// jump goes to the first record of a kind, and picks its client.
function jump(is) {
  const found = spoken.find((x) => is(x.r));
  if (!found || state.asking) return;
  state.client = found.r.client || state.client;
  system(found.run.index, true);
  seek(found.at);
}

function setSpeed(v) {
  state.speed = Math.max(0, Math.min(100, v));
  $('speed').value = state.speed;
  const per = rate(state.speed);
  const text = per >= 1e9 ? Number((per / 1e9).toPrecision(2)) + ' s a second' : Number((per / 1e6).toPrecision(2)) + ' ms a second';
  put($('speedtext'), text);
  $('speed').setAttribute('aria-valuetext', text);
}

// system shows one system where there is room for one only.
function system(which, soft) {
  if (soft && state.system === 'all') return;
  state.system = which;
  document.body.dataset.sys = which;
  for (const b of $('switch').children) b.setAttribute('aria-pressed', String(b.dataset.v === String(which)));
}

function theme(dark) {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  put($('theme'), dark ? 'Light' : 'Dark');
}

// The state in the hash: #burst?profile=linux&do=5ms:knock&t=31.7&c=c15. Whoever opens the link
// sees the same moment. A page without a simulator needs #t=31.7&c=c15 only.
let pending = 0;
function remember() {
  clearTimeout(pending);
  pending = setTimeout(() => {
    if (state.asking) return;
    history.replaceState(null, '', link());
  }, 150);
}

function link() {
  const name = state.client ? runs[0].names[state.client - 1] : '', own = 't=' + ms(state.t, 6).replace(/,/g, '').replace(/\.?0+$/, '') + (name ? '&c=' + encodeURIComponent(name) : '') + (state.system === 'all' ? '' : '&sys=' + runs[state.system].profile);
  const which = part.lesson && doc.parts.length > 1 ? `&lesson=${part.lesson.name}` : '';
  return ground ? `#${ground.moment()}&${own}${which}` : '#' + own + which;
}

// address returns the name and the keys of the hash.
function address() {
  const hash = location.hash === '#work' ? '' : location.hash.slice(1), at = hash.indexOf('?');
  return {name: at >= 0 ? hash.slice(0, at) : hash.includes('=') ? '' : hash, query: new URLSearchParams(at >= 0 ? hash.slice(at + 1) : hash)};
}

// recall takes the instant, the client and the system of an address.
function recall(h) {
  if (h.has('theme')) theme(h.get('theme') === 'dark');
  const at = runs[0].names.indexOf(h.get('c'));
  if (at >= 0) state.client = at + 1;
  const sys = runs.findIndex((r) => r.profile === h.get('sys'));
  if (sys >= 0) system(sys);
  if (h.get('sys') === 'all') system('all');
  const t = Number(h.get('t'));
  if (h.has('t') && Number.isFinite(t)) {
    state.t = Math.max(0, Math.min(axis.end, Math.round(t * 1e6)));
    return true;
  }
  return false;
}

const keys = [
  [' ', 'Space', 'play or pause', () => play()],
  ['ArrowRight', '→', 'next event', () => step(1)],
  ['ArrowLeft', '←', 'previous event', () => step(-1)],
  ['Home', 'Home', 'to the beginning', () => seek(0)],
  ['End', 'End', 'to the end', () => seek(axis.end)],
  ['+', '+', 'faster', () => setSpeed(state.speed + 5)],
  ['-', '−', 'slower', () => setSpeed(state.speed - 5)],
  ...jumps.map((j) => [j.key, j.key, `to the first ${j.name}`, () => jump(j.is)]),
  ['n', 'n', 'pick the next client', () => pick(state.client % runs[0].names.length + 1)],
  ['N', 'N', 'pick the client before', () => pick((state.client + runs[0].names.length - 2) % runs[0].names.length + 1)],
  ['s', 's', 'next system, where one is shown at a time', () => system(state.system === 'all' ? 0 : state.system + 1 < runs.length ? state.system + 1 : 'all')],
  ['e', 'e', 'the table of all events', () => { $('events').open = !$('events').open; }],
  ['d', 'd', 'dark or light', () => theme(document.documentElement.dataset.theme !== 'dark')],
  ['?', '?', 'this help', help],
];

function help() {
  show('Keys', el('dl', {class: 'keys'}, ...keys.flatMap((k) => [el('dt', {}, el('kbd', {}, k[1])), el('dd', {}, k[2])])), el('p', {class: 'note'}, 'Arrow keys walk through the grid of clients while it has the focus; Enter picks one.'));
}

document.addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || $('dialog').open) return;
  const tag = e.target.tagName;
  if (tag === 'INPUT' && (e.target.type !== 'range' || e.key.startsWith('Arrow') || e.key === 'Home' || e.key === 'End')) return;
  if (e.key === ' ' && (tag === 'BUTTON' || tag === 'SUMMARY')) return;
  const key = keys.find((k) => k[0] === e.key || k[0] === '+' && e.key === '=');
  if (!key) return;
  e.preventDefault();
  key[3]();
});

// The table of events is made when it is opened, in pages around the present instant.
const mostRows = 400;
let rows = [];
function openTable() {
  const n = after(spoken, state.t, (x) => x.at), from = Math.max(0, Math.min(spoken.length - mostRows, n - mostRows / 2));
  const part = spoken.slice(from, from + mostRows);
  rows = part.map((x) => ({x, row: el('tr', {}, el('td', {}, el('button', {class: 'link', onclick: () => { state.client = x.r.client || state.client; seek(x.at); }}, ms(x.at))), el('td', {}, x.run.label), el('td', {}, x.r.client ? x.run.names[x.r.client - 1] : ''), el('td', {}, sentence(x.run, x.r)), el('td', {}, x.r.rule ? ruleChip(runs, x.r.rule) : ''))}));
  $('events').replaceChildren($('events').firstElementChild,
    el('p', {class: 'note'}, part.length < spoken.length ? `Events ${from + 1} to ${from + part.length} of ${spoken.length}; seek and open again for others.` : `${spoken.length} events.`),
    el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All events'}, el('table', {}, el('thead', {}, el('tr', {}, ...['ms', 'System', 'Client', 'What happened', 'Rule'].map((h) => el('th', {scope: 'col'}, h)))), el('tbody', {}, ...rows.map((r) => r.row)))));
  drawTable();
}

function drawTable() {
  if (!$('events').open || !rows.length) return;
  const n = after(spoken, state.t, (x) => x.at), last = spoken[n - 1];
  for (const r of rows) r.row.classList.toggle('now', Boolean(last) && r.x.at === last.at);
}

// about tells what was run, and how to run it again.
function about() {
  const first = runs[0], facts = [];
  for (const k of first.knobs) facts.push([k.name, k.name === 'descriptors' && k.value === '0' ? 'no limit' : k.value]);
  facts.push(['seed', first.seed]);
  return el('section', {class: 'card about', 'aria-label': 'What was run'}, el('h2', {}, 'What was run'), el('p', {class: 'intro'}, capital(first.summary) + '.'),
    el('dl', {class: 'facts'}, ...facts.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)])),
    ...runs.map((r) => el('p', {class: 'cmd'}, r.command)),
    el('p', {class: 'note'}, `Model ${first.model}. ${runs.map((r) => `${r.label}: hash ${r.hash}`).join(', ')}. ${doc.simulator ? 'The simulator in this page is made from the same sources' : 'This page holds stored runs and no simulator'}${first.command.startsWith('wspsim') ? '; wspsim run gives the same' : '; the command above makes them again'}.`),
    doc.simulator ? el('details', {}, el('summary', {}, 'Licences'), el('pre', {class: 'note'}, doc.simulator.notices), el('p', {class: 'note'}, `Sources of the simulator: sha256 ${doc.simulator.sources}.`)) : null);
}

// showPlace goes to a moment of a lesson and picks its client.
function showPlace({run, at, client}) {
  if (ground) restart();
  if (client) state.client = client;
  system(run.index, true);
  seek(at);
  scenes[run.index].root.scrollIntoView({block: 'nearest', behavior: reduced.matches ? 'auto' : 'smooth'});
}

// guide plays on to a place of a lesson, in less than two seconds.
let goal = null;
function guide({run, at, client}) {
  const from = axis.x(state.t), to = axis.x(at), began = performance.now(), mine = goal = {at};
  if (client) state.client = client;
  system(run.index, true);
  if (reduced.matches || to <= from) return arrive();
  $('narr').setAttribute('aria-live', 'off');
  const on = (now) => {
    if (mine !== goal) return;
    const done = Math.min(1, Math.max(0, (now - began) / 1800));
    if (done === 1) return arrive();
    go(axis.t(from + (to - from) * done));
    requestAnimationFrame(on);
  };
  requestAnimationFrame(on);
}

// arrive ends what guide has begun.
function arrive() {
  if (!goal) return;
  $('narr').setAttribute('aria-live', 'polite');
  const {at} = goal;
  goal = null;
  go(at);
}

// open puts a part on the stage, as it is or as an address has it.
function open(next, query = new URLSearchParams(), fault = '') {
  stop();
  unriddle();
  goal = null;
  part = next;
  ground = part.live && simulator ? playground() : null;
  const asked = ground && changes(query);
  Object.assign(state, {t: 0, client: 0, system: 'all', asking: false});
  $('aside').replaceChildren();
  try { part.runs ||= ground.play(); } catch (e) { return put($('narr'), `The simulator says: ${e.message}.`); }
  part.runs.forEach((r, i) => r.figure || readRun(r, i)); // what the questions are about
  let shown = part.runs;
  if (asked) {
    try { ground.restore(query); shown = ground.play(); } catch (e) { fault = e.message; ground.reset(); }
  } else if (changes(query)) fault = simulator ? 'this part plays nothing again' : doc.simulator ? '' : 'this page has no simulator';
  const box = el('section', {class: 'card predict', 'aria-label': 'Predict'});
  if (part.lesson || part.runs[0].question) $('aside').append(box);
  if (part.live) $('aside').append(ground ? ground.panel() : el('section', {class: 'card try'}, el('h2', {}, 'Try it'), el('p', {class: 'note'}, 'The simulator starts.')));
  mount(shown);
  lock(false);
  fault ||= missed(query);
  $('fault').hidden = !fault;
  put($('fault'), fault && `The address asks for another moment: ${fault}. Below is the run of the page as it was made.`);
  put($('title'), part.lesson ? part.lesson.title : runs[0].scenario);
  put($('tag'), `${runs[0].scenario}, seed ${runs[0].seed}, model ${runs[0].model}`);
  system(runs.length > 1 ? runs.length - 1 : 'all');
  setSpeed(Math.round(Math.log10(Math.max(1, axis.active / 40 / 2e4)) / decades() * 100));
  const linked = recall(query) || asked;
  const best = spoken.find((x) => jumps.some((j) => j.is(x.r))) || spoken.find((x) => x.r.client);
  if (!state.client) state.client = runs[0].names.indexOf(part.picked) + 1;
  if (!state.client && best) state.client = best.r.client || 1;
  if (part.lesson) {
    const act = {
      ask: (first) => { stop(); arrive(); if (ground && runs !== part.runs) restart(); state.asking = true; if (first) state.t = 0; lock(true); draw(); },
      told: () => { arrive(); state.asking = false; lock(false); draw(); },
      show: showPlace,
      only: (index) => system(index, true), // where one system is shown at a time
      after: doc.parts[doc.parts.indexOf(part) + 1]?.lesson?.title,
      onward: () => turn(doc.parts.indexOf(part) + 1),
      done: () => finished(doc.parts.indexOf(part)),
      guide,
      axis: () => axis,
      rules: doc.rules || [],
    };
    new LessonCard(box, part.lesson, part.runs, act, linked);
  } else if (runs[0].question) box.append(el('h2', {}, 'Before you play'), el('p', {class: 'ask'}, runs[0].question), el('p', {class: 'note', id: 'changed'}));
  tellChanged();
  button();
  draw();
  charts.fit();
}

// which asks for the system behind a run without names.
function which() {
  stop();
  riddle?.end();
  const root = el('section', {class: 'card predict', 'aria-label': 'Which system?'}), before = runs;
  $('aside').prepend(root);
  riddle = new Which(ground, root, {
    mount: (next) => { Object.assign(state, {t: 0, client: 1}); mount(next); draw(); charts.fit(); },
    story: (run) => run.records.filter((r) => sentence(run, r)),
    end: () => { riddle = null; mount(before); draw(); charts.fit(); },
  });
  riddle.start();
}

// unriddle takes the question away when other runs come on the stage.
function unriddle() {
  riddle?.close();
  riddle = null;
}

// changes reports whether an address wants other runs than those of the part.
const changes = (query) => ['profile', 'set', 'do', 'seed', 'clients'].some((k) => query.has(k));

function playground() {
  return new Playground(part, simulator, doc.simulator, {
    now: () => state.t, runs: () => runs, pick, which, acted: () => seek(state.t + 2),
    flip: (list) => scenes.forEach((s) => s.flip?.(new Set(list.filter((f) => f.index === s.run.index).map((f) => f.client)))),
    changed: (again) => { stop(); unriddle(); mount(again); tellChanged(); draw(); remember(); },
  });
}

// tellChanged says that the question is written for other values.
function tellChanged() {
  if ($('changed')) put($('changed'), runs[0].changed && `The text is written for other values. Here: ${runs[0].changed}.`);
}

// missed says what of an address the runs do not have, '' if all is there.
function missed(query) {
  const c = query.get('c'), t = query.get('t'), sys = query.get('sys');
  if (c && !runs[0].names.includes(c)) return `there is no client ${c}`;
  if (t && !(Number(t) >= 0)) return `t=${t} is no instant in milliseconds`;
  return sys && sys !== 'all' && !runs.some((r) => r.profile === sys) ? `there is no system ${sys}` : '';
}

// restart puts the runs on the stage that the questions are about.
function restart() {
  if (runs !== part.runs) ground.change(() => ground.reset());
  part.runs = runs;
}

// turn opens a part, and finished ticks one in the list.
function turn(at) {
  $('course').value = at;
  open(doc.parts[at]);
  remember();
  scrollTo({top: 0});
}

function finished(at) {
  const option = $('course').options[at];
  if (option && !option.text.endsWith(' ✓')) option.text += ' ✓';
}

async function start() {
  theme(matchMedia('(prefers-color-scheme:dark)').matches);
  $('jumps').append(...jumps.map((j) => el('button', {class: 'btn', 'data-jump': j.name, onclick: () => jump(j.is)}, j.name)));
  const parts = doc.parts, choose = $('course');
  choose.hidden = parts.length < 2;
  $('title').classList.toggle('vh', !choose.hidden); // the list says it
  choose.append(...parts.map((p, i) => el('option', {value: i}, `${i + 1}. ${p.lesson ? p.lesson.title : p.live ? p.live.scenario : p.runs[0].scenario}`)));
  choose.onchange = () => turn(Number(choose.value));
  const chosen = () => { // an address of what the page does not hold opens the first part as it is
    const {name, query} = address(), lesson = query.get('lesson'), at = parts.findIndex((p) => lesson ? p.lesson?.name === lesson : !name || (p.live || p.runs[0]).scenario === name);
    return at < 0 ? [0, new URLSearchParams(), `there is no ${lesson ? 'lesson ' + lesson : 'scenario ' + name} here`] : [at, query, ''];
  };
  const follow = () => {
    const [at, query, fault] = chosen();
    choose.value = at;
    open(parts[at], query, fault);
  };
  wire();
  const [at, query] = chosen(), early = parts[at].runs && !(doc.simulator && changes(query));
  if (early) follow();
  else put($('narr'), 'The simulator starts.');
  performance.mark('drawn');
  if (doc.simulator) {
    await new Promise((r) => { setTimeout(r, 50); }); // after the first picture
    try {
      simulator = await Simulator.load($('wasm'));
    } catch (e) {
      document.querySelector('.try .note')?.replaceChildren(`The simulator does not start here: ${e.message}.`);
      return early || put($('narr'), `The simulator does not start here: ${e.message}.`);
    }
    if (!early) follow();
    else if (part.live) {
      ground = playground();
      document.querySelector('.try').replaceWith(ground.panel());
      drawCharts();
      charts.fit();
      draw();
    }
  }
  performance.mark('ready');
  document.body.dataset.ready = '';
  addEventListener('hashchange', () => { if (location.hash !== '#work' && (!state.asking || address().query.has('t'))) follow(); });
}

// lock hides what a question asks for, and keeps the instant.
function lock(on) {
  if (on) document.body.dataset.ask = ''; else delete document.body.dataset.ask;
  for (const e of document.querySelectorAll('.controls button,.controls input')) {
    if (e.dataset.jump && !spoken.some((x) => jumps.find((j) => j.name === e.dataset.jump).is(x.r))) continue;
    e.disabled = on;
  }
}

function wire() {
  $('prev').onclick = () => step(-1);
  $('next').onclick = () => step(1);
  $('play').onclick = play;
  $('speed').oninput = (e) => setSpeed(Number(e.target.value));
  $('help').onclick = help;
  $('theme').onclick = () => theme(document.documentElement.dataset.theme !== 'dark');
  $('events').ontoggle = () => $('events').open && openTable();
  $('copy').onclick = async () => {
    const url = location.href.split('#')[0] + link();
    try {
      await navigator.clipboard.writeText(url);
      put($('copy'), 'Copied');
    } catch {
      show('The link of this moment', el('p', {class: 'cmd'}, url));
    }
    setTimeout(() => put($('copy'), 'Copy link'), 1500);
  };
  reduced.addEventListener('change', () => button());
}

start();
