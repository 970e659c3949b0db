import process from "node:process";
import { Butterfly, Chain, CpuButterfly, uniform } from "@papilio/butterfly";

/** Seconds of a dyadic chain of a size. */
export interface SizeResult {
  readonly n: number;
  readonly batch: number;
  /** Of the best sample: nothing is compared, and other work can only make it slower. */
  readonly seconds: number;
  /** Time of all processors together, of the best sample by it: what others do does not count. */
  readonly processorSeconds: number;
  /** How its factors were divided: stages with a plus between them, passes with a slash. */
  readonly plan: string;
  /** Bytes of packed values, and of a batch of vectors. */
  readonly values: number;
  readonly vectors: number;
}

const BATCH = 64;
/** Of a sample, at least, and of what runs before the first: until each thread has a processor. */
const SAMPLE_SECONDS = 0.05;
const WARM_SECONDS = 0.3;

/** Dyadic chains of 2^8 to 2^20, 64 vectors at a time: the best of the samples. */
export async function measureSizes(rounds: number): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (let n = 2 ** 8; n <= 2 ** 20; n *= 2) {
    const butterfly = Butterfly.random(Chain.squareDyadic(n), { seed: 1 });
    using weights = await CpuButterfly.create(butterfly);
    using x = weights.allocate(BATCH * n);
    using y = weights.allocate(BATCH * n);
    const next = uniform(2);
    for (let index = 0; index < x.values.length; index++) x.values[index] = next();
    const samples: number[] = [];
    const processorSamples: number[] = [];
    const shape = { batch: BATCH, layout: "batch-last" } as const;
    const started = performance.now();
    let runs = 0;
    for (; runs < 3 || performance.now() - started < 1000 * WARM_SECONDS; runs++) {
      await weights.multiply(x.values, shape, { out: y.values });
    }
    const warm = (performance.now() - started) / 1000 / runs;
    const repeats = Math.ceil(SAMPLE_SECONDS / warm);
    for (let round = 0; round < rounds; round++) {
      const used = process.cpuUsage();
      const begun = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) {
        await weights.multiply(x.values, shape, { out: y.values });
      }
      const wall = performance.now() - begun;
      const { user, system } = process.cpuUsage(used);
      samples.push(wall / 1000 / repeats);
      processorSamples.push((user + system) / 1e6 / repeats);
    }
    const plan = weights.plan.passes
      .map(({ stages }) => stages.map(({ from, to }) => to - from).join("+"))
      .join(" / ");
    const sizes = { values: weights.bytes, vectors: 4 * BATCH * n };
    results.push({
      n,
      batch: BATCH,
      seconds: Math.min(...samples),
      processorSeconds: Math.min(...processorSamples),
      plan,
      ...sizes,
    });
    console.error(`2^${Math.log2(n)}: ${results.at(-1)?.seconds} s`);
  }
  return results;
}
