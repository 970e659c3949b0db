import { PapilioError, uniform } from "@papilio/butterfly";
import { type Gpu, Tensor, tensor } from "@papilio/gpu-runtime";
import type { Case } from "./case.ts";
import type { Implementation, Prepared } from "./implementation.ts";
import { createOracle, poison } from "./oracle.ts";
import type { CaseResult, ImplementationResult, Timing } from "./results.ts";
import { shuffle } from "./statistics.ts";

/** How long and how often a case is measured. */
export interface MeasureOptions {
  /** Samples of each implementation. */
  readonly rounds: number;
  /** Shortest sample, in seconds: short runs are repeated within one, above the timer's step. */
  readonly minSample: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export const MEASURE_DEFAULTS: MeasureOptions = { rounds: 10, minSample: 0.002, seed: 1 };

/**
 * An implementation that needs this many times the fastest one's time is sampled in three rounds
 * only: its place is clear, and it would take most of the run.
 */
const SLOW = 8;
const SLOW_ROUNDS = 3;
const MAX_REPEATS = 200;

interface Contender {
  readonly implementation: Implementation;
  readonly prepared: Prepared;
  readonly timing: { [K in keyof Timing]: Timing[K] extends number ? number : number[] };
  repeats: number;
}

/**
 * Verifies every implementation on a case against float64, then times those that are right, in
 * rounds: each round samples each implementation once, in an order drawn anew, so that a machine
 * that slows down slows them all.
 *
 * @throws whatever the device throws when it is lost; the abort reason when aborted
 */
export async function measureCase(
  gpu: Gpu,
  item: Case,
  implementations: readonly Implementation[],
  options: MeasureOptions = MEASURE_DEFAULTS,
): Promise<CaseResult> {
  const { pattern, batch, dtype, layout } = item;
  const shape = { batch, dtype, layout };
  const oracle = createOracle(item, options.seed);
  using x = tensor(gpu, oracle.x, { ...shape, features: pattern.cols });
  using y = new Tensor(gpu, { ...shape, features: pattern.rows });
  using open = new DisposableStack();
  const results: ImplementationResult[] = [];
  const contenders: Contender[] = [];
  for (const implementation of implementations) {
    options.signal?.throwIfAborted();
    const { name } = implementation;
    poison(y);
    const started = performance.now();
    const prepared = await prepareOrSkip(implementation, {
      gpu,
      factor: oracle.factor,
      shape,
      x,
      y,
    });
    if (typeof prepared === "string") {
      results.push({ implementation: name, status: "skipped", reason: prepared });
      continue;
    }
    open.use(prepared);
    await prepared.run(1);
    const coldSeconds = (performance.now() - started) / 1000;
    const verification = oracle.check(await y.data());
    if (!verification.ok) {
      results.push({ implementation: name, status: "wrong", verification });
      continue;
    }
    const timing: Contender["timing"] = {
      coldSeconds,
      wall: [],
      device: [],
      multiply: [],
      rewrite: [],
    };
    results.push({
      implementation: name,
      status: "timed",
      verification,
      bytes: prepared.bytes,
      timing,
    });
    contenders.push({ implementation, prepared, timing, repeats: 1 });
  }
  await sampleRounds(contenders, options);
  // No other case has these kernels, and a long run would gather thousands.
  gpu.pipelines.clear();
  return { ...shape, pattern: `${pattern}`, verifiedVectors: oracle.verified, results };
}

async function prepareOrSkip(
  implementation: Implementation,
  problem: Parameters<Implementation["prepare"]>[0],
): Promise<Prepared | string> {
  try {
    return await implementation.prepare(problem);
  } catch (error) {
    if (error instanceof PapilioError && problem.gpu.state === "ready") return error.message;
    throw error;
  }
}

async function sampleRounds(
  contenders: readonly Contender[],
  { rounds, minSample, seed, signal }: MeasureOptions,
): Promise<void> {
  const warm = new Map<Contender, number>();
  for (const contender of contenders) {
    signal?.throwIfAborted();
    const seconds = await warmUp(contender.prepared);
    warm.set(contender, seconds);
    contender.repeats = Math.min(MAX_REPEATS, Math.max(1, Math.ceil(minSample / seconds)));
  }
  const fastest = Math.min(...warm.values());
  const next = uniform(seed);
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffle([...contenders], next)) {
      if (round >= SLOW_ROUNDS && (warm.get(contender) as number) > SLOW * fastest) continue;
      signal?.throwIfAborted();
      await sampleOnce(contender);
    }
  }
}

/** Seconds of a warm run: the faster of two after the cold one. */
async function warmUp(prepared: Prepared): Promise<number> {
  const once = async (): Promise<number> => {
    if (prepared.time !== undefined) return prepared.time(1);
    const started = performance.now();
    await prepared.run(1);
    return (performance.now() - started) / 1000;
  };
  return Math.max(1e-6, Math.min(await once(), await once()));
}

async function sampleOnce({ prepared, timing, repeats }: Contender): Promise<void> {
  const started = performance.now();
  await prepared.run(repeats);
  timing.wall.push((performance.now() - started) / 1000 / repeats);
  if (prepared.time !== undefined) timing.device.push(await prepared.time(repeats));
  if (prepared.timeRoles !== undefined) {
    const { multiply, rewrite } = await prepared.timeRoles(repeats);
    timing.multiply.push(multiply);
    timing.rewrite.push(rewrite);
  }
}
