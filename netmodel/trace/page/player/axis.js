// axis.js is the time axis that all charts share. Long quiet stretches are folded; in what is
// left every millisecond is equally long.

import {ms, after} from './data.js';

const foldWidth = 0.035; // of the axis, for each fold
const mostFolds = 7;

export class Axis {
  constructor(runs) {
    this.times = [...new Set(runs.flatMap((r) => [0, ...r.records.map((x) => x.at), r.last]))].sort((a, b) => a - b);
    this.end = this.times[this.times.length - 1] || 1;
    const pad = Math.max(1e5, this.end / 2000);
    this.folds = foldsOf(this.times, pad);
    const folded = this.folds.reduce((sum, f) => sum + f.to - f.from, 0);
    this.active = Math.max(1, this.end - folded);
    this.scale = (1 - foldWidth * this.folds.length) / this.active;
    this.parts = [];
    let t = 0, x = 0;
    for (const f of this.folds) {
      this.parts.push({from: t, to: f.from, x, w: (f.from - t) * this.scale});
      x += (f.from - t) * this.scale;
      this.parts.push({from: f.from, to: f.to, x, w: foldWidth, fold: true});
      x += foldWidth;
      t = f.to;
    }
    this.parts.push({from: t, to: this.end, x, w: 1 - x});
  }

  // x is where an instant stands, from 0 to 1.
  x(t) {
    const p = this.part(t);
    return p.to > p.from ? p.x + p.w * Math.min(1, Math.max(0, (t - p.from) / (p.to - p.from))) : p.x;
  }

  // t is the instant at a place.
  t(x) {
    const p = this.parts.find((q) => x <= q.x + q.w) || this.parts[this.parts.length - 1];
    return Math.round(p.from + (p.w ? Math.min(1, Math.max(0, (x - p.x) / p.w)) : 0) * (p.to - p.from));
  }

  part(t) {
    return this.parts[Math.min(this.parts.length - 1, after(this.parts, t, (p) => p.from) - 1)] || this.parts[0];
  }

  // labels names the stretches between the folds, as far as they have room.
  labels() {
    return this.parts.filter((p) => !p.fold).map((p) => ({x: p.x, w: p.w, text: ms(p.from, 0) + '–' + ms(p.to, 0) + ' ms', short: ms(p.from, 0)}));
  }
}

// foldsOf finds quiet stretches that are long against all the rest.
function foldsOf(times, pad) {
  const gaps = [];
  for (let i = 1; i < times.length; i++) gaps.push({from: times[i - 1], to: times[i], d: times[i] - times[i - 1]});
  gaps.sort((a, b) => b.d - a.d);
  let rest = gaps.reduce((sum, g) => sum + g.d, 0);
  const folds = [];
  for (const g of gaps) {
    if (folds.length === mostFolds || g.d < rest * 0.12) break;
    const margin = Math.min(g.d / 4, Math.max((rest - g.d) / 60, Math.min(pad, g.d / 10)));
    folds.push({from: g.from + margin, to: g.to - margin});
    rest -= g.d - 2 * margin;
  }
  return folds.sort((a, b) => a.from - b.from);
}
