import type { FloatArray } from "@papilio/butterfly";
import { FLOAT_FORMATS, uniform } from "@papilio/butterfly/numeric";
import { inputBits, type WeightDtype } from "@papilio/cpu-runtime/kernels";
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
  /** How many operations the model has, how many factors its products have, and the terms of the longest sum. */
  readonly operations: number;
  readonly factors: number;
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
  const chains = operationsOf(graph).flatMap((operation) =>
    operation.kind === "linear" ? [operation.matrix.chain] : [],
  );
  return {
    units: verified,
    outputs,
    repeating: isIndependent(subject) && verified < units,
    operations: graph.operations.length,
    factors: chains.reduce((sum, { length }) => sum + length, 0),
    longest: Math.max(1, ...chains.map(({ cols }) => cols)),
  };
}

function lengthOf(input: Value | Indices): number {
  return input instanceof Indices ? input.length : input.vectors * input.features;
}

/** What rounding to what is stored costs. Weights of few bits are those of their reference. */
function epsilonOf(dtype: WeightDtype): number {
  return dtype === "f16" ? FLOAT_FORMATS.f16.epsilon : FLOAT_FORMATS.f32.epsilon;
}

/** The largest of 32 normal numbers, in the mean, over their deviation. */
const LARGEST_OF_32 = 2.07;

/**
 * What a product loses where a single vector is rounded before it, 32 inputs by a step that is the largest of them over the
 * largest whole number: the deviation of a rounding is a step over the root of 12.
 */
function epsilonOfInputs(dtype: WeightDtype): number {
  const bits = inputBits(dtype);
  return bits === undefined ? 0 : LARGEST_OF_32 / Math.sqrt(12) / (2 ** (bits - 1) - 1);
}

/**
 * Compares outputs with the reference's: of tokens the first, of images and sentences all.
 *
 * The bound takes roundings for independent and of mean 0, so that those of `n` operations, each relative
 * to its result, add up to `sqrt(n)` of one: an operation rounds to what is stored, and has sums in
 * float32 whose error grows with the root of their length; those of the inputs of factors add up alike. Twice that is
 * allowed.
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
  const { operations, factors, longest, units } = reference;
  const rounding = epsilonOf(dtype) + Math.sqrt(longest) * FLOAT_FORMATS.f32.epsilon;
  const roundingOfInputs = Math.sqrt(factors) * epsilonOfInputs(dtype);
  const bound = 2 * (Math.sqrt(operations) * rounding + roundingOfInputs);
  return {
    ok: error <= bound && nonFinite === 0,
    relativeError: Number.isFinite(error) ? error : null,
    bound,
    nonFinite,
    units,
  };
}
