// main.js keeps the instant and the picked client, and wires everything to clicks and keys.

import {$, el, put, show} from './dom.js';
import {readDocument, ms, after} from './data.js';
import {Fold} from './fold.js';
import {sentence, jumps, capital} from './words.js';
import {Axis} from './axis.js';
import {Scene} from './scene.js';
import {Charts} from './chart.js';
import {ClientCard, ruleChip} from './client.js';
import {LessonCard} from './lesson.js';

const doc = await readDocument($('data').textContent), runs = doc.runs, folds = runs.map((r) => new Fold(r));
const axis = new Axis(runs);
const spoken = runs.flatMap((run) => run.records.map((r) => ({run, r, at: r.at})).filter((x) => sentence(run, x.r))).sort((a, b) => a.at - b.at || a.run.index - b.run.index || a.r.n - b.r.n);
const stops = [...new Set(spoken.map((x) => x.at))];
const state = {t: 0, client: 0, playing: false, speed: 50, asking: false, system: 'all'};
const reduced = matchMedia('(prefers-reduced-motion:reduce)');

// slowest is a speed that shows the briefest flight of a segment; the slider goes a million up.
const rate = (v) => 2e4 * 10 ** (v / 100 * 6); // virtual nanoseconds a second

const scenes = runs.map((run, i) => new Scene(run, folds[i], pick));
const charts = new Charts($('charts'), runs, axis, (t) => seek(t));
const card = new ClientCard($('picked'), runs, folds, seek);

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

function draw() {
  const t = state.t;
  put($('clock'), ms(t) + ' ms');
  for (const s of scenes) s.draw(t, state.client, state.playing && !reduced.matches ? rate(state.speed) : 0);
  charts.draw(t);
  narrate(t);
  if (state.client) card.draw(t, state.client);
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

// The state in the hash: #t=31.7&c=c15. Whoever opens the link sees the same moment.
let pending = 0;
function remember() {
  clearTimeout(pending);
  pending = setTimeout(() => {
    if (state.asking) return;
    history.replaceState(null, '', link());
  }, 150);
}

function link() {
  const name = state.client ? runs[0].names[state.client - 1] : '';
  return '#t=' + ms(state.t, 6).replace(/,/g, '').replace(/\.?0+$/, '') + (name ? '&c=' + encodeURIComponent(name) : '') + (state.system === 'all' ? '' : '&sys=' + runs[state.system].profile);
}

function recall() {
  const h = new URLSearchParams(location.hash.slice(1));
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
  rows = part.map((x) => ({x, row: el('tr', {}, el('td', {}, el('button', {onclick: () => { state.client = x.r.client || state.client; seek(x.at); }}, ms(x.at))), el('td', {}, x.run.label), el('td', {}, x.r.client ? x.run.names[x.r.client - 1] : ''), el('td', {}, sentence(x.run, x.r)), el('td', {}, x.r.rule ? ruleChip(runs, x.r.rule) : ''))}));
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
    el('p', {class: 'note'}, `Model ${first.model}. ${runs.map((r) => `${r.label}: hash ${r.hash}`).join(', ')}. This page holds stored runs and no simulator; wspsim run gives the same.`));
}

// showPlace goes to a moment of a lesson and picks its client.
function showPlace({run, at, client}) {
  if (client) state.client = client;
  system(run.index, true);
  seek(at);
  $('scenes').scrollIntoView({block: 'nearest', behavior: reduced.matches ? 'auto' : 'smooth'});
}

// guide plays on to a place of a lesson, in less than two seconds.
let goal = null;
function guide({run, at, client}) {
  arrive();
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

function start() {
  put($('title'), doc.lesson ? doc.lesson.title : runs[0].scenario);
  put($('tag'), `${runs[0].scenario}, seed ${runs[0].seed}, model ${runs[0].model}`);
  document.documentElement.style.setProperty('--n', runs.length);
  $('scenes').dataset.n = runs.length;
  $('scenes').append(...scenes.map((s) => s.root));
  $('switch').hidden = runs.length < 2;
  $('switch').append(...[...runs.map((r) => [r.index, r.label]), ['all', runs.length === 2 ? 'Both' : 'All']].map(([v, label]) => el('button', {'data-v': v, onclick: () => { system(v); draw(); }}, label)));
  $('jumps').append(...jumps.map((j) => el('button', {class: 'btn', disabled: !spoken.some((x) => j.is(x.r)), 'data-jump': j.name, title: spoken.some((x) => j.is(x.r)) ? null : `No ${j.name} in this run`, onclick: () => jump(j.is)}, j.name)));
  system(runs.length > 1 ? runs.length - 1 : 'all');
  theme(matchMedia('(prefers-color-scheme:dark)').matches);
  setSpeed(Math.round(Math.log10(Math.max(1, axis.active / 40 / 2e4)) / 6 * 100));
  const linked = recall();
  const best = spoken.find((x) => jumps.some((j) => j.is(x.r))) || spoken.find((x) => x.r.client);
  if (!state.client && best) state.client = best.r.client || 1;
  if (doc.lesson) {
    const box = el('section', {class: 'card predict', 'aria-label': 'Predict'});
    $('aside').append(box);
    const act = {
      ask: (first) => { stop(); arrive(); state.asking = true; if (first) state.t = 0; lock(true); draw(); },
      told: () => { arrive(); state.asking = false; lock(false); draw(); },
      show: showPlace,
      guide,
      axis: () => axis,
    };
    const lesson = new LessonCard(box, doc.lesson, runs, act);
    if (linked) {
      recall();
      lesson.end(true);
    }
  } else if (runs[0].question) $('aside').append(el('section', {class: 'card predict', 'aria-label': 'Question'}, el('h2', {}, 'Before you play'), el('p', {class: 'ask'}, runs[0].question)));
  $('aside').append(about());
  wire();
  button();
  draw();
  charts.fit();
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
  reduced.addEventListener('change', button);
  addEventListener('hashchange', () => { if (!state.asking) { recall(); stop(); draw(); } });
}

start();
