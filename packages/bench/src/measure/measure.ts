import { DisposableStack, PapilioError, type Verification } from "@papilio/butterfly";
import { FLOAT_FORMATS, uniform } from "@papilio/butterfly/numeric";
import { type Gpu, Tensor, tensor } from "@papilio/gpu-runtime";
import { quantity } from "../analysis/format.ts";
import { shuffle } from "../analysis/statistics.ts";
import { type Case, caseKey } from "../cases/case.ts";
import type { Implementation, Prepared, Problem } from "../implementations/implementation.ts";
import type { CaseResult, Energy, ImplementationResult, Timing } from "../results/results.ts";
import { createOracle, createPoison, type Oracle } from "./oracle.ts";

/** How long and how often a case is measured. */
export interface MeasureOptions {
  /** Samples of each implementation. */
  readonly rounds: number;
  /** Shortest sample, in seconds: shorter runs are repeated within one. */
  readonly minSample: number;
  readonly seed: number;
  /** Bytes that the inputs, read in turn, exceed together; 0 for a single input. */
  readonly cacheBytes: number;
  /** Smallest step of the slowest clock, in seconds: samples are a hundred of them or more. */
  readonly clockStep: number;
  /** Why an implementation is not even tried on a case; undefined where it is. */
  readonly refuse?: (implementation: Implementation, item: Case) => string | undefined;
  /**
   * Longest run of an implementation, in seconds: one whose warm run takes longer is verified, and not
   * timed. Without a limit every one is.
   */
  readonly maxRunSeconds?: number | undefined;
  /** Called with the seconds of a run that is left out for that, and with those spent to find it out. */
  readonly onTooSlow?: (
    implementation: Implementation,
    item: Case,
    seconds: number,
    spent: number,
  ) => void;
  /** Measures the energy of an implementation that is ready to run; absent without a meter. */
  readonly meter?: ((work: () => Promise<number>) => Promise<Energy>) | undefined;
  readonly signal?: AbortSignal;
}

export const MEASURE_DEFAULTS: MeasureOptions = {
  rounds: 10,
  minSample: 0.002,
  seed: 1,
  cacheBytes: 0,
  clockStep: 0,
};

/**
 * An implementation that needs this many times the fastest one's time is sampled in three rounds
 * only: its place is clear, and it would take most of the run.
 */
const SLOW = 8;
const SLOW_ROUNDS = 3;
const MAX_REPEATS = 2000;
/** Samples are at least so many steps of the clock. */
const CLOCK_STEPS = 100;
/** More copies of a small input than this are not made. */
const MAX_INPUTS = 64;
/** Warm when two runs in a row differ by less than this share; given up after so many runs. */
const STEADY = 0.1;
const MAX_WARM_UPS = 10;
/** Seconds after which warming up ends with the run under way: long runs hide what is cold. */
const MAX_WARM_SECONDS = 0.5;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] };

interface Contender {
  readonly implementation: Implementation;
  readonly prepared: Prepared;
  readonly timing: Mutable<Timing> & { repeats: number };
  result: ImplementationResult;
  /** Of a warm run. */
  seconds: number;
}

/**
 * Verifies every implementation on a case against float64, then times those that are right, in
 * rounds: each round samples each implementation once, in a new random order, so that a machine
 * that slows down slows them all. Afterwards their outputs are verified again.
 *
 * @throws whatever the device throws when it is lost; the abort reason when aborted
 */
export async function measureCase(
  gpu: Gpu,
  item: Case,
  implementations: readonly Implementation[],
  options: Partial<MeasureOptions> = {},
): Promise<CaseResult> {
  const settings = { ...MEASURE_DEFAULTS, ...options };
  const started = performance.now();
  const oracle = createOracle(item, settings.seed);
  using held = new DisposableStack();
  const problem = allocate(gpu, item, oracle, settings, held);
  const check = createCheck(problem, oracle);
  const skipped: ImplementationResult[] = [];
  const contenders: Contender[] = [];
  for (const implementation of implementations) {
    settings.signal?.throwIfAborted();
    const entry =
      settings.refuse?.(implementation, item) ??
      (await prepareAndVerify(implementation, problem, check, held));
    if (typeof entry === "string") {
      skipped.push({ implementation: implementation.name, status: "skipped", reason: entry });
    } else contenders.push(entry);
  }
  await sampleRounds(timed(contenders), item, settings);
  for (const contender of timed(contenders)) {
    settings.signal?.throwIfAborted();
    await finish(contender, check, settings);
  }
  // No other case has these kernels, and a long run would gather thousands.
  gpu.pipelines.clear();
  const results = new Map(
    [...contenders.map(({ result }) => result), ...skipped].map((entry) => [
      entry.implementation,
      entry,
    ]),
  );
  return {
    ...caseKey(item),
    verifiedVectors: oracle.verified,
    inputs: problem.inputs.length,
    seconds: (performance.now() - started) / 1000,
    results: implementations.map(({ name }) => results.get(name) as ImplementationResult),
  };
}

function timed(contenders: readonly Contender[]): Contender[] {
  return contenders.filter(({ result }) => result.status === "timed");
}

/** Inputs that exceed the cache together, as far as the device has room, and the output. */
function allocate(
  gpu: Gpu,
  { chain, batch, dtype, layout }: Case,
  { butterfly, x }: Oracle,
  { cacheBytes }: MeasureOptions,
  held: DisposableStack,
): Problem {
  const shape = { batch, dtype, layout };
  const bytes = x.length * FLOAT_FORMATS[dtype].bytes;
  const count = Math.min(MAX_INPUTS, Math.floor(cacheBytes / bytes) + 1);
  return {
    gpu,
    butterfly,
    shape,
    hostInput: x,
    inputs: Array.from({ length: count }, () =>
      held.use(tensor(gpu, x, { ...shape, features: chain.cols })),
    ),
    y: held.use(new Tensor(gpu, { ...shape, features: chain.rows })),
  };
}

/** Verifies what a run writes to the output, which is filled with NaN before it. */
interface Check {
  poison(): void;
  verify(implementation: Implementation, prepared: Prepared): Promise<Verification>;
}

function createCheck({ y }: Problem, oracle: Oracle): Check {
  return {
    poison: createPoison(y),
    verify: async (implementation, prepared) =>
      oracle.check(await (prepared.output?.() ?? y.data()), implementation, prepared.terms),
  };
}

/** An implementation that has run once, with what came of it; or why it could not. */
async function prepareAndVerify(
  implementation: Implementation,
  problem: Problem,
  check: Check,
  held: DisposableStack,
): Promise<Contender | string> {
  let prepared: Prepared;
  let coldSeconds: number;
  let verification: Verification;
  check.poison();
  const started = performance.now();
  try {
    prepared = held.use(await implementation.prepare(problem));
    await prepared.run(1);
    coldSeconds = (performance.now() - started) / 1000;
    verification = await check.verify(implementation, prepared);
  } catch (error) {
    if (error instanceof PapilioError && problem.gpu.state === "ready") return error.message;
    throw error;
  }
  const timing = { coldSeconds, repeats: 1, wall: [], device: [], multiply: [], rewrite: [] };
  const { name } = implementation;
  return {
    implementation,
    prepared,
    timing,
    seconds: Number.POSITIVE_INFINITY,
    result: verification.ok
      ? {
          implementation: name,
          status: "timed",
          verification,
          bytes: prepared.bytes,
          traffic: prepared.traffic ?? null,
          ...(prepared.plan === undefined ? {} : { plan: prepared.plan }),
          timing,
          energy: null,
        }
      : { implementation: name, status: "wrong", verification },
  };
}

async function sampleRounds(
  warm: readonly Contender[],
  item: Case,
  { rounds, minSample, clockStep, seed, signal, maxRunSeconds, onTooSlow }: MeasureOptions,
): Promise<void> {
  const shortest = Math.max(minSample, CLOCK_STEPS * clockStep);
  let fastest = Number.POSITIVE_INFINITY;
  const contenders: Contender[] = [];
  for (const contender of warm) {
    signal?.throwIfAborted();
    const started = performance.now();
    contender.seconds = await warmUp(contender.prepared, SLOW * fastest);
    if (maxRunSeconds !== undefined && contender.seconds > maxRunSeconds) {
      const { implementation, seconds } = contender;
      const reason = `A run takes ${quantity(seconds, "s")}; the limit is ${quantity(maxRunSeconds, "s")}.`;
      contender.result = { implementation: implementation.name, status: "skipped", reason };
      const spent = contender.timing.coldSeconds + (performance.now() - started) / 1000;
      onTooSlow?.(implementation, item, seconds, spent);
      continue;
    }
    contenders.push(contender);
    fastest = Math.min(fastest, contender.seconds);
    const repeats = Math.ceil(shortest / contender.seconds);
    contender.timing.repeats = Math.min(MAX_REPEATS, Math.max(1, repeats));
  }
  const next = uniform(seed);
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffle([...contenders], next)) {
      if (round >= SLOW_ROUNDS && contender.seconds > SLOW * fastest) continue;
      signal?.throwIfAborted();
      await sampleOnce(contender);
    }
  }
}

/**
 * Runs until the time is steady, once only where that takes longer than `slow` seconds.
 *
 * @returns seconds of the fastest run since the cold one
 */
async function warmUp(prepared: Prepared, slow: number): Promise<number> {
  const once = async (): Promise<number> => {
    if (prepared.time !== undefined) return prepared.time(1);
    const started = performance.now();
    await prepared.run(1);
    return (performance.now() - started) / 1000;
  };
  let previous = await once();
  let fastest = previous;
  let spent = previous;
  for (let runs = 1; runs < MAX_WARM_UPS && fastest <= slow; runs++) {
    if (spent > MAX_WARM_SECONDS) break;
    const seconds = await once();
    spent += seconds;
    fastest = Math.min(fastest, seconds);
    if (Math.abs(seconds - previous) <= STEADY * previous) break;
    previous = seconds;
  }
  return Math.max(1e-6, fastest);
}

/** One sample by both clocks: the wall clock runs around the run that the device times. */
async function sampleOnce({ prepared, timing }: Contender): Promise<void> {
  const { repeats } = timing;
  const started = performance.now();
  if (prepared.time === undefined) await prepared.run(repeats);
  else timing.device.push(await prepared.time(repeats));
  timing.wall.push((performance.now() - started) / 1000 / repeats);
  if (prepared.timeRoles === undefined) return;
  const { multiply, rewrite } = await prepared.timeRoles(repeats);
  timing.multiply.push(multiply);
  timing.rewrite.push(rewrite);
}

/** Measures the energy, and verifies once more, after the timed runs. */
async function finish(
  contender: Contender,
  check: Check,
  { meter }: MeasureOptions,
): Promise<void> {
  const { implementation, prepared, timing, result } = contender;
  if (meter !== undefined && result.status === "timed") {
    const energy = await meter(async () => {
      await prepared.run(timing.repeats);
      return timing.repeats;
    });
    contender.result = { ...result, energy };
  }
  check.poison();
  await prepared.run(1);
  const verification = await check.verify(implementation, prepared);
  if (verification.ok) return;
  contender.result = { implementation: implementation.name, status: "wrong", verification };
}
