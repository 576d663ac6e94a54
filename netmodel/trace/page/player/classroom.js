// classroom.js writes the line that a student copies, and counts the lines of a class. The
// form is that of cmd/wspsim/internal/teach/classline.go. Nothing is sent anywhere.

import {el, put, show} from './dom.js';
import {isTime} from './answer.js';
import {spaced} from './sketch.js';

const mostClassText = 1e6, mostClassLine = 1000, mostColumns = 8, mostUnread = 20, mostGuess = 1e9;
const classForm = /^wspsim1 ([a-z0-9-]{1,64})((?: (?:-|[0-9,]+))+) @([a-z0-9]{1,12}) #([0-9a-f]{8})(?:[^0-9a-z]|$)/;
const markLetters = 'abcdefghjkmnpqrstuvwxyz23456789';
const myMark = keptMark();

// keptMark is the mark of a student, who keeps it when the page is loaded again, if the browser
// lets a page keep anything.
function keptMark() {
  const fresh = [...crypto.getRandomValues(new Uint8Array(5))].map((b) => markLetters[b % markLetters.length]).join('');
  try {
    const kept = localStorage.getItem('wspsim-mark');
    if (kept && /^[a-z0-9]{1,12}$/.test(kept)) return kept;
    localStorage.setItem('wspsim-mark', fresh);
  } catch { /* it keeps nothing */ }
  return fresh;
}

// checksum is the FNV-1a hash of an ASCII text.
function checksum(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h.toString(16).padStart(8, '0');
}

function classLine(name, tokens) {
  const line = `wspsim1 ${name} ${tokens.join(' ')} @${myMark}`;
  return line + ' #' + checksum(line);
}

// numbersOf reads a token: a number, or numbers with commas between them. null if it is none.
function numbersOf(token) {
  const parts = token.split(',');
  return parts.every((p) => /^(0|[1-9][0-9]{0,15})$/.test(p)) ? parts.map(Number) : null;
}

function possible(q, token) {
  const all = numbersOf(token);
  if (!all || all.length !== (q.at || [0]).length) return false;
  return all.every((n) => q.kind === 'choice' ? n >= 1 && n <= q.choices.length : n <= (q.max || mostGuess));
}

// parseClassLine reads a line; why says what is wrong with it.
function parseClassLine(text) {
  if ([...text].length > mostClassLine) return {why: `longer than ${mostClassLine} characters`};
  text = text.replace(/[A-Z]/g, (c) => c.toLowerCase()).replace(/[ \t\u00a0]+/g, ' ');
  const at = text.indexOf('wspsim1 ');
  if (at < 0) return {why: 'no wspsim1 in it'};
  const part = classForm.exec(text.slice(at));
  if (!part) return {why: 'cut off, or not of the form wspsim1 LESSON ANSWER... @MARK #CHECKSUM'};
  if (checksum(part[0].slice(0, part[0].indexOf(' #'))) !== part[4]) return {why: 'the checksum does not fit: a part was changed or lost'};
  return {lesson: part[1], answers: part[2].trim().split(' '), mark: part[3]};
}

// tokenOf writes a guess, or a right answer, as a line does.
function tokenOf(q, guess) {
  if (guess === undefined) return '-';
  return q.kind === 'choice' ? String(guess + 1) : [guess].flat().join(',');
}

// readClass counts the lines about the known lessons, each with its runs.
function readClass(text, known) {
  const result = {read: 0, unread: [], lessons: []}, first = new Map();
  text.split('\n').forEach((line, i) => {
    if (!line.trim()) return;
    const why = countLine(line.replace(/\r$/, ''), known, first, result);
    if (why) result.unread.push({number: i + 1, text: line, why});
  });
  return result;
}

function countLine(line, known, first, result) {
  const e = parseClassLine(line);
  if (e.why) return e.why;
  const of = known.find((k) => k.lesson.name === e.lesson);
  if (!of) return 'of another lesson: ' + e.lesson;
  const questions = of.lesson.questions;
  if (e.answers.length !== questions.length) return `answers: ${e.answers.length}, questions of the lesson: ${questions.length}`;
  const bad = e.answers.findIndex((a, i) => a !== '-' && !possible(questions[i], a));
  if (bad >= 0) return `nobody can answer question ${bad + 1} with ${e.answers[bad]}`;
  const key = e.lesson + ' ' + e.mark, all = e.answers.join(' ');
  if (first.has(key)) return first.get(key) === all ? 'the same line again' : `a second line of @${e.mark}; the first one counts`;
  first.set(key, all);
  let l = result.lessons.find((x) => x.of === of);
  if (!l) result.lessons.push(l = {of, students: 0, answers: questions.map(() => [])});
  l.students++;
  result.read++;
  e.answers.forEach((a, i) => l.answers[i].push(a));
  return '';
}

// histogram is the columns of one question; a sketch has one histogram for each instant.
function histogram(of, q, answers, right, part) {
  const counts = new Map();
  for (const a of answers) {
    const n = a === '-' ? null : numbersOf(a)[part];
    if (n !== null) counts.set(n, (counts.get(n) || 0) + 1);
  }
  if (q.kind === 'choice') return q.choices.map((c, i) => ({label: of.text(c.label), students: counts.get(i + 1) || 0, right: i + 1 === right}));
  const values = [...new Set([right, ...counts.keys()])].sort((a, b) => a - b), low = values[0];
  const wide = values.length > mostColumns ? Math.floor((values[values.length - 1] - low + mostColumns) / mostColumns) : 1;
  const columns = [], said = (n) => counted(n) + (isTime(q.figure || '') ? ' ms' : '');
  for (const n of values) {
    const from = wide > 1 ? low + Math.floor((n - low) / wide) * wide : n;
    let c = columns[columns.length - 1];
    if (!c || c.from !== from) columns.push(c = {from, label: wide > 1 ? `${said(from)} to ${said(from + wide - 1)}` : said(n), students: 0, right: false});
    c.students += counts.get(n) || 0;
    c.right ||= n === right;
  }
  return columns;
}

const counted = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

// lessonsMet has the lessons of this page that somebody has opened: only they have runs.
const lessonsMet = new Map();

// classBox is what the end of a lesson shows: the line of the student, if there is a guess,
// and the way to the classroom.
export function classBox(of, guesses) {
  lessonsMet.set(of.lesson.name, of);
  const tokens = of.lesson.questions.map((q, i) => tokenOf(q, guesses[i]));
  const open = el('button', {class: 'btn', id: 'classroom', onclick: () => classroom([...lessonsMet.values()])}, 'Classroom');
  if (tokens.every((t) => t === '-')) return el('div', {class: 'row'}, open);
  const line = el('p', {class: 'cmd', id: 'classline'}, classLine(of.lesson.name, tokens));
  const copy = el('button', {class: 'btn', id: 'copyline', onclick: async () => {
    try {
      await navigator.clipboard.writeText(line.textContent);
      put(copy, 'Copied');
    } catch {
      getSelection().selectAllChildren(line);
      put(copy, 'Selected: press Ctrl-C');
    }
    setTimeout(() => put(copy, 'Copy the line'), 2500);
  }}, 'Copy the line');
  return el('div', {class: 'classbox'}, el('p', {class: 'note'}, 'Does your teacher collect the guesses? Send this line. It holds your guesses and a random mark, and no name.'),
    line, el('div', {class: 'row'}, copy, open));
}

// classroom opens the dialog of the teacher.
function classroom(known) {
  const told = el('div', {class: 'class', id: 'classtold'});
  const said = el('p', {role: 'status', id: 'classread'}, 'No line yet.');
  const box = el('textarea', {class: 'cmd', id: 'classlines', rows: 5, spellcheck: 'false', autocomplete: 'off', oninput: () => {
    if (box.value.length > mostClassText) return refuse();
    const c = readClass(box.value, known);
    put(said, `${counted(c.read)} ${c.read === 1 ? 'line' : 'lines'} read, ${counted(c.unread.length)} not`);
    told.replaceChildren(...c.lessons.flatMap(lessonHistograms), ...unreadList(c.unread));
  }});
  const refuse = () => {
    put(said, 'Longer than 1,000,000 characters: paste the lines of one class.');
    told.replaceChildren();
  };
  show('Classroom', el('p', {class: 'note'}, 'Paste the lines of the class, one below the other. They stay in this page; nothing is sent anywhere.'),
    el('label', {class: 'classlabel'}, 'Lines of the class', box), said, told);
  box.focus();
}

function lessonHistograms({of, students, answers}) {
  return [el('h3', {}, `${of.lesson.title}, ${counted(students)} ${students === 1 ? 'student' : 'students'}`),
    ...of.lesson.questions.map((q, i) => {
      const skipped = answers[i].filter((a) => a === '-').length, right = numbersOf(tokenOf(q, of.right(q)));
      const bars = right.flatMap((r, part) => [q.at ? el('p', {class: 'sub2'}, 'at ' + spaced(q.at[part])) : null, columnsOf(histogram(of, q, answers[i], r, part))]);
      return el('section', {class: 'hist', 'aria-label': `Question ${i + 1}`}, el('p', {}, `${i + 1}. ${of.text(q.ask)}`), ...bars,
        skipped ? el('p', {class: 'note'}, `${counted(skipped)} without a guess`) : null);
    })];
}

function columnsOf(columns) {
  const most = Math.max(1, ...columns.map((c) => c.students));
  return el('ul', {}, ...columns.map((c) => {
    const bar = el('u', {});
    bar.style.width = c.students / most * 100 + '%';
    return el('li', {'data-label': c.label, 'data-students': c.students, 'data-right': c.right ? 'true' : null},
      el('span', {}, c.label, c.right ? el('b', {}, ' the model') : null), el('i', {'aria-hidden': 'true'}, c.students ? bar : null), el('b', {}, counted(c.students)));
  }));
}

function unreadList(unread) {
  if (!unread.length) return [];
  const rest = unread.length - mostUnread;
  return [el('h3', {}, 'Not read'), el('ul', {class: 'unread'}, ...unread.slice(0, mostUnread).map((u) => el('li', {'data-why': u.why}, `line ${u.number}: ${u.why}: `, el('bdi', {}, shortened(u.text)))),
    rest > 0 ? el('li', {}, `and ${counted(rest)} more`) : null)];
}

// shortened is the beginning of a text, without characters that are not seen.
function shortened(text) {
  const all = [...text];
  return all.slice(0, 50).join('').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u00b7') + (all.length > 50 ? '...' : '');
}
