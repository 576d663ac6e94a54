// sketch.js lets the reader draw the queue over time: on the chart with the pointer, in the
// card with sliders.

import {el, svg, put} from './dom.js';
import {nanoseconds} from './answer.js';

export class SketchPad {
  // The plot is the chart of the run. Guess holds a number for each instant of the question.
  constructor(q, run, axis, plot) {
    Object.assign(this, {q, run, axis, plot, guess: q.at.map(() => 0)});
    this.top = Math.max(q.max, run.limit <= q.max ? run.limit : 0) * 1.1;
    this.line = svg('path', {class: 'guessline'});
    this.art = svg('svg', {viewBox: '0 0 1000 100', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, this.line);
    this.knobs = q.at.map((_, i) => el('i', {class: 'guessknob', onpointerdown: (e) => this.drag(e, i)}));
    this.layer = el('div', {class: 'sketch'}, this.art, ...this.knobs);
    this.layer.addEventListener('pointerdown', (e) => e.stopPropagation());
    plot.classList.add('sketched');
    plot.append(this.layer);
    this.inputs = q.at.map((at, i) => el('input', {type: 'range', min: 0, max: q.max, step: 1, value: 0, 'aria-label': `Waiting at ${spaced(at)}`, oninput: (e) => this.set(i, Number(e.target.value))}));
    this.outputs = q.at.map(() => el('output', {}, '0'));
    this.draw();
  }

  // sliders are the same guess for keyboard and touch.
  sliders() {
    return el('div', {class: 'sliders'}, ...this.q.at.map((at, i) => el('label', {class: 'slider'}, el('span', {}, spaced(at)), this.inputs[i], this.outputs[i])));
  }

  set(i, n) {
    this.guess[i] = Math.max(0, Math.min(this.q.max, Math.round(n)));
    this.inputs[i].value = this.guess[i];
    put(this.outputs[i], String(this.guess[i]));
    this.draw();
  }

  drag(e, i) {
    if (e.button || this.told) return;
    e.preventDefault();
    const knob = e.currentTarget, box = this.layer.getBoundingClientRect();
    const move = (ev) => this.set(i, (box.bottom - ev.clientY) / box.height * this.top);
    const stop = () => {
      knob.removeEventListener('pointermove', move);
      knob.removeEventListener('pointerup', stop);
      knob.removeEventListener('pointercancel', stop);
    };
    knob.setPointerCapture(e.pointerId);
    knob.addEventListener('pointermove', move);
    knob.addEventListener('pointerup', stop);
    knob.addEventListener('pointercancel', stop);
  }

  x(t) {
    return this.axis.x(t) * 1000;
  }

  y(n) {
    return 100 - n / this.top * 100;
  }

  draw() {
    this.line.setAttribute('d', this.q.at.map((at, i) => `${i ? 'L' : 'M'}${this.x(nanoseconds(at)).toFixed(1)} ${this.y(this.guess[i]).toFixed(1)}`).join(''));
    this.knobs.forEach((k, i) => {
      k.style.left = this.x(nanoseconds(this.q.at[i])) / 10 + '%';
      k.style.top = this.y(this.guess[i]) + '%';
    });
  }

  // reveal lays the curve of the model over the guess.
  reveal() {
    this.told = true;
    let d = `M0 ${this.y(0)}`;
    for (const r of this.run.records) if (r.host === 'server' && r.limit > 0) d += `H${this.x(r.at).toFixed(1)}V${this.y(Math.min(r.pending, this.top)).toFixed(1)}`;
    this.art.prepend(svg('path', {class: 'area', d: d + 'H1000V100H0Z'}), svg('path', {class: 'depth', d: d + 'H1000'}));
    this.layer.classList.add('told');
  }

  remove() {
    this.layer.remove();
    this.plot.classList.remove('sketched');
  }
}

// spaced is an instant for the reader: 20 ms.
export const spaced = (at) => at.replace(/([\d.]+)/, '$1 ');
