import type { BatchShape, Layout } from "@papilio/butterfly";
import { FLOAT_FORMATS, quantize, uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upload } from "../../device/storage.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { Program } from "../../program/program.ts";
import { Tensor, tensor } from "../../tensor/tensor.ts";
import { type AttentionReference, attend } from "../../testing/attend.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { chooseAttention } from "./choose.ts";
import { attentionKernel } from "./kernel.ts";
import { type AttentionProblem, attentionStrides } from "./problem.ts";
import type { AttentionVariant } from "./variant.ts";

/** A problem and what its bindings hold. */
interface Case extends Partial<Omit<AttentionProblem, "q" | "k" | "v" | "y" | "position">> {
  /** Layouts of q, k, v and y by their first letters: `f` for batch-first, `l` for batch-last. */
  readonly layouts?: string;
  /** Vectors that are allocated beyond those that count. */
  readonly spare?: number;
  readonly at?: number;
  readonly counts?: readonly number[];
  /** Whether it is worth a run in half precision, and one of every variant. */
  readonly half?: boolean;
  readonly any?: boolean;
}

const cases: [string, Case][] = [
  ["one token", { queries: 1, keys: 1, headFeatures: 4 }],
  [
    "a vision transformer's 197 tokens",
    { queries: 197, keys: 197, heads: 2, headFeatures: 64, half: true },
  ],
  ["batch-first", { queries: 7, keys: 19, headFeatures: 10, heads: 3, layouts: "ffff" }],
  [
    "mixed layouts, spare vectors",
    { queries: 40, keys: 13, layouts: "flfl", spare: 5, half: true, any: true },
  ],
  ["the other mixture", { queries: 9, keys: 33, sequences: 3, layouts: "llff", spare: 2 }],
  ["causal", { queries: 70, keys: 70, causal: true, heads: 2 }],
  [
    "causal, more keys than queries",
    { queries: 7, keys: 30, causal: true, layouts: "fflf", any: true },
  ],
  ["causal, queries that see nothing", { queries: 23, keys: 9, causal: true, any: true }],
  ["grouped queries", { queries: 12, keys: 21, heads: 6, keyValueHeads: 2, headFeatures: 8 }],
  [
    "a cache",
    {
      queries: 7,
      keys: 50,
      causal: true,
      at: 13,
      heads: 4,
      keyValueHeads: 2,
      half: true,
      any: true,
    },
  ],
  ["a cache at its end", { queries: 5, keys: 20, causal: true, at: 15, layouts: "lffl" }],
  ["a cache, all of it seen", { queries: 6, keys: 40, at: 9 }],
  ["lengths", { queries: 17, keys: 17, sequences: 4, counts: [17, 1, 0, 9] }],
  [
    "lengths and causal",
    {
      queries: 11,
      keys: 26,
      sequences: 2,
      counts: [26, 14],
      causal: true,
      layouts: "flff",
      any: true,
    },
  ],
  ["wide heads", { queries: 10, keys: 12, headFeatures: 256 }],
  [
    "one query of a cache",
    {
      queries: 1,
      keys: 300,
      causal: true,
      at: 261,
      heads: 8,
      keyValueHeads: 2,
      half: true,
      any: true,
    },
  ],
  [
    "a few queries, batch-first",
    {
      queries: 3,
      keys: 150,
      causal: true,
      headFeatures: 64,
      layouts: "ffff",
      spare: 1,
      half: true,
    },
  ],
];

/** Shapes that tiles divide as little as sequences do. */
const variants: [string, (subgroup: number | "load") => AttentionVariant][] = [
  [
    "in registers, each loading all",
    () => ({ kind: "register", queries: 2, keys: 3, workgroup: 5, broadcast: "load" }),
  ],
  [
    "in registers, sharing loads",
    (broadcast) => {
      const members = broadcast === "load" ? 8 : broadcast;
      return { kind: "register", queries: 1, keys: members, workgroup: 2 * members, broadcast };
    },
  ],
  [
    "staged in workgroup memory",
    () => ({
      kind: "workgroup",
      queryThreads: 8,
      queriesEach: 2,
      keyThreads: 16,
      keysEach: 1,
      unrolled: 1,
    }),
  ],
  ["along the keys", () => ({ kind: "keys", queries: 3, keys: 2, workgroup: 6 })],
];

function problemOf(given: Case, dtype: "f32" | "f16"): AttentionProblem {
  const { layouts = "llll", spare = 0, at, counts, half: _half, any: _any, ...rest } = given;
  const { sequences = 1, queries = 1, keys = 1, heads = 1, headFeatures = 16 } = rest;
  const shape = (operand: number, each: number): BatchShape => ({
    batch: sequences * each + spare,
    layout: layouts[operand] === "f" ? "batch-first" : ("batch-last" satisfies Layout),
  });
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
    q: shape(0, queries),
    k: shape(1, keys),
    v: shape(2, keys),
    y: shape(3, queries),
    position: at !== undefined,
  };
}

describe("attention", () => {
  let gpu: Gpu;
  let subgroup: number | "load";
  beforeAll(async () => {
    gpu = await openTestGpu();
    const sizes = gpu.report.features.subgroups;
    subgroup = sizes !== null && sizes.min === sizes.max ? sizes.min : "load";
  });
  afterAll(() => gpu.dispose());

  describe("as chosen for the adapter", () => {
    const choose = (problem: AttentionProblem): AttentionVariant =>
      chooseAttention(gpu.report, problem);

    it.for(cases)("%s", ([, given]) => expectRight(problemOf(given, "f32"), given, choose));

    it.for(cases.filter(([, { half }]) => half))("%s in f16", async ([, given], { skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight(problemOf(given, "f16"), given, choose);
    });
  });

  describe.each(variants)("%s", (_, variant) => {
    it.for(cases.filter(([, { any }]) => any))("%s", ([, given]) =>
      expectRight(problemOf(given, "f32"), given, () => variant(subgroup)),
    );
  });

  it.for(["wide heads"])("as chosen for hardware: %s", { timeout: 600_000 }, async (name) => {
    const [, given] = cases.find(([known]) => known === name) as [string, Case];
    const hardware = { ...gpu.report, kind: "hardware" } as const;
    await expectRight(problemOf(given, "f32"), given, (problem) => {
      const variant = chooseAttention(hardware, problem);
      expect(variant.kind).toBe("workgroup");
      return variant;
    });
  });

  async function expectRight(
    problem: AttentionProblem,
    { at, counts }: Case,
    choose: (problem: AttentionProblem) => AttentionVariant,
  ): Promise<void> {
    const { dtype, sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
    const stride = attentionStrides(problem);
    const next = uniform(9);
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
        for (let f = 0; f < of; f++) values[n * vector + f * feature] = next();
      }
      return quantize(values, dtype);
    };
    const data = {
      q: fill("q", queries, heads * headFeatures),
      k: fill("k", keys, keyValueHeads * headFeatures),
      v: fill("v", keys, keyValueHeads * headFeatures),
    };
    const kernel = attentionKernel(problem, choose(problem));
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
    const buffers = [
      ...[q, k, v, y].map(({ memory }) => memory),
      ...(problem.position ? [position] : []),
      ...(problem.lengths ? [lengths] : []),
    ];
    using program = await Program.record(gpu, [{ kernel, buffers, role: "multiply" }]);
    // Twice: what the first run left must not show in the second.
    await Program.complete([program, program]);
    const actual = await y.data();
    expectWithin(actual, attend(problem, data, { at, counts }), dtype);
  }
});

function expectWithin(
  actual: Float32Array,
  expected: readonly AttentionReference[],
  dtype: "f32" | "f16",
): void {
  const stored = FLOAT_FORMATS[dtype];
  let worst = { ratio: 0, index: -1, actual: 0, reference: 0 };
  for (const { index, reference, bound } of expected) {
    const rounding = dtype === "f16" ? stored.epsilon * Math.abs(reference) : 0;
    const allowed = bound * (1 + stored.epsilon) + rounding + stored.smallestNormal;
    const found = actual[index] as number;
    const ratio = Math.abs(found - reference) / allowed;
    // Also where it is NaN.
    if (!(ratio <= worst.ratio)) worst = { ratio, index, actual: found, reference };
    if (Number.isNaN(ratio)) break;
  }
  expect(worst.ratio, JSON.stringify(worst)).toBeLessThanOrEqual(1);
}

function words(values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
