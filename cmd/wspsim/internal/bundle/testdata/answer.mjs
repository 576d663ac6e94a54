// answer.mjs starts the simulator in node and writes the SHA-256 of the answer to each request:
// node answer.mjs WASM_EXEC.JS SIMULATOR.WASM.LZMA LZMA.JS < REQUESTS. A request is its length in four
// bytes, the lowest first, and its bytes.
import {readFileSync} from 'node:fs';
import {createHash} from 'node:crypto';
import vm from 'node:vm';

const [glue, program, unpacker] = process.argv.slice(2);
const {unlzma} = await import('data:text/javascript,' + encodeURIComponent(readFileSync(unpacker, 'utf8')));
vm.runInThisContext(readFileSync(glue, 'utf8'));
const go = new Go();
const {instance} = await WebAssembly.instantiate(unlzma(new Uint8Array(readFileSync(program))), go.importObject);
go.run(instance);
const wasm = instance.exports, all = readFileSync(0);
for (let at = 0; at < all.length;) {
  const size = all.readUInt32LE(at), request = all.subarray(at + 4, at + 4 + size);
  at += 4 + size;
  const room = wasm.room(size);
  new Uint8Array(wasm.mem.buffer, room, size).set(request);
  const n = wasm.play(), answer = new Uint8Array(wasm.mem.buffer, wasm.answer(), Math.abs(n));
  console.log(`${n} ${createHash('sha256').update(answer).digest('hex')}`);
}
process.exit(0);
