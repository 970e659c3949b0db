import { DisposableStack } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { quantity } from "../analysis/format.ts";
import { gpu as gpuShape, requireShape } from "../arguments/checks.ts";
import { type Case, caseKey, caseShape, type Operation } from "../cases/case.ts";
import {
  type Implementation,
  implementationsShape,
  type Prepared,
} from "../implementations/implementation.ts";
import type { CaseResult, ImplementationResult } from "../results/results.ts";
import { createAdapterOracle } from "./adapter-oracle.ts";
import { createGradientOracle } from "./gradient-oracle.ts";
import { MEASURE_DEFAULTS, type MeasureOptions, measureShape } from "./measure-options.ts";
import { createOracle, type Oracle } from "./oracle.ts";
import {
  allocate,
  type Candidate,
  type Check,
  createCheck,
  prepareAndVerify,
} from "./prepare-candidate.ts";
import { repeatsFor, sampleRounds, secondsOfRuns, warmUp } from "./sampling.ts";

/** What makes the operands of each operation, and the answers. */
const ORACLES: Readonly<Record<Operation, (item: Case, seed: number) => Oracle>> = {
  multiply: createOracle,
  gradient: createGradientOracle,
  adapt: createAdapterOracle,
};

const batchShape = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/**
 * An implementation that needs this many times the fastest one's time is sampled in three rounds
 * only: its place is clear, and it would take most of the run.
 */
const SLOW = 8;
const SLOW_ROUNDS = 3;
/** Samples are at least so many steps of the clock. */
const CLOCK_STEPS = 100;

/**
 * Verifies every implementation on a case against float64, then times those that are right, in
 * rounds: each round samples each implementation once, in a new random order, so that a machine
 * that slows down slows them all. Afterwards their outputs are verified again.
 *
 * @throws PapilioError `GRADIENT_OF_CHAIN` for the gradient of several factors; `ADAPTER_CHAIN`; whatever the device throws when it is
 *   lost; the abort reason when aborted
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
  const oracle = ORACLES[item.operation ?? "multiply"](item, settings.seed);
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
