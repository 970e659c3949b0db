import { DisposableStack, PapilioError, type Verification } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type Gpu, Tensor, tensor } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { quantity } from "../analysis/format.ts";
import {
  callback,
  count,
  gpu as gpuShape,
  having,
  options as optionsOf,
  requireShape,
  type Shape,
  signal as signalShape,
} from "../arguments/checks.ts";
import { type Case, caseKey, caseShape } from "../cases/case.ts";
import {
  type DeviceProblem,
  type Implementation,
  implementationsShape,
  type Prepared,
  type Problem,
} from "../implementations/implementation.ts";
import type { CaseResult, Energy, ImplementationResult, Timing } from "../results/results.ts";
import { createOracle, createPoison, type Oracle } from "./oracle.ts";
import { repeatsFor, sampleRounds, secondsOfRuns, warmUp } from "./sampling.ts";

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
  /** Called before an implementation is prepared. */
  readonly onPrepare?: (implementation: Implementation) => void;
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

/** What each of {@link MeasureOptions} is. */
export const measureEntries: Readonly<Record<string, Shape>> = {
  rounds: count,
  minSample: v.number(),
  seed: v.number(),
  cacheBytes: v.pipe(v.number(), v.minValue(0)),
  clockStep: v.number(),
  onPrepare: callback,
  refuse: callback,
  maxRunSeconds: v.number(),
  onTooSlow: callback,
  meter: callback,
  signal: signalShape,
};
const measureShape = optionsOf(measureEntries);
const batchShape = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const preparedShape = having("what can be run", "run", "bytes");

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
/** Samples are at least so many steps of the clock. */
const CLOCK_STEPS = 100;
/** More copies of a small input than this are not made. */
const MAX_INPUTS = 64;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] };

interface Candidate {
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
  gpu: Gpu | undefined,
  item: Case,
  implementations: readonly Implementation[],
  options: Partial<MeasureOptions> = {},
): Promise<CaseResult> {
  if (gpu !== undefined) requireShape("The device", gpu, gpuShape);
  requireShape("The case", item, caseShape);
  requireShape("The batch", item.batch, batchShape);
  requireShape("The implementations", implementations, implementationsShape);
  requireShape("The options of measureCase", options, measureShape);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: MeasureOptions = { ...MEASURE_DEFAULTS, ...Object.fromEntries(given) };
  const started = performance.now();
  const oracle = createOracle(item, settings.seed);
  using held = new DisposableStack();
  const place = allocate(gpu, item, oracle, settings, held);
  const check = createCheck(place, oracle);
  const skipped: ImplementationResult[] = [];
  const candidates: Candidate[] = [];
  for (const implementation of implementations) {
    settings.signal?.throwIfAborted();
    const entry =
      settings.refuse?.(implementation, item) ??
      (await prepareAndVerify(implementation, place, check, held, settings));
    if (typeof entry === "string") {
      skipped.push({ implementation: implementation.name, status: "skipped", reason: entry });
    } else candidates.push(entry);
  }
  await sampleAll(timed(candidates), item, settings);
  for (const candidate of timed(candidates)) {
    settings.signal?.throwIfAborted();
    await finish(candidate, check, settings);
  }
  // No other case has these kernels, and a long run would gather thousands.
  gpu?.pipelines.clear();
  const results = new Map(
    [...candidates.map(({ result }) => result), ...skipped].map((entry) => [
      entry.implementation,
      entry,
    ]),
  );
  return {
    ...caseKey(item),
    verifiedVectors: oracle.verified,
    inputs: place.host.inputCount,
    seconds: (performance.now() - started) / 1000,
    results: implementations.map(({ name }) => results.get(name) as ImplementationResult),
  };
}

function timed(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ result }) => result.status === "timed");
}

/** A case's vectors: on the host, and, with a device, on it. */
interface Place {
  readonly host: Problem;
  readonly device: DeviceProblem | undefined;
}

/** Inputs that exceed the cache together, as far as there is room, and the output. */
function allocate(
  gpu: Gpu | undefined,
  { chain, batch, dtype, layout }: Case,
  { butterfly, x }: Oracle,
  { cacheBytes }: MeasureOptions,
  held: DisposableStack,
): Place {
  const shape = { batch, dtype, layout };
  const bytes = x.length * FLOAT_FORMATS[dtype].bytes;
  const inputCount = Math.min(MAX_INPUTS, Math.floor(cacheBytes / bytes) + 1);
  const host = { butterfly, shape, hostInput: x, inputCount };
  if (gpu === undefined) return { host, device: undefined };
  const inputs = Array.from({ length: inputCount }, () =>
    held.use(tensor(gpu, x, { ...shape, features: chain.cols })),
  );
  const y = held.use(new Tensor(gpu, { ...shape, features: chain.rows }));
  return { host, device: { ...host, gpu, inputs, y } };
}

/** Verifies what a run writes to the device's output, which is filled with NaN before it. */
interface Check {
  poison(): void;
  verify(implementation: Implementation, prepared: Prepared): Promise<Verification>;
}

function createCheck({ device }: Place, oracle: Oracle): Check {
  return {
    poison: device === undefined ? () => undefined : createPoison(device.y),
    verify: async (implementation, prepared) =>
      oracle.check(
        await (prepared.output?.() ?? (device as DeviceProblem).y.data()),
        implementation,
        prepared.terms,
      ),
  };
}

/** An implementation that has run once, with what came of it; or why it could not. */
async function prepareAndVerify(
  implementation: Implementation,
  { host, device }: Place,
  check: Check,
  held: DisposableStack,
  { onPrepare }: MeasureOptions,
): Promise<Candidate | string> {
  if (device === undefined && implementation.processor !== "cpu") return "There is no adapter.";
  let prepared: Prepared;
  let coldSeconds: number;
  let verification: Verification;
  onPrepare?.(implementation);
  check.poison();
  const started = performance.now();
  try {
    const made = await (implementation.processor === "cpu"
      ? implementation.prepare(host)
      : implementation.prepare(device as DeviceProblem));
    requireShape(`What ${implementation.name} prepares`, made, preparedShape);
    prepared = held.use(made);
    await prepared.run(1);
    coldSeconds = (performance.now() - started) / 1000;
    verification = await check.verify(implementation, prepared);
  } catch (error) {
    const usable = device === undefined || device.gpu.state === "ready";
    if (error instanceof PapilioError && usable) return error.message;
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

async function sampleAll(
  warm: readonly Candidate[],
  item: Case,
  { rounds, minSample, clockStep, seed, signal, maxRunSeconds, onTooSlow }: MeasureOptions,
): Promise<void> {
  const shortest = Math.max(minSample, CLOCK_STEPS * clockStep);
  let fastest = Number.POSITIVE_INFINITY;
  const sampled: Candidate[] = [];
  for (const candidate of warm) {
    signal?.throwIfAborted();
    const started = performance.now();
    candidate.seconds = await warmUp(() => timeOnce(candidate.prepared), SLOW * fastest);
    if (maxRunSeconds !== undefined && candidate.seconds > maxRunSeconds) {
      const { implementation, seconds } = candidate;
      const reason = `A run takes ${quantity(seconds, "s")}; the limit is ${quantity(maxRunSeconds, "s")}.`;
      candidate.result = { implementation: implementation.name, status: "skipped", reason };
      const spent = candidate.timing.coldSeconds + (performance.now() - started) / 1000;
      onTooSlow?.(implementation, item, seconds, spent);
      continue;
    }
    sampled.push(candidate);
    fastest = Math.min(fastest, candidate.seconds);
    candidate.timing.repeats = repeatsFor(candidate.seconds, shortest);
  }
  const sample = async (candidate: Candidate, round: number): Promise<void> => {
    if (round >= SLOW_ROUNDS && candidate.seconds > SLOW * fastest) return;
    await sampleOnce(candidate);
  };
  await sampleRounds(sampled, sample, { rounds, seed, signal });
  signal?.throwIfAborted();
}

/** Seconds of one run, by the device's clock where it has one. */
function timeOnce(prepared: Prepared): Promise<number> {
  return prepared.time === undefined ? secondsOfRuns(() => prepared.run(1), 1) : prepared.time(1);
}

/** One sample by both clocks: the wall clock runs around the run that the device times. */
async function sampleOnce({ prepared, timing }: Candidate): Promise<void> {
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
  candidate: Candidate,
  check: Check,
  { meter }: MeasureOptions,
): Promise<void> {
  const { implementation, prepared, timing, result } = candidate;
  if (meter !== undefined && result.status === "timed") {
    const energy = await meter(async () => {
      await prepared.run(timing.repeats);
      return timing.repeats;
    });
    candidate.result = { ...result, energy };
  }
  check.poison();
  await prepared.run(1);
  const verification = await check.verify(implementation, prepared);
  if (verification.ok) return;
  candidate.result = { implementation: implementation.name, status: "wrong", verification };
}
