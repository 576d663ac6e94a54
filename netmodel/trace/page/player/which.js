// which.js asks which system an anonymous run is about. It plays four systems whose runs differ
// on the same crowd, and shows one without its names.

import {el, show} from './dom.js';
import {ms} from './data.js';
import {sentence} from './words.js';

const known = ['windows', 'linux', 'freebsd', 'darwin', 'illumos', 'openbsd', 'linux4.3', 'gvisor', 'lwip', 'wsp', 'bsd4.4', 'unix'];

export class Which {
  // act has mount(runs), end() and story(run): the told records.
  constructor(ground, root, act) {
    Object.assign(this, {ground, root, act});
  }

  start() {
    this.candidates = this.pick4();
    if (this.candidates.length < 2) return show('Which system?', el('p', {}, 'On this crowd all systems do the same. Choose a smaller backlog or more clients.'));
    this.right = this.candidates[Math.floor(Math.random() * this.candidates.length)];
    const hidden = {...this.right, index: 0, label: 'System ?', long: 'unknown', profile: '?', rules: [], records: this.right.records.map((r) => ({...r, rule: ''}))};
    hidden.of = new Map([...this.right.of].map(([client, list]) => [client, list.map((r) => hidden.records[r.n])]));
    document.body.dataset.which = '';
    this.act.mount([hidden]);
    this.ask();
  }

  // pick4 plays systems in a random order and keeps those that can be told apart.
  pick4() {
    const order = known.filter((n) => this.ground.profile(n)).map((n) => [Math.random(), n]).sort((a, b) => a[0] - b[0]), kept = [], seen = new Set();
    for (const [, profile] of order) {
      let run;
      try { run = this.ground.one({profile, set: []}, 0); } catch { continue; }
      const key = this.act.story(run).map((r) => `${r.at} ${r.kind} ${r.client}`).join();
      if (!seen.has(key)) kept.push(run);
      seen.add(key);
      if (kept.length === 4) break;
    }
    return kept;
  }

  ask() {
    this.root.replaceChildren(el('p', {class: 'step'}, 'Which system?'), el('p', {class: 'ask', tabindex: -1}, 'One of these systems made this run. Play it, look for a sign, then choose.'),
      el('div', {class: 'guess'}, ...this.candidates.map((r) => el('button', {class: 'btn', 'data-choice': r.profile, onclick: () => this.reveal(r)}, r.long))),
      el('div', {class: 'row'}, el('button', {class: 'btn', onclick: () => this.end()}, 'Back')));
    this.root.dataset.answer = this.right.profile;
    this.root.querySelector('.ask').focus();
  }

  reveal(guess) {
    const others = this.candidates.filter((r) => r !== this.right);
    this.root.replaceChildren(el('p', {class: 'you', tabindex: -1, role: 'status'}, guess === this.right ? `Right: ${this.right.long}.` : `You said ${guess.long}. It is ${this.right.long}.`),
      el('div', {class: 'told'}, ...others.map((r) => el('p', {}, el('b', {}, r.label + ': '), this.sign(r)))),
      el('div', {class: 'row'}, el('button', {class: 'btn solid', id: 'another', onclick: () => this.start()}, 'Another one'), el('button', {class: 'btn', onclick: () => this.end()}, 'Back')));
    delete document.body.dataset.which;
    this.root.querySelector('.you').focus();
  }

  // sign is the first event in which a system differs from the right one.
  sign(other) {
    const mine = this.act.story(this.right), theirs = this.act.story(other), key = (r) => r ? `${r.at} ${r.kind} ${r.client}` : '';
    let i = 0;
    while (key(mine[i]) === key(theirs[i])) i++;
    const at = Math.min(mine[i]?.at ?? Infinity, theirs[i]?.at ?? Infinity), said = (run, list) => list.filter((r) => r.at === at).slice(0, 2).map((r) => sentence(run, r)).join(' ') || 'Nothing.';
    return `differs first at ${ms(at)} ms. There: ${said(other, theirs)} Here: ${said(this.right, mine)}`;
  }

  end() {
    delete document.body.dataset.which;
    this.root.remove();
    this.act.end();
  }
}
