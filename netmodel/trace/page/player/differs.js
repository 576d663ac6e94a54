// differs.js lists which clients fare differently under the systems that a page shows.

import {el, glyph} from './dom.js';
import {ms} from './data.js';
import {states, become} from './fold.js';
import {nameOf} from './words.js';

const mostNamed = 10; // clients of a kind that are named

// course lists the states of a client with the instants at which they begin.
function course(run, client) {
  const c = {state: 'notyet', connected: 0, told: ''}, out = [{at: 0, state: 'notyet'}];
  for (const r of run.of.get(client) || []) {
    const state = become(c, r);
    if (state && state !== c.state) out.push({at: r.at, state: c.state = state});
  }
  return out;
}

// parts is the first instant at which the courses of a client differ, and its states then.
function parts(courses) {
  for (const at of [...new Set(courses.flat().map((s) => s.at))].sort((a, b) => a - b)) {
    const then = courses.map((c) => c.findLast((s) => s.at <= at).state);
    if (new Set(then).size > 1) return {at, then};
  }
  return null;
}

export class Differs {
  constructor(root, runs, scenes, go) {
    root.hidden = runs.length < 2;
    if (root.hidden) return;
    const kinds = new Map(), outliers = new Set();
    let first = null, lives = 0;
    runs[0].names.forEach((name, i) => {
      const courses = runs.map((run) => course(run, i + 1)), when = parts(courses);
      if (!when) return;
      lives++;
      if (!first || when.at < first.at) first = {...when, client: i + 1};
      const ends = courses.map((c) => c[c.length - 1].state), key = ends.join();
      if (new Set(ends).size < 2) return;
      outliers.add(i + 1);
      if (!kinds.has(key)) kinds.set(key, {ends, clients: []});
      kinds.get(key).clients.push({client: i + 1, at: when.at});
    });
    const on = (ends) => runs.map((run, i) => el('span', {class: 'end'}, glyph(ends[i], 14), `${states[ends[i]].split(',')[0]} on ${run.label}`));
    const jump = (c, at, text) => el('button', {class: 'link', onclick: () => go(c, at), title: `first differs at ${ms(at)} ms`}, text);
    const mark = el('button', {class: 'btn', 'aria-pressed': 'false', onclick: () => {
      const now = mark.getAttribute('aria-pressed') !== 'true';
      mark.setAttribute('aria-pressed', String(now));
      for (const s of scenes) s.flip(now ? outliers : new Set());
    }}, 'Mark them');
    root.replaceChildren(...[el('h2', {}, 'What differs'), el('p', {class: 'intro'}, first ? `${lives} of ${runs[0].names.length} clients fare differently, ${outliers.size || 'none'} to the end of the run. The first is ` : 'Nothing: every client fares alike.', first && jump(first.client, first.at, `${nameOf(runs[0], first.client)} at ${ms(first.at)} ms`), first && ': ', first && on(first.then)),
      el('ul', {class: 'kinds'}, ...[...kinds.values()].sort((a, b) => b.clients.length - a.clients.length).slice(0, 6).map((k) => el('li', {}, el('b', {}, String(k.clients.length)), ...on(k.ends),
        el('span', {class: 'who'}, ...k.clients.slice(0, mostNamed).map((c) => jump(c.client, c.at, nameOf(runs[0], c.client))), k.clients.length > mostNamed ? `and ${k.clients.length - mostNamed} more` : null)))), outliers.size ? mark : null].filter(Boolean));
  }
}
