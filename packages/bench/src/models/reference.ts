import type { FloatArray } from "@papilio/butterfly";
import { CODE_GRIDS, FLOAT_FORMATS, uniform } from "@papilio/butterfly/numeric";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { RunInputs, RunOutputs } from "@papilio/nn";
import { CpuModel, CpuStates } from "@papilio/nn/backends";
import { type Graph, Indices, type Value } from "@papilio/nn/graph";
import { operationsOf } from "@papilio/nn/operations";
import type { ModelVerification } from "../results/model-results.ts";
import type { ModelTask } from "./engine.ts";
import { fillingGraph } from "./past.ts";
import { type BuiltModel, isIndependent, type ModelSubject } from "./subject.ts";

/** What the reference makes of the first images or tokens of a run, in float64. */
export interface Reference {
  readonly units: number;
  readonly outputs: Readonly<Record<string, FloatArray>>;
  /** Whether what follows the first is equal to them. */
  readonly repeating: boolean;
  /** How many operations the model has, and the terms of its longest sum. */
  readonly operations: number;
  readonly longest: number;
}

/** How many units a run takes, and how many of them the reference computes. */
export interface RunSize {
  readonly units: number;
  readonly verified: number;
}

/**
 * Inputs for a run, random where the subject gives none. Images and sentences repeat after the first
 * `verified`, so that the outputs of all are known from those of the first; tokens do not, because each
 * depends on those before.
 */
export function drawInputs(
  subject: ModelSubject,
  graph: Graph,
  { units, verified, seed }: RunSize & { readonly seed: number },
): RunInputs {
  const next = uniform(seed);
  const given = subject.given?.(units, verified) ?? {};
  return Object.fromEntries(
    [...graph.inputs].map(([name, input]): [string, Float32Array | Uint32Array] => {
      const known = given[name];
      if (known !== undefined) return [name, known];
      const indices = input instanceof Indices;
      const length = lengthOf(input);
      const drawn = isIndependent(subject) ? (length / units) * verified : length;
      const numbers = indices ? new Uint32Array(length) : new Float32Array(length);
      for (let index = 0; index < length; index++) {
        if (index >= drawn) numbers[index] = numbers[index - drawn] as number;
        else numbers[index] = indices ? Math.floor(((next() + 1) / 2) * input.below) : next();
      }
      return [name, numbers];
    }),
  );
}

/**
 * Computes the first `verified` of a run, in float64, and lets signals arrive meanwhile.
 *
 * @throws the signal's reason
 */
export async function computeReference(
  subject: ModelSubject,
  built: BuiltModel,
  { inputs, past }: Pick<ModelTask, "inputs" | "past">,
  { units, verified }: RunSize,
  signal?: AbortSignal,
): Promise<Reference> {
  const graph = built.trace(verified);
  const given = subject.given?.(verified, verified) ?? {};
  const first = [...graph.inputs].map(([name, input]): [string, Float32Array | Uint32Array] => [
    name,
    given[name] ?? (inputs[name] as Float32Array).subarray(0, lengthOf(input)),
  ]);
  const states = new CpuStates();
  if (Object.keys(past).length > 0) {
    using filling = new CpuModel(fillingGraph(graph, past), { precision: "float64", states });
    filling.runNow(past);
  }
  using model = new CpuModel(graph, { precision: "float64", states });
  const outputs = await model.runInSlices(Object.fromEntries(first), signal);
  const sums = operationsOf(graph).map((operation) =>
    operation.kind === "linear" ? operation.matrix.chain.cols : 1,
  );
  return {
    units: verified,
    outputs,
    repeating: isIndependent(subject) && verified < units,
    operations: graph.operations.length,
    longest: Math.max(...sums),
  };
}

function lengthOf(input: Value | Indices): number {
  return input instanceof Indices ? input.length : input.vectors * input.features;
}

/**
 * What rounding to what is stored costs. Weights of few bits are those of their reference; where their codes are whole
 * numbers, the inputs of a single vector are rounded to 2^-16 of the largest of 32: by at most 2^-14 of their root mean
 * square, in the root mean square.
 */
function epsilonOf(dtype: WeightDtype): number {
  if (dtype === "f32" || dtype === "f16") return FLOAT_FORMATS[dtype].epsilon;
  return CODE_GRIDS[dtype].whole === undefined ? FLOAT_FORMATS.f32.epsilon : 2 ** -14;
}

/**
 * Compares outputs with the reference's: of tokens the first, of images and sentences all.
 *
 * The bound takes roundings for independent and of mean 0, so that those of `n` operations, each relative
 * to its result, add up to `sqrt(n)` of one: an operation rounds to what is stored, and has sums in
 * float32 whose error grows with the root of their length. Twice that is allowed.
 *
 * Source: Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis (2019), theorem 2.4.
 */
export function verifyOutputs(
  reference: Reference,
  outputs: RunOutputs,
  dtype: WeightDtype,
): ModelVerification {
  let [errors, magnitude, nonFinite] = [0, 0, 0];
  for (const [name, expected] of Object.entries(reference.outputs)) {
    const actual = outputs[name] as Float32Array;
    const compared = reference.repeating ? actual.length : expected.length;
    for (let index = 0; index < actual.length; index++) {
      const value = actual[index] as number;
      if (!Number.isFinite(value)) nonFinite++;
      if (index >= compared) continue;
      const right = expected[index % expected.length] as number;
      errors += (value - right) ** 2;
      magnitude += right ** 2;
    }
  }
  const error = Math.sqrt(errors / magnitude);
  const { operations, longest, units } = reference;
  const rounding = epsilonOf(dtype) + Math.sqrt(longest) * FLOAT_FORMATS.f32.epsilon;
  const bound = 2 * Math.sqrt(operations) * rounding;
  return {
    ok: error <= bound && nonFinite === 0,
    relativeError: Number.isFinite(error) ? error : null,
    bound,
    nonFinite,
    units,
  };
}
