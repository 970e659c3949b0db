import type { FloatArray, StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS, uniform } from "@papilio/butterfly/numeric";
import type { RunInputs, RunOutputs } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import { type Graph, Indices } from "@papilio/nn/graph";
import { operationsOf } from "@papilio/nn/operations";
import type { ModelVerification } from "../results/model-results.ts";
import type { BuiltModel, ModelSubject } from "./subjects.ts";

/** What the CPU makes of the first images or tokens of a run, in float64. */
export interface Reference {
  readonly units: number;
  readonly outputs: Readonly<Record<string, FloatArray>>;
  /** Whether what follows the first is like them. */
  readonly repeating: boolean;
  /** How many operations the model has, and the terms of its longest sum. */
  readonly operations: number;
  readonly longest: number;
}

/**
 * Random inputs for a run. Images repeat after the first `distinct`, so that the outputs of all are known
 * from those of the first; tokens do not, because each depends on those before.
 */
export function drawInputs(
  { unit }: ModelSubject,
  graph: Graph,
  { units, distinct, seed }: { units: number; distinct: number; seed: number },
): RunInputs {
  const next = uniform(seed);
  return Object.fromEntries(
    [...graph.inputs].map(([name, input]): [string, Float32Array | Uint32Array] => {
      if (input instanceof Indices) {
        const below = (): number => Math.floor(((next() + 1) / 2) * input.below);
        return [name, Uint32Array.from({ length: input.length }, below)];
      }
      const numbers = new Float32Array(input.vectors * input.features);
      const drawn = unit === "images" ? (numbers.length / units) * distinct : numbers.length;
      for (let index = 0; index < numbers.length; index++) {
        numbers[index] = index < drawn ? next() : (numbers[index - drawn] as number);
      }
      return [name, numbers];
    }),
  );
}

/**
 * Computes the first `units` of a run on the CPU, and lets signals arrive meanwhile.
 *
 * @throws the signal's reason
 */
export async function computeReference(
  { unit }: ModelSubject,
  built: BuiltModel,
  inputs: RunInputs,
  units: number,
  signal?: AbortSignal,
): Promise<Reference> {
  const graph = built.trace(units);
  const first = [...graph.inputs].map(([name, input]): [string, Float32Array | Uint32Array] => {
    const length = input instanceof Indices ? input.length : input.vectors * input.features;
    return [name, (inputs[name] as Float32Array).subarray(0, length)];
  });
  using model = new CpuModel(graph, { precision: "float64" });
  const outputs = await model.runInSlices(Object.fromEntries(first), signal);
  const sums = operationsOf(graph).map((operation) =>
    operation.kind === "linear" ? operation.matrix.chain.cols : 1,
  );
  return {
    units,
    outputs,
    repeating: unit === "images",
    operations: graph.operations.length,
    longest: Math.max(...sums),
  };
}

/**
 * Compares outputs of the device with the reference's: of tokens the first, of images all.
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
  dtype: StorageDtype,
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
  const rounding = FLOAT_FORMATS[dtype].epsilon + Math.sqrt(longest) * FLOAT_FORMATS.f32.epsilon;
  const bound = 2 * Math.sqrt(operations) * rounding;
  return {
    ok: error <= bound && nonFinite === 0,
    relativeError: Number.isFinite(error) ? error : null,
    bound,
    nonFinite,
    units,
  };
}
