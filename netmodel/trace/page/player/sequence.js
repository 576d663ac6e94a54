// sequence.js draws the segments of one client as a sequence diagram. It is not to scale: a
// segment a line, and long pauses are written out.

import {svg} from './dom.js';
import {ms, span} from './data.js';
import {nameOf} from './words.js';

const left = 78, right = 246, wide = 324, most = 18;

// sequence draws the client of a run at the instant t.
export function sequence(run, client, t) {
  const all = run.sent.get(client) || [], list = all.slice(0, most);
  const parts = [], half = Math.max(58, ms(run.last).length * 3.6 + 28);
  let y = 34, before = null, drewNow = false;
  const now = () => {
    drewNow = true;
    parts.push(svg('g', {class: 'nowl'}, svg('path', {d: `M4 ${y}H320`}), svg('rect', {x: 162 - half, y: y - 10, width: 2 * half, height: 20, rx: 10}), text(162, y + 4, 'middle', '', 'now ' + ms(t))));
    y += 32;
  };
  for (const s of list) {
    const future = s.sent > t;
    if (future && !drewNow) now();
    const pause = before === null ? 0 : s.sent - before;
    if (pause > 5e7) {
      parts.push(svg('g', {class: future ? 'fut' : ''}, svg('path', {class: 'zig', d: zig(left, y - 8) + zig(right, y - 8)}), text(162, y + 3, 'middle', 'lab', span(pause) + ' pass')));
      y += 24;
    }
    parts.push(arrow(run, s, y, future));
    y += 34;
    before = Math.max(s.arrives, s.sent);
    const taken = run.of.get(client).find((r) => r.kind === 'request_accepted' && r.at === s.arrives && s.to === 'server');
    const later = list[list.indexOf(s) + 1];
    const accepted = taken || run.of.get(client).find((r) => r.kind === 'request_accepted' && r.at >= s.arrives && (!later || r.at < later.sent) && r.at > before - 1);
    if (accepted && s.to === 'server') {
      const f = accepted.at > t;
      if (f && !drewNow) now();
      parts.push(svg('g', {class: f ? 'fut' : ''}, svg('circle', {class: 'accdot', cx: right, cy: y - 4, r: 5}), text(right - 12, y, 'end', 'lab', 'accepted'), text(right + 8, y, 'start', 'tm', ms(accepted.at))));
      y += 24;
      before = accepted.at;
    }
  }
  if (!drewNow) now();
  if (all.length > most) {
    parts.push(text(162, y, 'middle', 'lab', `and ${all.length - most} more segments`));
    y += 20;
  }
  return svg('svg', {class: 'seq', viewBox: `0 0 ${wide} ${y}`, width: wide, height: y, role: 'img', 'aria-label': `The segments of ${nameOf(run, client)} on ${run.label}`},
    svg('path', {class: 'life', d: `M${left} 24V${y - 6}M${right} 24V${y - 6}`}), text(left, 14, 'middle', 'who', nameOf(run, client)), text(right, 14, 'middle', 'who', 'server'), ...parts);
}

const text = (x, y, anchor, cls, words) => svg('text', {x, y, 'text-anchor': anchor, class: cls || null}, words);
const zig = (x, y) => `M${x - 5} ${y}l10 4l-10 4l10 4`;

// fate says what became of a segment at the server: '' if it did what it should.
function fate(run, s) {
  if (s.lost) return 'ignored';
  if (s.kind === 'RST') return 'refused';
  if (s.to !== 'server') return '';
  const r = (run.of.get(s.client) || []).find((x) => x.at === s.arrives && ['request_refused', 'request_ignored', 'ack_ignored'].includes(x.kind));
  return r ? {request_refused: 'refused', request_ignored: 'ignored', ack_ignored: 'phantom'}[r.kind] : '';
}

function arrow(run, s, y, future) {
  const toServer = s.to === 'server', from = toServer ? left : right, to = toServer ? right : left, end = fate(run, s);
  const dir = toServer ? 1 : -1, drop = end && (toServer || s.lost), tip = s.lost ? (from + to) / 2 : to - (drop ? 13 : 6) * dir;
  const slope = 13.5 * (tip - from) / (to - from), cls = end ? ' a-' + end : '';
  const near = (x) => x === left ? [x - 8, 'end'] : [x + 8, 'start'];
  const [fx, fa] = near(from), [tx, ta] = near(to);
  return svg('g', {class: future ? 'fut' : ''}, svg('path', {class: 'arr' + cls, d: `M${from} ${y}L${tip} ${y + slope}`}),
    drop ? svg('path', {class: 'arr cross' + cls, d: `M${tip - 4} ${y + slope - 4}l8 8m0-8l-8 8`}) : svg('path', {class: 'headp' + cls, d: `M${to} ${y + 14}l${-9 * dir} -5.5l0 9z`}),
    text(162, y, 'middle', 'lab', s.kind), text(fx, y + 4, fa, 'tm', ms(s.sent)), s.lost ? text(tx, y + 18, ta, 'tm', 'lost') : text(tx, y + 18, ta, 'tm', ms(s.arrives)));
}
