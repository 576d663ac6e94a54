// words.js says what a record tells, in a sentence.

import {ms} from './data.js';

export const nameOf = (run, client) => client ? run.names[client - 1] : 'somebody';

const full = (r) => r.limit ? `${r.pending} of ${r.limit}` : 'full';
const because = (r) => r.cause && !['queue full', 'accept queue full'].includes(r.cause) ? ` (${r.cause})` : '';

// sentences has a function a kind. A kind without one is routine, and no event for the reader.
const sentences = {
  called: (r, who) => {
    const failed = r.errno ? ` and fails: ${r.errno}` : '';
    if (r.call === 'listen') return `The server calls listen with backlog ${r.value}${failed}${r.errno ? '' : `; the queue holds ${r.limit}`}.`;
    if (r.call === 'accept') return r.errno ? `accept fails: ${r.errno}.` : '';
    if (r.call === 'close' && r.host === 'server' && r.value === 1) return `The server is done with ${who} and closes.`;
    if (r.call === 'close' && !r.client) return `The server closes descriptor ${r.fd}${failed}.`;
    if (r.call === 'close') return `${who} closes${failed}.`;
    if (r.call === 'open') return `The server opens a file, descriptor ${r.fd}${failed}.`;
    return r.errno ? `${r.call} fails: ${r.errno}.` : '';
  },
  request_queued: (r, who) => `The SYN of ${who} gets in: half-open, and a SYN-ACK goes out. ${full(r)} pending.`,
  request_offered: (r, who) => `The SYN of ${who} waits for the condition function.`,
  request_held: (r, who) => `The SYN of ${who} waits for room, unanswered.`,
  request_refused: (r, who) => `The SYN of ${who} finds ${r.limit ? full(r) + ' slots taken' : 'no listener'} and is refused with an RST${because(r)}.`,
  request_ignored: (r, who) => `The SYN of ${who} finds ${r.cause === 'SYN queue full' ? 'the SYN queue full' : full(r) + ' slots taken'} and is ignored${r.cause === 'SYN queue full' ? '' : because(r)}. Nobody tells ${who}.`,
  cookie_sent: (r, who) => `The SYN of ${who} is answered with a SYN cookie; nothing is stored.`,
  completed: (r, who) => `The ACK of ${who} arrives: it waits in the accept queue, ${full(r)}.`,
  ack_ignored: (r, who) => `The final ACK of ${who} finds ${full(r)} slots taken: ignored. ${who} believes that it is connected.`,
  ack_put_off: (r, who) => `The ACK of ${who} completes nothing yet: ${r.cause}.`,
  request_accepted: (r, who) => `accept returns ${who} as descriptor ${r.value}.`,
  deferred: (r, who) => `The condition function puts ${who} off.`,
  reset_pending: (r, who) => `The pending ${who} is ${r.value === 1 ? 'refused' : 'reset'}: ${r.cause}.`,
  aborted_pending: (r, who) => `${who} resets its connection, which keeps its place in the queue.`,
  withdrawn: (r, who) => `${who} leaves the queue: ${r.cause}.`,
  slot_filled: (r) => `${r.available} slots are available again.`,
  syn_sent: (r, who) => `${who} calls connect; a SYN goes out.`,
  syn_sent_again: (r, who) => `${who} sends its SYN again, retransmission ${r.value}${r.cause ? ': ' + r.cause : ''}.`,
  syn_ack_again: (r, who) => `The server sends its SYN-ACK to ${who} again.`,
  syn_ack_held: (r, who) => `The server does not send its SYN-ACK to ${who} again: ${r.cause}.`,
  data_sent_again: (r, who) => `Data of ${who} is sent again: ${r.cause}.`,
  connected: (r, who) => `connect of ${who} returns 0.`,
  connect_failed: (r, who) => `connect of ${who} fails: ${r.errno}${because(r)}.`,
  broken: (r, who) => `The connection of ${who} breaks: ${r.errno}${because(r)}.`,
  gave_up: (r, who) => `${who} loses patience.`,
  retries: (r, who) => `The program of ${who} will try again in ${ms(r.value, 0)} ms.`,
  lost: (r, who) => `A segment of ${who} is lost: ${r.cause}.`,
  duplicated: (r, who) => `A segment of ${who} is delivered twice.`,
  link_changed: (r) => `The link changes: ${r.cause}.`,
  fault_changed: (r) => r.errno ? `A fault begins: calls fail with ${r.errno}.` : 'The fault is over.',
};

// errnos has the numbers of errors on Windows, Linux, the BSDs with macOS, and Solaris.
const errnos = {ECONNREFUSED: [10061, 111, 61, 146], ECONNRESET: [10054, 104, 54, 131], ETIMEDOUT: [10060, 110, 60, 145], EWOULDBLOCK: [10035, 11, 35, 11], EAGAIN: [10035, 11, 35, 11], EHOSTUNREACH: [10065, 113, 65, 148], ENETDOWN: [10050, 100, 50, 127],
  ENETUNREACH: [10051, 101, 51, 128], ECONNABORTED: [10053, 103, 53, 130], EADDRINUSE: [10048, 98, 48, 125], EMFILE: [10024, 24, 24, 24], ENOBUFS: [10055, 105, 55, 132], EINVAL: [10022, 22, 22, 22], EPIPE: [0, 32, 32, 32]};
const errnoMeans = {ECONNREFUSED: 'refused', ETIMEDOUT: 'timed out', ECONNRESET: 'reset'};

// errno is what a program of a client sees of an error: what it means, its name and number.
export function errno(run, name) {
  const stack = run.clients || run.profile, plain = name.replace(/^WSA/, '');
  const n = (errnos[plain] || [])[plain !== name ? 0 : /linux|unix|gvisor|netstack|wine/.test(stack) ? 1 : /bsd|darwin|macos/.test(stack) ? 2 : /illumos|solaris/.test(stack) ? 3 : 9];
  return (errnoMeans[plain] ? errnoMeans[plain] + ': ' : '') + name + (n ? ` (${n})` : '');
}

export const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1);

// sentence says what a record tells, '' for what is routine.
export function sentence(run, r) {
  const f = sentences[r.kind];
  const text = f ? f(r, nameOf(run, r.client)) : '';
  return text && r.attempt > 1 && r.client ? text.replace(nameOf(run, r.client), `${nameOf(run, r.client)} (attempt ${r.attempt})`) : text;
}

// decides reports whether a record turns somebody away: what a life highlights.
export const decides = (r) => ['request_refused', 'request_ignored', 'ack_ignored', 'reset_pending', 'connect_failed', 'broken', 'withdrawn', 'gave_up'].includes(r.kind);

// jumps lists what a reader can jump to: the first record of a kind.
export const jumps = [
  {name: 'refusal', key: 'r', is: (r) => r.kind === 'request_refused'},
  {name: 'silence', key: 'i', is: (r) => r.kind === 'request_ignored'},
  {name: 'phantom', key: 'p', is: (r) => r.kind === 'ack_ignored'},
  {name: 'trim', key: 't', is: (r) => r.kind === 'reset_pending' && r.cause === 'trimmed'},
];
