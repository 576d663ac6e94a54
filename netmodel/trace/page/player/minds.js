// minds.js lays what the program of a client believes beside what the server knows, over time,
// and names the stretches in which the two disagree. All of it is told by records.

import {el} from './dom.js';
import {ms, span, served} from './data.js';
import {errno} from './words.js';

const held = ['half-open', 'queued', 'accepted'], over = ['served', 'closed']; // what the server may have; how a client ends well
const strong = ['phantom', 'abandoned', 'ACK lost', 'SYN-ACK lost', 'ACK put off'];

// minds returns the stretches of a client's life, without a gap.
export function minds(run, client) {
  const out = [], list = run.of.get(client) || [], knows = new Map();
  let belief = 'not connected', way = '', attempt = 0;
  const add = (from) => {
    let know = knows.get(attempt) || 'nothing';
    if (!held.includes(know)) for (const [a, k] of knows) if (a < attempt && held.includes(k)) know = k;
    const s = {from, belief, know, apart: apart(belief, know, way)}, last = out[out.length - 1];
    if (last && last.from === from) out.pop();
    const before = out[out.length - 1];
    if (!before || before.belief !== belief || before.know !== know || before.apart !== s.apart) out.push(s);
  };
  add(0);
  for (const r of list) {
    if (r.kind === 'syn_sent') attempt = r.attempt;
    belief = believes(run, r, belief);
    const know = knowsAfter(r);
    if (know) knows.set(r.attempt, know);
    way = r.kind === 'request_ignored' && belief === 'connected' ? 'phantom' : ways[r.kind] || (served(r) ? 'FIN on its way' : r.kind === 'lost' ? (r.host === 'server' ? 'SYN-ACK lost' : 'ACK lost') : way);
    add(r.at);
  }
  out.forEach((s, i) => { s.to = i + 1 < out.length ? out[i + 1].from : Math.max(run.last, s.from); });
  return out.filter((s) => s.to > s.from);
}

const ways = {connected: 'ACK on its way', ack_ignored: 'phantom', withdrawn: 'phantom', request_refused: 'refused, untold', request_ignored: 'ignored, untold', syn_sent_again: 'SYN on its way', ack_put_off: 'ACK put off', reset_pending: 'RST on its way', request_queued: 'SYN-ACK on its way', cookie_sent: 'SYN-ACK on its way', syn_ack_again: 'SYN-ACK on its way'};

function believes(run, r, now) {
  if (r.host === 'server') return now;
  switch (r.kind) {
    case 'syn_sent': return 'connecting';
    case 'connected': return 'connected';
    case 'connect_failed': case 'broken': return over.includes(now) ? now : errno(run, r.errno);
    case 'gave_up': return 'gave up';
    case 'finished': return now === 'connected' ? 'served' : now;
  }
  return r.kind === 'called' && r.call === 'close' && now === 'connected' ? 'closed' : now;
}

function knowsAfter(r) {
  switch (r.kind) {
    case 'request_queued': return held[0];
    case 'request_offered': case 'request_held': return 'the SYN waits';
    case 'completed': return held[1];
    case 'request_accepted': return held[2];
    case 'withdrawn': case 'reset_pending': return 'gone';
  }
  return served(r) || r.kind === 'broken' && r.host === 'server' ? 'gone' : '';
}

// apart names the disagreement, '' for none.
function apart(belief, know, way) {
  const has = held.indexOf(know);
  if (belief === 'connected') return has < 1 ? way : '';
  if (belief === 'connecting') return has < 0 ? (way.endsWith('untold') ? way : '') : way.startsWith('SYN-ACK') ? way : 'SYN-ACK on its way';
  return has >= 0 && !over.includes(belief) ? 'abandoned' : '';
}

const explain = {phantom: 'connected here, not there', abandoned: 'the client has left, the server keeps it', 'ACK lost': 'connected here, half-open there', 'SYN-ACK lost': 'half-open there, nothing here', 'ACK put off': 'connected here, the server waits'};
const looks = {connecting: 'sky', connected: 'blue', served: 'green', accepted: 'green', 'half-open': 'sky', 'queued': 'blue'};

// Scale is the width of the stretches, from 0 to 1: the longer one is wider, but not in proportion,
// since a phantom of a minute follows a handshake of a millisecond.
class Scale {
  constructor(list) {
    const least = Math.max(1, list.reduce((m, s) => Math.min(m, s.to - s.from), Infinity));
    let sum = 0;
    this.marks = list.map((s, i) => {
      const from = sum, long = 1 + 1.5 * Math.log10((s.to - s.from) / least);
      sum += i + 1 === list.length && !s.apart ? Math.min(long, 2) : long;
      return {...s, x: from, w: sum - from};
    });
    for (const m of this.marks) m.x /= sum, m.w /= sum;
  }

  x(t) {
    const m = this.marks.find((s) => t < s.to) || {x: 1, w: 0, from: 0, to: 1};
    return m.x + m.w * Math.max(0, Math.min(1, (t - m.from) / (m.to - m.from)));
  }
}

// mindLanes draws them: two lanes and what lies between them. It returns the element, and a
// function that moves its line to an instant.
export function mindLanes(run, client, seek) {
  const list = minds(run, client).filter((s) => s.belief !== 'not connected' || s.know !== 'nothing'), scale = new Scale(list);
  if (!list.length) return [el('div'), () => {}];
  const lane = (name, of, look) => {
    const plot = el('span', {class: 'mind'});
    for (let i = 0, k; i < list.length; i = k) {
      for (k = i + 1; k < list.length && of(list[k]) === of(list[i]); k++);
      const text = of(list[i]), a = scale.marks[i], b = scale.marks[k - 1], w = b.x + b.w - a.x;
      if (!text) continue;
      const e = el('i', {class: look(text), title: `${text}, ${ms(a.from)} to ${ms(b.to)} ms`}, w * 300 > Math.min(40, text.length * 5) ? text : '');
      e.style.left = a.x * 100 + '%';
      e.style.width = w * 100 + '%';
      plot.append(e);
    }
    return [el('span', {class: 'tl'}, name), plot];
  };
  const now = el('b'), big = list.filter((s) => strong.includes(s.apart));
  return [el('div', {class: 'minds'},
    el('div', {class: 'mlanes', role: 'img', 'aria-label': list.map((s) => `From ${ms(s.from)} ms, its program: ${s.belief}; the server: ${s.know}${s.apart ? '; ' + s.apart : ''}`).join('. ')},
      ...lane('Its program', (s) => s.belief, (b) => looks[b] || (over.includes(b) ? '' : 'red')), ...lane('', (s) => s.apart, (a) => strong.includes(a) ? 'apart' : 'way'), ...lane('The server', (s) => s.know, (k) => looks[k] || ''), el('span', {class: 'mnow'}, now)),
    big.length ? el('ul', {}, ...big.map((s) => el('li', {}, el('button', {class: 'link', onclick: () => seek(s.from)}, s.apart), ` for ${span(s.to - s.from)}, from ${ms(s.from)} ms: ${explain[s.apart]}`))) : null),
  (t) => { now.style.transform = `translateX(${scale.x(t) * 100}%)`; }];
}
