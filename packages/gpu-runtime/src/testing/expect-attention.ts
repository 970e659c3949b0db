import type { BatchShape, Layout } from "@papilio/butterfly";
import { quantize, uniform } from "@papilio/butterfly/numeric";
import { expect } from "vitest";
import { upload } from "../device/storage.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { attentionKernel } from "../kernels/attention/kernel.ts";
import { type AttentionProblem, attentionStrides } from "../kernels/attention/problem.ts";
import type { AttentionVariant } from "../kernels/attention/variant.ts";
import { Program } from "../program/program.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { attentionReference, worstOutput } from "../tuning/attention-reference.ts";

/** A problem and what its bindings hold. */
export interface AttentionCase
  extends Partial<Omit<AttentionProblem, "q" | "k" | "v" | "y" | "position" | "pages">> {
  /** Layouts of q, k, v and y by their first letters: `f` for batch-first, `l` for batch-last. */
  readonly layouts?: string;
  /** Vectors that are allocated beyond those that count. */
  readonly spare?: number;
  readonly at?: number;
  readonly counts?: readonly number[];
  /** Vectors of a page, where keys and values are in pages of a pool: a divisor of the keys. */
  readonly pageSize?: number;
}

/** The problem of a case: one sequence of a vector with a head of 16 features where it says nothing else. */
export function attentionProblem(given: AttentionCase, dtype: "f32" | "f16"): AttentionProblem {
  const { layouts = "llll", spare = 0, at, counts, pageSize, ...rest } = given;
  const { sequences = 1, queries = 1, keys = 1, heads = 1, headFeatures = 16 } = rest;
  const shape = (operand: number, vectors: number): BatchShape => ({
    batch: vectors + spare,
    layout: layouts[operand] === "f" ? "batch-first" : ("batch-last" satisfies Layout),
  });
  // One page more than there are in use.
  const pages =
    pageSize === undefined
      ? undefined
      : { size: pageSize, count: (sequences * keys) / pageSize + 1 };
  const stored = pages ? pages.size * pages.count : sequences * keys;
  return {
    sequences,
    queries,
    keys,
    heads,
    keyValueHeads: heads,
    headFeatures,
    // Sharp enough that some keys hardly count.
    scale: 3 / Math.sqrt(headFeatures),
    causal: false,
    lengths: counts !== undefined,
    ...rest,
    dtype,
    q: shape(0, sequences * queries),
    k: shape(1, stored),
    v: shape(2, stored),
    y: shape(3, sequences * queries),
    position: at !== undefined,
    pages,
  };
}

/** Runs a kernel twice and compares every output with attention in float64. */
export async function expectAttention(
  gpu: Gpu,
  problem: AttentionProblem,
  { at, counts }: AttentionCase,
  variant: AttentionVariant,
): Promise<void> {
  const { dtype, sequences, queries, keys, heads, keyValueHeads, headFeatures, pages } = problem;
  const stride = attentionStrides(problem);
  const next = uniform(9);
  /** Where a vector of keys or of values lies in the pool, whose pages are in use from the last one on. */
  const placeOf = (vector: number): number =>
    pages === undefined
      ? vector
      : (pages.count - 1 - Math.floor(vector / pages.size)) * pages.size + (vector % pages.size);
  /** Random vectors, and NaN wherever no vector that counts lies. */
  const fill = (name: "q" | "k" | "v", each: number, of: number): Float32Array => {
    const { vector, feature } = stride[name];
    const values = new Float32Array(problem[name].batch * of).fill(Number.NaN);
    for (let n = 0; n < sequences * each; n++) {
      const known = Math.min(
        counts?.[Math.floor(n / keys)] ?? keys,
        at === undefined ? keys : at + queries,
      );
      if (name !== "q" && n % keys >= known) continue;
      const place = name === "q" ? n : placeOf(n);
      for (let f = 0; f < of; f++) values[place * vector + f * feature] = next();
    }
    return quantize(values, dtype);
  };
  const data = {
    q: fill("q", queries, heads * headFeatures),
    k: fill("k", keys, keyValueHeads * headFeatures),
    v: fill("v", keys, keyValueHeads * headFeatures),
  };
  const kernel = attentionKernel(problem, variant);
  const features = { q: heads, k: keyValueHeads, v: keyValueHeads };
  const open = (name: "q" | "k" | "v"): Tensor =>
    tensor(gpu, data[name], { ...problem[name], dtype, features: features[name] * headFeatures });
  using q = open("q");
  using k = open("k");
  using v = open("v");
  using y = new Tensor(gpu, { ...problem.y, dtype, features: heads * headFeatures });
  y.write(new Float32Array(y.length).fill(Number.NaN));
  using position = upload(gpu, words([at ?? 0]), "position");
  using lengths = upload(gpu, words(counts ?? [0]), "lengths");
  const listed = Array.from({ length: pages ? (sequences * keys) / pages.size : 1 }, (_, page) =>
    pages ? placeOf(page * pages.size) / pages.size : 0,
  );
  using table = upload(gpu, words(listed), "pages");
  const buffers = [
    ...[q, k, v, y].map(({ memory }) => memory),
    ...(problem.position ? [position] : []),
    ...(problem.lengths ? [lengths] : []),
    ...(pages ? [table] : []),
  ];
  using program = await Program.record(gpu, [{ kernel, buffers, role: "multiply" }]);
  // Twice: what the first run left must not show in the second.
  await Program.complete([program, program]);
  const actual = await y.data();
  const weights = variant.kind === "matrix" ? "f16" : "f32";
  const expected = attentionReference(problem, { ...data, at, counts, placeOf }, { weights });
  const worst = worstOutput(actual, expected, dtype);
  expect(worst.ratio, JSON.stringify(worst)).toBeLessThanOrEqual(1);
}

function words(values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
