// lesson.js shows captions, asks, and reveals. Every number of an answer is a figure of a run.

import {el} from './dom.js';
import {ruleChip} from './client.js';
import {LessonRuns, isTime, written} from './answer.js';
import {SketchPad, spaced} from './sketch.js';
import {classBox} from './classroom.js';

const pointed = {clients: '.scene .clients', network: '.scene .net', 'syn queue': '.scene .synq', 'accept queue': '.scene .accept', program: '.scene .program', chart: '#charts'};

// LessonCard plays a lesson in the element root. The page gives it the functions of act:
// ask(restart) hides what would answer the question, told() shows it again, guide(place) plays on to
// an instant, show(place) goes there. act.axis() is the axis of the charts. If somebody came by the
// link of a moment, the lesson asks nothing before it is told to.
export class LessonCard {
  constructor(root, lesson, runs, act, linked) {
    Object.assign(this, {root, lesson, runs, act, of: new LessonRuns(lesson, runs), at: 0, guesses: []});
    if (linked) this.end(true); else this.begin();
  }

  get question() {
    return this.lesson.questions[this.at];
  }

  begin(focus) {
    Object.assign(this, {at: 0, guesses: []});
    this.act.ask(true);
    this.next(focus);
  }

  // next shows the captions before a question, then asks it.
  next(focus) {
    if ((this.question.captions || []).length) this.caption(0, focus); else this.ask(focus);
  }

  fill(state, ...parts) {
    this.root.dataset.state = state;
    this.root.replaceChildren(...parts.filter(Boolean));
  }

  head(step, ask) {
    return [el('p', {class: 'step'}, step), el('h2', {}, this.lesson.title),
      this.at === 0 && this.root.dataset.state !== 'told' ? el('p', {class: 'intro'}, this.of.text(this.lesson.intro)) : null,
      ask ? el('p', {class: 'ask', id: 'ask', tabindex: -1}, this.of.text(ask)) : null];
  }

  get number() {
    return `Question ${this.at + 1} of ${this.lesson.questions.length}`;
  }

  skip() {
    return el('button', {class: 'btn', id: 'skip', onclick: () => this.end()}, 'Skip the questions');
  }

  // stray reports whether a click lies where the last button was, and comes so soon that it was
  // meant for that one.
  stray(e) {
    return this.pressed && e.detail > 0 && e.timeStamp - this.pressed.timeStamp < 500 && e.screenX === this.pressed.screenX && e.screenY === this.pressed.screenY;
  }

  // caption shows one step before the question: a text, an instant, a part of the picture.
  caption(n, focus) {
    const all = this.question.captions, c = all[n];
    this.clear();
    this.act.ask(false);
    if (c.seek) this.act.guide(this.of.place(c.seek));
    const onward = el('button', {class: 'btn solid', id: 'onward', 'aria-describedby': 'caption', onclick: (e) => {
      this.pressed = e;
      if (n + 1 < all.length) this.caption(n + 1, true); else this.ask(true);
    }}, n + 1 < all.length ? 'Next' : 'To the question');
    this.fill('guide', ...this.head(`Step ${n + 1} of ${all.length}`), el('p', {class: 'caption', id: 'caption'}, this.of.text(c.text)),
      el('div', {class: 'row'}, onward, n ? el('button', {class: 'btn', id: 'back', onclick: () => this.caption(n - 1, true)}, 'Back') : null, this.skip()));
    if (focus) onward.focus({preventScroll: true});
    this.point(c);
  }

  // point marks the part of the picture that a caption is about.
  point(c) {
    if (!c.point) return;
    const system = c.seek ? this.of.run(c.seek.run).index : -1;
    const parts = [...document.querySelectorAll(pointed[c.point])].filter((e) => system < 0 || !e.closest('.sys') || e.closest('.sys-' + system));
    for (const e of parts) e.classList.add('pointed');
    const seen = parts.find((e) => e.offsetParent);
    if (seen && this.root.dataset.state === 'guide' && document.activeElement.id === 'onward') seen.scrollIntoView({block: 'center'});
  }

  // clear takes away what a caption or a sketch has put on the page.
  clear() {
    for (const e of document.querySelectorAll('.pointed')) e.classList.remove('pointed');
    if (this.pad) this.pad.remove();
    this.pad = null;
  }

  ask(focus) {
    const q = this.question;
    this.clear();
    this.act.ask(q.kind === 'sketch');
    if (q.run) this.act.only(this.of.run(q.run).index);
    this.root.dataset.state = 'ask';
    this.fill('ask', ...this.head(this.number, q.ask), this.guess(q), el('div', {class: 'row'}, this.skip()));
    if (focus) this.root.querySelector('.ask').focus();
  }

  // guess is what the reader answers with.
  guess(q) {
    if (q.kind === 'choice') return el('div', {class: 'guess'}, ...q.choices.map((c, i) => el('button', {class: 'btn', 'data-choice': i, onclick: (e) => this.stray(e) || this.reveal(i)}, this.of.text(c.label))));
    const form = (cls, ask, ...parts) => el('div', {class: 'guess'}, el('form', {class: cls, onsubmit: (e) => { e.preventDefault(); ask(); }}, ...parts, el('button', {class: 'btn solid', id: 'reveal'}, 'Reveal')));
    if (q.kind === 'sketch') {
      const run = this.of.run(q.run);
      this.pad = new SketchPad(q, run, this.act.axis(), document.querySelectorAll('#charts .chart')[run.index].querySelector('.plot.main'));
      return form('sketching', () => this.reveal(this.pad.guess), el('p', {class: 'note'}, 'Move the sliders here, or drag the points on the queue chart.'), this.pad.sliders());
    }
    const input = el('input', {type: 'number', min: 0, max: q.max, step: 1, inputmode: 'numeric', required: true, id: 'guess'});
    return form('number', () => this.reveal(Math.max(0, Math.min(q.max, Math.round(Number(input.value))))), el('label', {}, isTime(q.figure) ? 'Your guess, ms' : 'Your guess', input));
  }

  reveal(guess) {
    const q = this.question, last = this.at + 1 === this.lesson.questions.length;
    this.guesses[this.at] = guess;
    for (const e of document.querySelectorAll('.pointed')) e.classList.remove('pointed');
    this.act.told();
    if (this.pad) this.pad.reveal();
    this.root.dataset.state = 'told';
    const right = this.of.right(q);
    this.fill('told', ...this.head(this.number, q.ask),
      el('p', {class: 'you', tabindex: -1, role: 'status', 'data-right': String(right), 'data-hit': String(this.of.hit(q, guess))}, this.verdict(q, guess, right)),
      q.kind === 'sketch' ? this.compared(q, guess, right) : null, this.bars(q, guess),
      el('div', {class: 'told'}, ...q.because.map((b) => el('p', {}, this.of.text(b.text), ...b.rules.map((id) => ruleChip(this.runs, id))))),
      el('div', {class: 'row'}, el('button', {class: 'btn solid', id: 'showone', onclick: () => this.act.show(this.of.place(q.show))}, q.show.label),
        el('button', {class: 'btn', id: 'onward', onclick: () => {
          if (last) return this.end();
          this.at++;
          this.next(true);
        }}, last ? 'Finish' : 'Next question')));
    this.root.querySelector('.you').focus();
  }

  verdict(q, guess, right) {
    const hit = this.of.hit(q, guess);
    if (q.kind === 'choice') {
      const say = (i) => this.of.text(q.choices[i].label);
      return hit ? `You said “${say(guess)}”, and so says the model.` : `You said “${say(guess)}”. The model says “${say(right)}”.`;
    }
    if (q.kind === 'sketch') {
      const near = right.filter((n, i) => Math.abs(n - guess[i]) <= (q.near || 0)).length;
      return hit ? 'You drew what the model does.' : `You are ${q.near ? 'near' : 'right'} at ${near} of ${right.length} instants. The chart has the curve of the model over your guess.`;
    }
    const say = (n) => written(q.figure, n);
    if (guess === right) return `You said ${say(guess)}, and so says the model.`;
    return `You said ${say(guess)}, the model says ${say(right)}${hit ? ': near enough' : ''}.`;
  }

  // compared lists a sketch beside the model.
  compared(q, guess, right) {
    return el('table', {class: 'compared'}, el('thead', {}, el('tr', {}, ...['at', 'you', 'model'].map((h) => el('th', {scope: 'col'}, h)))),
      el('tbody', {}, ...q.at.map((at, i) => el('tr', {}, el('td', {}, spaced(at)), el('td', {}, String(guess[i])), el('td', {}, String(right[i]))))));
  }

  bars(q, guess) {
    const bars = q.bars.map((b) => ({...b, value: this.of.figure(b.run, b.figure)}));
    if (q.kind === 'number') bars.unshift({label: 'your guess', value: guess, colour: ''});
    const most = Math.max(1, ...bars.map((b) => b.value));
    return el('div', {class: 'bars'}, ...bars.map((b) => {
      const bar = el('u', {class: b.colour || null});
      bar.style.width = b.value / most * 100 + '%';
      if (!b.value) bar.hidden = true;
      return el('div', {class: 'b'}, el('span', {}, b.label), el('i', {'aria-hidden': 'true'}, bar), el('b', {'data-run': b.run, 'data-figure': b.figure}, String(b.value)));
    }));
  }

  // end closes the lesson; quietly, it leaves the focus where it is.
  end(quietly) {
    this.clear();
    this.act.told();
    const asked = this.guesses.filter((g) => g !== undefined).length, hits = this.lesson.questions.filter((q, i) => this.guesses[i] !== undefined && this.of.hit(q, this.guesses[i])).length;
    if (asked === this.lesson.questions.length) this.act.done();
    this.fill('end', el('h2', {}, this.lesson.title), el('p', {class: 'you', id: 'score', tabindex: -1}, asked ? `${hits} of ${asked} as the model has it.` : 'You have not guessed yet.'),
      el('div', {class: 'told'}, el('p', {}, this.of.text(this.lesson.end))),
      el('div', {class: 'row'}, this.act.after ? el('button', {class: 'btn solid', id: 'nextlesson', onclick: () => this.act.onward()}, `Next lesson: ${this.act.after}`) : null, el('button', {class: 'btn', id: 'again', onclick: () => this.begin(true)}, asked ? 'Ask me again' : 'Ask me')),
      classBox(this.of, this.guesses));
    if (!quietly) this.root.querySelector('.you').focus();
  }
}
