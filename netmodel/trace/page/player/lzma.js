// lzma.js unpacks a file of the format .lzma, as the public LZMA specification has it. Browsers
// unpack gzip themselves, but the simulator is a third larger in it. The header must tell the
// size.

export function unlzma(data) {
  const view = new DataView(data.buffer, data.byteOffset), lc = data[0] % 9, lp = Math.floor(data[0] / 9) % 5, pb = Math.floor(data[0] / 45);
  const out = new Uint8Array(view.getUint32(5, true)), rc = new Uint32Array([0xffffffff, view.getUint32(14)]); // range, code
  const odds = (n) => new Uint16Array(n).fill(1024); // of a zero, in 1/2048
  const isMatch = odds(192), isRep = odds(12), isRep0 = odds(12), isRep1 = odds(12), isRep2 = odds(12), isLong = odds(192), slots = odds(256), special = odds(128), align = odds(16), literals = odds(0x300 << lc + lp);
  const lengths = () => ({choice: odds(2), low: odds(128), mid: odds(128), high: odds(256)}), matchLength = lengths(), repLength = lengths();
  let at = 18, n = 0, state = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;

  const scale = () => {
    if (rc[0] < 0x1000000) {
      rc[0] <<= 8;
      rc[1] = rc[1] << 8 | data[at++];
    }
  };
  const bit = (p, i) => {
    scale();
    const odd = p[i], bound = Math.imul(rc[0] >>> 11, odd) >>> 0;
    if (rc[1] < bound) {
      rc[0] = bound;
      p[i] = odd + (2048 - odd >> 5);
      return 0;
    }
    rc[0] -= bound;
    rc[1] -= bound;
    p[i] = odd - (odd >> 5);
    return 1;
  };
  const tree = (p, from, bits) => {
    let m = 1;
    for (let i = 0; i < bits; i++) m = m << 1 | bit(p, from + m);
    return m - (1 << bits);
  };
  const reverse = (p, from, bits) => {
    let m = 1, v = 0;
    for (let i = 0; i < bits; i++) {
      const b = bit(p, from + m);
      m = m << 1 | b;
      v |= b << i;
    }
    return v;
  };
  const direct = (bits) => {
    let v = 0;
    for (; bits; bits--) {
      scale();
      rc[0] >>>= 1;
      const one = rc[1] >= rc[0];
      if (one) rc[1] -= rc[0];
      v = v << 1 | one;
    }
    return v;
  };
  const length = (l, pos) => bit(l.choice, 0) === 0 ? 2 + tree(l.low, pos << 3, 3) : bit(l.choice, 1) === 0 ? 10 + tree(l.mid, pos << 3, 3) : 18 + tree(l.high, 0, 8);
  const literal = () => {
    const from = 0x300 * (((n & (1 << lp) - 1) << lc) + ((n ? out[n - 1] : 0) >> 8 - lc));
    let m = 1;
    if (state >= 7) {
      for (let match = out[n - d0 - 1]; m < 0x100;) {
        const want = match >> 7 & 1, b = bit(literals, from + (1 + want << 8) + m);
        match <<= 1;
        m = m << 1 | b;
        if (b !== want) break;
      }
    }
    while (m < 0x100) m = m << 1 | bit(literals, from + m);
    out[n++] = m;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  };
  const distance = (len) => {
    const slot = tree(slots, Math.min(len - 2, 3) << 6, 6), bits = (slot >> 1) - 1;
    if (slot < 4) return slot;
    const base = (2 | slot & 1) << bits;
    return slot < 14 ? base + reverse(special, base - slot, bits) : base + (direct(bits - 4) << 4) + reverse(align, 0, 4);
  };

  while (n < out.length) {
    const pos = n & (1 << pb) - 1;
    if (!bit(isMatch, (state << 4) + pos)) {
      literal();
      continue;
    }
    let len;
    if (!bit(isRep, state)) {
      [d3, d2, d1] = [d2, d1, d0];
      len = length(matchLength, pos);
      state = state < 7 ? 7 : 10;
      d0 = distance(len);
    } else {
      if (!bit(isRep0, state)) {
        if (!bit(isLong, (state << 4) + pos)) {
          state = state < 7 ? 9 : 11;
          out[n] = out[n++ - d0 - 1];
          continue;
        }
      } else if (!bit(isRep1, state)) [d0, d1] = [d1, d0];
      else if (!bit(isRep2, state)) [d0, d1, d2] = [d2, d0, d1];
      else [d0, d1, d2, d3] = [d3, d0, d1, d2];
      len = length(repLength, pos);
      state = state < 7 ? 8 : 11;
    }
    if (d0 >= n || at > data.length) throw new Error('the simulator is damaged');
    for (; len && n < out.length; len--) out[n] = out[n++ - d0 - 1];
  }
  return out;
}
