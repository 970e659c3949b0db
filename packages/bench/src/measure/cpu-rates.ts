import type { CpuRates } from "../results/model-results.ts";

const TRIES = 200;
const COPIES = 20;
/** Numbers of a copy: more than a processor's caches hold. */
const COPIED = 2 ** 24;

/** What the processor reaches when it is asked for nothing else, on the thread that calls: takes half a second. */
export async function measureCpuRates(): Promise<CpuRates> {
  const { multiplyAdds } = (await compilePeak()) as { multiplyAdds(count: number): number };
  const count = 20_000;
  // Ten sums of four lanes.
  const flopsPerSecond = (2 * 10 * 4 * count) / bestOf(TRIES, () => multiplyAdds(count));
  const from = new Float32Array(COPIED).fill(1);
  const to = new Float32Array(COPIED);
  const copyBytesPerSecond = (2 * from.byteLength) / bestOf(COPIES, () => to.set(from));
  return { flopsPerSecond, copyBytesPerSecond };
}

/** Seconds of the fastest of so many tries. */
function bestOf(tries: number, work: () => void): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < tries; attempt++) {
    const started = performance.now();
    work();
    seconds = Math.min(seconds, (performance.now() - started) / 1000);
  }
  return seconds;
}

/**
 * `multiplyAdds(count)`: as many steps of ten independent sums in registers, which is more than any
 * machine has multiply-adds under way. Written as bytes: a loop of ten instructions needs no compiler.
 */
async function compilePeak(): Promise<WebAssembly.Exports> {
  const sums = 10;
  const step = Array.from({ length: sums }, (_, index) => {
    const local = 2 + index;
    // local.get 1, local.get 1, local.get sum, f32x4.relaxed_madd, local.set sum
    return [0x20, 1, 0x20, 1, 0x20, local, 0xfd, 0x85, 0x02, 0x21, local];
  }).flat();
  const loop = [
    ...[0x03, 0x40, ...step],
    // count -= 1; again while it is not 0
    ...[0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
  ];
  const total = Array.from({ length: sums }, (_, index) => [
    ...[0x20, 2 + index],
    ...(index === 0 ? [] : [0xfd, 0xe4, 0x01]),
  ]).flat();
  const code = [1, 1 + sums, 0x7b, ...loop, ...total, 0xfd, 0x1f, 0, 0x0b];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7d],
    ...[3, 2, 1, 0],
    ...[7, 16, 1, 12, ...new TextEncoder().encode("multiplyAdds"), 0, 0],
    ...[10, ...leb(code.length + leb(code.length).length + 1), 1, ...leb(code.length), ...code],
  ]);
  const { instance } = await WebAssembly.instantiate(bytes);
  return instance.exports;
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}
