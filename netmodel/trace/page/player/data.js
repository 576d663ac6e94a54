// data.js reads the JSON of the page, schema wspsim.page/v2. Times are nanoseconds.

// readDocument unpacks the JSON.
export async function readDocument(base64) {
  const d = JSON.parse(await new Response(new Blob([bytesOf(base64.trim())]).stream().pipeThrough(new DecompressionStream('gzip'))).text());
  if (d.schema !== 'wspsim.page/v2') throw new Error('unknown schema ' + d.schema);
  return d;
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// readRun turns the rows of numbers of a run into objects.
export function readRun(run, index) {
  const word = (n) => run.words[n || 0];
  let at = 0;
  run.index = index;
  run.label ||= properNames[run.profile] || run.profile;
  run.records = run.records.map((r, n) => {
    at += r[0];
    return {n, at, kind: word(r[1]), host: word(r[2]), client: r[3] || 0, cause: word(r[4]), rule: word(r[5]), pending: r[6] || 0, limit: r[7] || 0,
      available: r[8] || 0, half: r[9] || 0, fd: r[10] || 0, value: r[11] || 0, attempt: (r[12] || 0) + 1, call: word(r[13]), errno: word(r[14])};
  });
  at = 0;
  run.transmissions = run.transmissions.map((r) => {
    at += r[0];
    return {sent: at, arrives: at + (r[1] || 0), kind: word(r[2]), from: word(r[3]), to: word(r[4]), client: r[5] || 0, seq: r[6] || 0, len: r[7] || 0, attempt: (r[8] || 0) + 1, lost: word(r[9])};
  });
  run.results = run.results.map((r) => ({client: r[0], outcome: word(r[1]), began: r[2] || 0, at: r[3] || 0, progress: word(r[4]), attempt: (r[5] || 0) + 1}));
  run.figure = new Map(run.figures.map((f) => [f.name, f.value]));
  run.last = Math.max(0, ...run.records.slice(-1).map((r) => r.at), ...run.transmissions.slice(-1).map((t) => t.arrives));
  run.of = new Map(); // the records about each client
  run.sent = new Map(); // and its segments
  for (const x of run.transmissions) push(run.sent, x.client, x);
  run.asks = new Map(); // when each client sends a SYN
  run.closes = new Map(); // when the server closes the connection of a client and attempt
  for (const r of run.records) {
    if (!r.client) continue;
    push(run.of, r.client, r);
    if (r.kind === 'syn_sent' || r.kind === 'syn_sent_again') push(run.asks, r.client, r.at);
    if (served(r)) run.closes.set(r.client + '.' + r.attempt, r.at);
  }
  return run;
}

// served reports whether the server closes a connection that came out of accept.
export const served = (r) => r.kind === 'called' && r.call === 'close' && r.host === 'server' && r.value === 1 && r.client > 0;

function push(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

export const properNames = {windows: 'Windows', linux: 'Linux', wsp: 'WSPListen page', darwin: 'macOS', freebsd: 'FreeBSD', openbsd: 'OpenBSD', netbsd: 'NetBSD', illumos: 'illumos', gvisor: 'gVisor', lwip: 'lwIP', unix: 'AF_UNIX', wine: 'Wine'};

// Words for instants and durations.
export function ms(ns, digits = 3) {
  const [whole, part] = (ns / 1e6).toFixed(digits).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part ? '.' + part : '');
}

export function span(ns) {
  if (ns < 1e6) return ms(ns, 2) + ' ms';
  if (ns < 1e9) return ms(ns, 1) + ' ms';
  return (ns / 1e9).toFixed(2) + ' s';
}

// after is the place of the first number above t in a sorted list.
export function after(list, t, of = (x) => x) {
  let low = 0, high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (of(list[mid]) > t) high = mid; else low = mid + 1;
  }
  return low;
}
