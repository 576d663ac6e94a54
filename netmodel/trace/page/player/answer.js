// answer.js computes figures and right answers from the runs, as answer.go does.

// LessonRuns finds the runs of a lesson by their names.
export class LessonRuns {
  constructor(lesson, runs) {
    Object.assign(this, {lesson, runs});
  }

  run(name) {
    return this.runs[this.lesson.runs.findIndex((r) => r.name === name)];
  }

  // figure is a count, or a time in whole milliseconds.
  figure(name, path) {
    const run = this.run(name);
    if (path.startsWith('records.')) return run.records.filter((r) => r.kind === path.slice(8)).length;
    if (!path.startsWith('clients.')) return isTime(path) ? wholeMs(run.figure.get(path)) : run.figure.get(path);
    const dot = path.lastIndexOf('.'), client = run.names.indexOf(path.slice(8, dot)) + 1, what = path.slice(dot + 1);
    const attempts = attemptsOf(run, client), last = attempts[attempts.length - 1];
    if (what === 'syns') return run.records.filter((r) => r.client === client && r.kind.startsWith('syn_sent')).length;
    if (what === 'attempts') return last.attempt;
    return wholeMs((last.outcome === 'pending' ? run.end_ns : last.at) - attempts[0].began);
  }

  // text puts figures where a text names them.
  text(words) {
    return words.replace(/\{([^.{}]+)\.([^{}]+)\}/g, (_, name, path) => written(path, this.figure(name, path)));
  }

  // right is the answer of a question: a number, a list of numbers, or the place of a choice.
  right(q) {
    if (q.kind === 'number') return this.figure(q.run, q.figure);
    if (q.kind === 'sketch') return q.at.map((at) => pendingAt(this.run(q.run), nanoseconds(at)));
    if (q.right === 'outcome') return placeOf(q, endOf(this.run(q.run), q.client));
    if (q.right === 'above_zero') return placeOf(q, this.figure(q.run, q.figure) > 0 ? 'yes' : 'no');
    const values = q.choices.map((c) => c.run ? this.figure(c.run, q.figure) : null), known = values.filter((v) => v !== null);
    const alike = values.indexOf(null);
    if (alike >= 0 && known.every((v) => v === known[0])) return alike;
    return values.indexOf(q.right === 'most' ? Math.max(...known) : Math.min(...known));
  }

  // hit reports whether a guess counts as right.
  hit(q, guess) {
    const right = this.right(q), near = (a, b) => Math.abs(a - b) <= (q.near || 0);
    if (q.kind === 'choice') return guess === right;
    return q.kind === 'number' ? near(guess, right) : guess.every((n, i) => near(n, right[i]));
  }

  // place is where a moment is: its run, its instant and its client.
  place(m) {
    const run = this.run(m.run), who = m.client ? run.names.indexOf(m.client) + 1 : 0;
    if (m.at) return {run, at: nanoseconds(m.at), client: who};
    const met = new Set(), all = run.records.filter((r) => r.kind === m.kind && (!who || r.client === who));
    const found = all.find((r) => {
      const again = met.has(r.client);
      met.add(r.client);
      return !m.again || again;
    }) || all[0];
    return {run, at: found.at, client: found.client || who};
  }
}

export const isTime = (path) => path.includes('_ns.') || path.endsWith('.ms');

const wholeMs = (ns) => Math.floor((ns + 5e5) / 1e6);

// written is a figure for the reader: a time has its unit.
export function written(path, n) {
  return isTime(path) ? n + ' ms' : String(n);
}

// nanoseconds reads an instant such as 20ms.
export function nanoseconds(text) {
  const [, n, unit] = text.match(/^([\d.]+)(us|ms|s|m)$/);
  return Math.round(Number(n) * {us: 1e3, ms: 1e6, s: 1e9, m: 6e10}[unit]);
}

const attemptsOf = (run, client) => run.results.filter((r) => r.client === client).sort((a, b) => a.attempt - b.attempt);

const placeOf = (q, is) => q.choices.findIndex((c) => c.is === is);

// endOf is how the last attempt of a client ends, or where it stands.
function endOf(run, name) {
  const last = attemptsOf(run, run.names.indexOf(name) + 1).pop();
  return last.outcome === 'pending' ? last.progress : last.outcome;
}

// pendingAt is how many connections are pending on the server at an instant.
function pendingAt(run, t) {
  const before = run.records.filter((r) => r.at <= t && r.host === 'server' && r.limit > 0);
  return before.length ? before[before.length - 1].pending : 0;
}
