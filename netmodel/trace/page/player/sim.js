// sim.js starts the simulator of the page and asks it for runs.

import {unlzma} from './lzma.js';

export class Simulator {
  // load starts the simulator that an element holds packed, in Ascii85.
  static async load(element) {
    const go = new Go(), {instance} = await WebAssembly.instantiate(unlzma(ascii85(element.textContent.trim())), go.importObject);
    const s = new Simulator();
    go.run(instance).then(() => { s.ended = true; });
    s.wasm = instance.exports;
    return s;
  }

  // play returns the JSON of a run. code is the scenario, lines are pairs of a key and a value.
  play(code, lines) {
    if (this.ended) throw new Error('The simulator has ended. Load the page again.');
    const text = new TextEncoder().encode(lines.map(([k, v]) => `${k} ${String(v).replace(/\n/g, ' ')}\n`).join(''));
    const at = this.wasm.room(4 + code.length + text.length), into = new Uint8Array(this.wasm.mem.buffer, at);
    new DataView(into.buffer, at).setUint32(0, code.length, true);
    into.set(code, 4);
    into.set(text, 4 + code.length);
    const size = this.wasm.play(), answer = new TextDecoder().decode(new Uint8Array(this.wasm.mem.buffer, this.wasm.answer(), Math.abs(size)));
    if (size < 0) throw new Error(answer);
    return JSON.parse(answer);
  }
}

// ascii85 reads groups of five letters; v stands for <, z for four zeros.
function ascii85(text) {
  const out = new Uint8Array(text.length * 4);
  let n = 0, group = 0, have = 0;
  const put4 = (word, count) => { for (let i = 0; i < count; i++) out[n++] = word >>> (24 - 8 * i); };
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 122) { put4(0, 4); continue; }
    group = group * 85 + (c === 118 ? 60 : c) - 33;
    if (++have === 5) {
      put4(group, 4);
      group = have = 0;
    }
  }
  if (have) {
    for (let i = have; i < 5; i++) group = group * 85 + 84;
    put4(group, have - 1);
  }
  return out.subarray(0, n);
}
