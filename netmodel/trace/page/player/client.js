// client.js tells the life of one client under each system: what its program believes, what
// the server knows, its segments, and every record with its rule.

import {el, glyph, put, show, download} from './dom.js';
import {ms, span, after} from './data.js';
import {states} from './fold.js';
import {sentence, decides, nameOf, errno} from './words.js';
import {sequence} from './sequence.js';
import {mindLanes} from './minds.js';
import {asMermaid, asSVG, asCapture} from './save.js';

// ruleChip is the id of a rule; it opens what the rule says.
export function ruleChip(runs, id) {
  const rule = runs.flatMap((r) => r.rules).find((r) => r.id === id);
  return el('button', {class: 'rule', title: rule ? rule.claim : null, onclick: () => show('Rule ' + id, el('p', {}, rule ? rule.claim + '.' : 'The runs of this page do not cite it.'), rule ? el('p', {class: 'note'}, 'Source: ' + rule.source) : '')}, id);
}

export class ClientCard {
  constructor(root, runs, folds, seek) {
    Object.assign(this, {root, runs, folds, seek, key: ''});
  }

  // draw shows a client at an instant. All but the figures that run stays while no record
  // about the client comes.
  draw(t, client) {
    const counts = this.runs.map((run) => after(run.of.get(client) || [], t, (r) => r.at));
    const sent = this.runs.map((run) => after(run.sent.get(client) || [], t, (s) => s.sent));
    const key = [client, counts, sent].join();
    if (key !== this.key) {
      this.key = key;
      this.build(t, client);
    }
    for (const f of this.running) f(t);
  }

  build(t, client) {
    this.running = [];
    const name = nameOf(this.runs[0], client);
    this.root.replaceChildren(
      el('div', {class: 'phead'}, el('h2', {}, this.runs.length > 1 ? `One client, ${['', '', 'two', 'three'][this.runs.length]} worlds: ${name}` : `One client: ${name}`)),
      el('div', {class: 'lives'}, ...this.runs.map((run, i) => this.life(run, this.folds[i], client, t))));
  }

  life(run, fold, client, t) {
    const c = fold.clients[client - 1];
    if (!c) return el('section', {class: 'half-life sys sys-' + run.index}, el('h3', {}, 'not on ' + run.label));
    const wait = el('span', {class: 'prof'});
    this.running.push((now) => {
      const next = ['refused', 'ignored', 'lost'].includes(c.state) ? fold.next(client) : 0;
      put(wait, states[c.state].split(',')[0] + (next > now ? ', asks again in ' + span(next - now) : ''));
    });
    const records = (run.of.get(client) || []).map((r) => [r, sentence(run, r)]).filter((x) => x[1]);
    const line = ([r, text]) => el('li', {class: r.at > t ? 'fut' : decides(r) ? 'key' : null}, el('span', {class: 't'}, ms(r.at)), el('span', {}, text), r.rule ? ruleChip(this.runs, r.rule) : el('span'));
    const past = records.filter((x) => x[0].at <= t), future = records.filter((x) => x[0].at > t);
    const box = el('div', {class: 'seqbox'}, sequence(run, client, t));
    this.running.push((now) => {
      const text = box.querySelector('.nowl text');
      if (text) put(text, 'now ' + ms(now));
    });
    const [lanes, move] = mindLanes(run, client, this.seek);
    this.running.push(move);
    return el('section', {class: 'half-life sys sys-' + run.index}, el('header', {}, el('h3', {}, glyph(c.state), `${nameOf(run, client)} on ${run.label}`), wait),
      this.views(run, fold, client, c), lanes,
      el('div', {class: 'inner'}, box, el('div', {class: 'words'},
        el('h5', {}, past.length ? 'Its life so far' : 'It has not asked yet'), el('ol', {class: 'life'}, ...past.map(line)),
        ...(future.length ? [el('h5', {class: 'fut'}, 'Later in this run'), el('ol', {class: 'life fut'}, ...future.slice(0, 12).map(line))] : []))), this.saving(run, client));
  }

  // saving gives one client's life to other programs.
  saving(run, client) {
    const name = `${run.scenario}-${run.profile}-${nameOf(run, client)}`.replace(/[^\w.-]+/g, '_'), button = (text, f) => el('button', {class: 'btn', onclick: f}, text);
    return el('div', {class: 'row saving'}, button('Copy as Mermaid', async (e) => {
      const text = asMermaid(run, client), b = e.currentTarget;
      try {
        await navigator.clipboard.writeText(text);
        put(b, 'Copied');
        setTimeout(() => put(b, 'Copy as Mermaid'), 1500);
      } catch {
        show('The diagram as Mermaid', el('pre', {class: 'cmd'}, text));
      }
    }), button('Save as SVG', (b) => download(name + '.svg', 'image/svg+xml', asSVG(b.currentTarget.closest('.half-life').querySelector('.seq')))), button('Save as pcapng', () => download(name + '.pcapng', 'application/octet-stream', ...asCapture(run, client))));
  }

  views(run, fold, client, c) {
    const believes = el('p'), knows = el('p'), verdict = el('p', {class: 'verdict'}), versus = el('div', {class: 'versus', 'aria-hidden': 'true'});
    const box = el('div', {class: 'views'}, el('div', {class: 'view'}, el('h5', {}, 'What its program believes'), believes), versus, el('div', {class: 'view'}, el('h5', {}, 'What the server knows'), knows), verdict);
    const say = (p, bold, text) => p.replaceChildren(el('b', {}, bold), text);
    const began = (run.of.get(client) || []).filter((r) => r.kind === 'syn_sent');
    let told = '';
    this.running.push((t) => {
      const asked = began.filter((r) => r.at <= t).pop();
      const [b, because] = belief(run, c, asked, t, fold.next(client)), [k, so] = knowledge(fold, client, c);
      const apart = c.state === 'phantom';
      if (told !== b + because + k + so) {
        told = b + because + k + so;
        say(believes, b, because);
        say(knows, k, so);
      }
      box.classList.toggle('gap', apart);
      put(versus, apart ? '≠' : '');
      put(verdict, apart ? 'The two disagree: a phantom connection' : c.state === 'refused' || c.state === 'ignored' ? 'No answer has reached the program yet' : '');
    });
    return box;
  }
}

// belief is what the client's program can know. Its TCP sends the next SYN at next, 0 for never.
function belief(run, c, asked, t, next) {
  if (!asked) return ['Nothing yet.', 'It has not called connect.'];
  if (c.told) return [`${errno(run, c.told)}.`, c.state === 'failed' ? 'connect has returned this error.' : 'Its connection broke with this error.'];
  if (c.state === 'gaveup') return ['“This takes too long.”', 'It has given up.'];
  if (c.connected && c.state === 'done') return ['“I was served.”', 'The server has closed the connection.'];
  if (c.connected) return ['“I am connected.”', `connect returned 0 at ${ms(c.connected)} ms.` + (c.state === 'phantom' ? ` For ${span(t - c.connected)} it has waited for the server.` : '')];
  return ['connect has not returned.', `It has waited ${span(t - asked.at)}.` + (c.state === 'refused' && next ? ' The refusal does not reach it: its TCP will ask again.' : '')];
}

// knowledge is what the server has of the client.
function knowledge(fold, client, c) {
  for (const q of fold.queues.values()) {
    const at = q.list.findIndex((e) => e.client === client);
    if (at < 0) continue;
    const e = q.list[at];
    if (e.mark === 'half' && q.separate) return ['Half-open, not in the accept queue.', 'accept would not return it.'];
    if (e.mark === 'half') return ['Half-open, and it holds a slot.', 'It waits for the final ACK.'];
    const before = q.list.slice(0, at).filter((x) => x.mark === 'complete').length;
    return [e.mark === 'aborted' ? 'In the queue, reset by its client.' : 'In the accept queue.', before ? `${before} before it.` : 'accept returns it next.'];
  }
  for (const w of fold.serving.values()) if (w.client === client) return [`Descriptor ${w.fd}.`, 'The program serves it.'];
  if (c.state === 'done') return ['Done.', 'The program has served it and closed.'];
  if (c.state === 'notyet') return ['Nothing.', 'No SYN has come.'];
  if (c.state === 'syn') return ['Nothing.', 'The SYN is on its way.'];
  if (c.state === 'refused') return ['Nothing.', 'The RST was sent and forgotten.'];
  if (c.state === 'ignored') return ['Nothing.', 'The SYN was dropped and forgotten.'];
  return ['Nothing.', 'It has no entry for this client.'];
}
