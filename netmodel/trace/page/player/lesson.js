// lesson.js asks, and reveals. Every number of an answer is a figure of a run.

import {el} from './dom.js';
import {ruleChip} from './client.js';
import {classBox} from './classroom.js';

export class LessonCard {
  constructor(root, lesson, runs, act) {
    Object.assign(this, {root, lesson, runs, act, at: 0, guesses: []});
    this.ask();
  }

  figure(profile, name) {
    return this.runs[this.lesson.runs.findIndex((r) => r.name === profile)].figure.get(name);
  }

  // text puts figures where a text names them.
  text(words) {
    return words.replace(/\{([^.{}]+)\.([^{}]+)\}/g, (_, profile, name) => this.figure(profile, name));
  }

  // right is the answer of a question: a number, or the label of a choice.
  right(q) {
    if (!q.choices) return this.figure(q.run, q.figure);
    const values = q.choices.map((c) => c.run ? this.figure(c.run, q.figure) : -1);
    const most = Math.max(...values);
    const winners = q.choices.filter((c, i) => values[i] === most);
    return (winners.length === 1 ? winners[0] : q.choices.find((c) => !c.run) || winners[0]).label;
  }

  head(q) {
    return [el('p', {class: 'step'}, `Question ${this.at + 1} of ${this.lesson.questions.length}`), el('h2', {}, this.lesson.title),
      this.at === 0 ? el('p', {class: 'intro'}, this.text(this.lesson.intro)) : null, el('p', {class: 'ask', tabindex: -1}, this.text(q.ask))];
  }

  ask(focus) {
    const q = this.lesson.questions[this.at];
    this.root.dataset.state = 'ask';
    this.act.ask(this.at === 0);
    const guess = el('div', {class: 'guess'});
    if (q.choices) guess.append(...q.choices.map((c) => el('button', {class: 'btn', 'data-choice': c.label, onclick: () => this.reveal(c.label)}, c.label)));
    else {
      const input = el('input', {type: 'number', min: 0, max: q.max, inputmode: 'numeric', required: true, id: 'guess'});
      guess.append(el('form', {class: 'number', onsubmit: (e) => {
        e.preventDefault();
        if (input.value !== '') this.reveal(Math.max(0, Math.min(q.max, Math.round(Number(input.value)))));
      }}, el('label', {}, 'Your guess', input), el('button', {class: 'btn solid'}, 'Reveal')));
    }
    this.root.replaceChildren(...this.head(q).filter(Boolean), guess, el('div', {class: 'row'}, el('button', {class: 'btn', onclick: () => this.end()}, 'Skip the questions')));
    if (focus) this.root.querySelector('.ask').focus();
  }

  reveal(guess) {
    const q = this.lesson.questions[this.at], right = this.right(q), last = this.at + 1 === this.lesson.questions.length;
    this.guesses[this.at] = guess;
    this.root.dataset.state = 'told';
    this.act.told();
    const hit = guess === right, told = q.choices ? (hit ? `You said “${guess}”, and so says the model.` : `You said “${guess}”. The model says “${right}”.`) : hit ? `You said ${guess}, and so says the model.` : `You said ${guess}, the model says ${right}.`;
    const bars = q.bars.map((b) => ({...b, value: this.figure(b.run, b.figure)}));
    if (!q.choices) bars.unshift({label: 'your guess', value: guess, colour: ''});
    const most = Math.max(1, ...bars.map((b) => b.value));
    this.root.replaceChildren(...this.head(q).filter(Boolean),
      el('p', {class: 'you', tabindex: -1, role: 'status', 'data-right': String(right), 'data-hit': String(hit)}, told),
      el('div', {class: 'bars'}, ...bars.map((b) => {
        const bar = el('u', {class: b.colour});
        bar.style.width = b.value / most * 100 + '%';
        if (!b.value) bar.hidden = true;
        return el('div', {class: 'b'}, el('span', {}, b.label), el('i', {'aria-hidden': 'true'}, bar), el('b', {'data-profile': b.run, 'data-figure': b.figure}, String(b.value)));
      })),
      el('div', {class: 'told'}, ...q.because.map((b) => el('p', {}, this.text(b.text), ...b.rules.map((id) => ruleChip(this.runs, id))))),
      el('div', {class: 'row'}, el('button', {class: 'btn solid', id: 'showone', onclick: () => this.act.show(q.show)}, q.show.label),
        el('button', {class: 'btn', id: 'onward', onclick: () => {
          if (last) return this.end();
          this.at++;
          this.ask(true);
        }}, last ? 'Finish' : 'Next question')));
    this.root.querySelector('.you').focus();
  }

  // token writes a guess as a line of a class does.
  token(q, guess) {
    if (guess === undefined) return '-';
    return String(q.choices ? q.choices.findIndex((c) => c.label === guess) + 1 : guess);
  }

  // end closes the lesson; quietly if somebody came by the link of a moment.
  end(quietly) {
    this.root.dataset.state = 'end';
    this.act.told();
    const asked = this.guesses.filter((g) => g !== undefined).length, hits = this.lesson.questions.filter((q, i) => this.guesses[i] === this.right(q)).length;
    this.root.replaceChildren(el('h2', {}, this.lesson.title), el('p', {class: 'you', id: 'score', tabindex: -1}, asked ? `${hits} of ${asked} as the model has it.` : 'You have not guessed yet.'),
      el('div', {class: 'told'}, el('p', {}, this.text(this.lesson.end))),
      el('div', {class: 'row'}, el('button', {class: 'btn', id: 'again', onclick: () => {
        this.at = 0;
        this.guesses = [];
        this.ask(true);
      }}, asked ? 'Ask me again' : 'Ask me')),
      classBox(this.lesson, this.lesson.questions.map((q, i) => this.token(q, this.guesses[i])), () => [{lesson: this.lesson, rights: this.lesson.questions.map((q) => this.token(q, this.right(q))), words: (t) => this.text(t)}]));
    if (!quietly) this.root.querySelector('.you').focus();
  }
}
