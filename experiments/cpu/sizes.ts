import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { type CpuMatrix, type CpuVectors, cpu } from "@papilio/cpu-runtime";
import { repeatsFor, secondsOfRuns } from "../../packages/bench/src/measure/sampling.ts";

/** Seconds of a dyadic chain of a size: of the best sample, as nothing is compared with another. */
export interface SizeResult {
  readonly n: number;
  readonly batch: number;
  readonly oneThread: number;
  /** With as many threads as the backend takes by itself. */
  readonly allThreads: number;
  /** How its factors were divided: stages with a plus between them, passes with a slash. */
  readonly plan: string;
  /** Bytes of packed values, and of a batch of vectors. */
  readonly values: number;
  readonly vectors: number;
}

const BATCH = 64;
const SHAPE = { batch: BATCH, layout: "batch-last" } as const;
/** Of a sample, at least. */
const SAMPLE_SECONDS = 0.005;
/** Before the first sample. */
const WARM_SECONDS = 0.2;

/** Dyadic chains of 2^8 to 2^20, 64 vectors at a time. */
export async function measureSizes(rounds: number): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (let n = 2 ** 8; n <= 2 ** 20; n *= 2) {
    const butterfly = Butterfly.random(Chain.squareDyadic(n), { seed: 1 });
    using one = await compile(butterfly, cpu({ threads: 1 }));
    const oneThread = await bestOf(one, rounds);
    one.dispose();
    using all = await compile(butterfly, cpu());
    const allThreads = await bestOf(all, rounds);
    const plan = all
      .plan(SHAPE)
      .passes.map(({ stages }) => stages.map(({ from, to }) => to - from).join("+"))
      .join(" / ");
    const sizes = { values: all.bytes, vectors: 4 * BATCH * n };
    results.push({ n, batch: BATCH, oneThread, allThreads, plan, ...sizes });
    console.error(`2^${Math.log2(n)}: ${oneThread} s on one thread, ${allThreads} s on all`);
  }
  return results;
}

async function bestOf(weights: CpuMatrix<CpuVectors>, rounds: number): Promise<number> {
  const { rows, cols } = weights;
  using x = weights.allocate(BATCH * cols);
  using y = weights.allocate(BATCH * rows);
  const next = uniform(2);
  for (let index = 0; index < x.values.length; index++) x.values[index] = next();
  const sample = (repeats: number): Promise<number> =>
    secondsOfRuns(() => weights.multiply(x.values, SHAPE, { out: y.values }), repeats);
  let best = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + 1000 * WARM_SECONDS; performance.now() < end; ) {
    best = Math.min(best, await sample(1));
  }
  const repeats = repeatsFor(best, SAMPLE_SECONDS);
  for (let round = 0; round < rounds; round++) best = Math.min(best, await sample(repeats));
  return best;
}
