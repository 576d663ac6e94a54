// save.js writes one client's life as other programs read it: Mermaid, SVG and pcapng.

import {svg} from './dom.js';
import {sentence, nameOf} from './words.js';
import {ms} from './data.js';

// asMermaid is the sequence diagram as text, as --trace FILE.mmd of the command has it.
export function asMermaid(run, client) {
  const safe = (s) => [...s].map((c) => /[a-zA-Z0-9 .,_()=/*-]/.test(c) || c > '\u00a0' ? c : `#${c.codePointAt(0)};`).join('').replace(/\bend\b/g, '#101;nd');
  const lines = [...(run.sent.get(client) || []).map((s) => [s.sent, `${s.to === 'server' ? 'c' : 'server'}${s.lost ? '-x' : '->>'}${s.to === 'server' ? 'server' : 'c'}: ${ms(s.sent)} ms ${s.kind}${s.lost ? ', lost' : ''}`]),
    ...(run.of.get(client) || []).map((r) => [r.at, sentence(run, r), r]).filter((x) => x[1]).map(([at, text, r]) => [at, `Note over ${r.host === 'server' ? 'server' : 'c'}: ${ms(at)} ms ${safe(text + (r.rule ? ` (${r.rule})` : ''))}`])];
  return ['sequenceDiagram', `title ${safe(run.scenario + ' on ' + run.label)}`, `participant c as ${safe(nameOf(run, client))}`, 'participant server', ...lines.sort((a, b) => a[0] - b[0]).map((x) => x[1])].join('\n    ') + '\n';
}

// asSVG is a drawing of the page with the styles that it has there.
export function asSVG(drawing) {
  const copy = drawing.cloneNode(true), from = [drawing, ...drawing.querySelectorAll('*')], back = getComputedStyle(drawing).getPropertyValue('--surf');
  [copy, ...copy.querySelectorAll('*')].forEach((e, i) => {
    const s = getComputedStyle(from[i]);
    for (const p of ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-weight', 'paint-order']) e.setAttribute(p, s.getPropertyValue(p));
    e.removeAttribute('class');
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('font-family', 'sans-serif');
  copy.prepend(svg('rect', {width: '100%', height: '100%', fill: back}));
  return new XMLSerializer().serializeToString(copy);
}

// tells says at which end of a segment a kind of record is made, and what the segment must be.
const tells = [[/^request_(?!acc)|^cookie/, 'SYN', 1], [/^completed|^ack_/, 'ACK data FIN', 1], [/^aborted|^withdrawn|^broken|_failed/, 'RST', 1], [/^connected/, 'SYN-ACK', 1],
  [/^syn_sent_again/, 'SYN'], [/^syn_ack_again/, 'SYN-ACK'], [/^reset_pending/, 'RST'], [/^data_sent|^probe/, 'ACK data FIN'], [/^lost|^dupl/, '']];

// asCapture is the client's segments in the form of pcapng, with instants in nanoseconds. A
// comment on a frame tells what was decided about it. Addresses, ports and ACK numbers are made
// here, since a page does not hold them. netmodel/trace/pcapng.go writes the same form.
export function asCapture(run, client) {
  const out = [], utf = new TextEncoder(), le = (n, bytes) => Array.from({length: bytes}, (_, i) => Math.floor(n / 2 ** (8 * i)) & 255), be = (n, bytes) => le(n, bytes).reverse();
  const pad = (b) => [...b, ...Array(-b.length & 3).fill(0)], option = (code, text) => { const b = utf.encode(text).slice(0, 65000); return pad([...le(code, 2), ...le(b.length, 2), ...b]); };
  const block = (kind, body) => out.push(Uint8Array.from([...le(kind, 4), ...le(body.length + 12, 4), ...body, ...le(body.length + 12, 4)]));
  const sum = (b) => { let s = 0; for (let i = 0; i < b.length; i += 2) s += b[i] << 8 | (b[i + 1] || 0); while (s >> 16) s = (s & 65535) + (s >> 16); return be(~s & 65535, 2); };
  const all = run.sent.get(client) || [], records = run.of.get(client) || [], used = new Set();
  block(0x0a0d0d0a, [...le(0x1a2b3c4d, 4), 1, 0, 0, 0, ...Array(8).fill(255), ...option(1, `${run.scenario} on ${run.label}: ${nameOf(run, client)}`), ...option(4, 'wspsim, model ' + run.model), 0, 0, 0, 0]);
  block(1, [101, 0, 0, 0, 0, 0, 0, 0, ...option(2, 'virtual'), ...option(9, '\t'), 0, 0, 0, 0]);
  all.forEach((s, n) => {
    const up = s.to === 'server', syn = s.kind.startsWith('SYN'), before = all.slice(0, n).filter((x) => x.attempt === s.attempt);
    const first = !before.some((x) => x.to === s.to), rst = s.kind === 'RST', hasAck = s.kind !== 'SYN' && !(rst && !first);
    const ack = hasAck ? before.filter((x) => x.to !== s.to && !x.lost && x.arrives <= s.sent).reduce((m, x) => Math.max(m, x.seq + x.len + (x.kind.startsWith('SYN') || x.kind === 'FIN' ? 1 : 0)), 0) : 0;
    const ports = [be(49152 + (client * 8 + s.attempt - 1) % 16384, 2), be(80, 2)], ips = [[192, 0, 2, 2], [192, 0, 2, 1]], stored = Array(s.len > 1500 ? 0 : s.len).fill(0);
    if (!up) ports.reverse(), ips.reverse();
    const bits = (s.kind === 'FIN') | (syn << 1) | (rst << 2) | ((s.len > 0) << 3) | (hasAck << 4), length = (syn ? 28 : 20) + s.len;
    const tcp = [...ports.flat(), ...be(s.seq, 4), ...be(ack, 4), syn ? 0x70 : 0x50, bits, ...(rst ? [0, 0] : [255, 255]), 0, 0, 0, 0, ...(syn ? [2, 4, 255, 215, 1, 3, 3, 14] : [])];
    tcp.splice(16, 2, ...sum([...tcp, ...ips.flat(), 0, 6, ...be(length, 2)]));
    const ip = [0x45, 0, ...be(20 + length, 2), 0, 0, 0x40, 0, 64, 6, 0, 0, ...ips.flat()];
    ip.splice(10, 2, ...sum(ip));
    const notes = records.filter((r) => !used.has(r) && r.attempt === s.attempt && tells.some(([kind, of, end]) => kind.test(r.kind) && (!of || of.split(' ').includes(s.kind)) && (end ? !s.lost && r.host === s.to && r.at === s.arrives : r.host === s.from && r.at === s.sent)));
    for (const r of notes) used.add(r);
    block(6, [0, 0, 0, 0, ...le(Math.floor(s.sent / 2 ** 32), 4), ...le(s.sent, 4), ...le(40 + (syn ? 8 : 0) + stored.length, 4), ...le(20 + length, 4), ...pad([...ip, ...tcp, ...stored]),
      ...notes.flatMap((r) => option(1, `${r.limit ? `queue ${r.pending}/${r.limit}${r.half ? ` and ${r.half} half-open` : ''}, ` : ''}${sentence(run, r)}${r.rule ? ' Rule ' + r.rule + '.' : ''}`)), 0, 0, 0, 0]);
  });
  return out;
}
