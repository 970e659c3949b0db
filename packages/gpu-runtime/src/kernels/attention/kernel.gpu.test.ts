import { afterAll, beforeAll, describe, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import {
  type AttentionCase,
  attentionProblem,
  expectAttention,
} from "../../testing/expect-attention.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { chooseAttention } from "./choose.ts";
import type { AttentionProblem } from "./problem.ts";
import type { AttentionVariant } from "./variant.ts";

interface Case extends AttentionCase {
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

const problemFor = (
  { half: _half, any: _any, ...given }: Case,
  dtype: "f32" | "f16",
): AttentionProblem => attentionProblem(given, dtype);

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

    it.for(cases)("%s", ([, given]) => expectRight(problemFor(given, "f32"), given, choose));

    it.for(cases.filter(([, { half }]) => half))("%s in f16", async ([, given], { skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight(problemFor(given, "f16"), given, choose);
    });
  });

  describe.each(variants)("%s", (_, variant) => {
    it.for(cases.filter(([, { any }]) => any))("%s", ([, given]) =>
      expectRight(problemFor(given, "f32"), given, () => variant(subgroup)),
    );
  });

  function expectRight(
    problem: AttentionProblem,
    given: Case,
    choose: (problem: AttentionProblem) => AttentionVariant,
  ): Promise<void> {
    return expectAttention(gpu, problem, given, choose(problem));
  }
});
