import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { attentionKernel } from "./attention/kernel.ts";
import type { AttentionVariant } from "./attention/variant.ts";
import { elementwiseKernel } from "./elementwise/kernel.ts";
import type { ReductionLanes } from "./feature-reduction/lanes.ts";
import { normalizationKernel } from "./normalization/kernel.ts";
import { softmaxKernel } from "./softmax/kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const LANES: readonly ReductionLanes[] = [
  { columns: 1, slices: 8, width: 1 },
  { columns: 4, slices: 4, width: 1 },
  { columns: 4, slices: 1, width: 2 },
  { columns: 2, slices: 2, width: 4 },
];
const BATCH = 8;
const FEATURES = 21;
/** Of the vectors below, those whose softmax and whose length are not numbers. */
const NAN_VECTORS = [1, 3];

/** Batch-last vectors of ones; one has NaN first, one has it last. */
function vectors(): Float32Array {
  const x = new Float32Array(BATCH * FEATURES).fill(1);
  x[1] = Number.NaN;
  x[(FEATURES - 1) * BATCH + 3] = Number.NaN;
  return x;
}

function nanVectors(y: Float32Array): number[] {
  const whole = Array.from({ length: BATCH }, (_, vector) =>
    Array.from({ length: FEATURES }, (_, f) => Number.isNaN(y[f * BATCH + vector])),
  );
  for (const marks of whole) expect(new Set(marks).size).toBe(1);
  return whole.flatMap(([first], vector) => (first ? [vector] : []));
}

const shape = {
  batch: BATCH,
  features: FEATURES,
  from: "batch-last",
  to: "batch-last",
  dtype: "f32",
} as const;

describe.each(LANES)("NaN in vectors, $columns x $slices x $width", (lanes) => {
  it.for([false, true])("is what its softmax is, log: %s", async (log) => {
    const kernel = softmaxKernel(gpu.report, { ...shape, log }, lanes);
    const y = await runKernel(gpu, kernel, { x: vectors() }, BATCH * FEATURES);
    expect(nanVectors(y)).toEqual(NAN_VECTORS);
  });

  it("is what its L2 normalization is", async () => {
    const options = { kind: "l2", epsilon: 1e-5, weight: false, bias: false } as const;
    const kernel = normalizationKernel(gpu.report, { ...shape, ...options }, lanes);
    const y = await runKernel(gpu, kernel, { x: vectors() }, BATCH * FEATURES);
    expect(nanVectors(y)).toEqual(NAN_VECTORS);
  });
});

it.for([1, 2, 4])("keeps NaN of either sign and any payload, %s side by side", async (width) => {
  const bits = Uint32Array.of(0x7fc00000, 0xffc00001, 0x7f800001, 0x3f800000);
  const x = new Float32Array(bits.buffer).slice(0, Math.max(width, 1));
  const kernel = elementwiseKernel({
    ...shape,
    batch: 1,
    features: x.length,
    activation: { kind: "relu", upper: 6 },
  });
  const y = await runKernel(gpu, kernel, { x }, x.length);
  expect([...y]).toEqual([Number.NaN, Number.NaN, Number.NaN, 1].slice(0, x.length));
});

const VARIANTS: Readonly<Record<string, AttentionVariant>> = {
  register: { kind: "register", queries: 2, keys: 3, workgroup: 5, broadcast: "load" },
  workgroup: {
    kind: "workgroup",
    queryThreads: 8,
    queriesEach: 2,
    keyThreads: 16,
    keysEach: 1,
    unrolled: 1,
  },
  keys: { kind: "keys", queries: 3, keys: 2, workgroup: 6 },
};
const TOKENS = 20;
const HEAD = 4;

describe.each(Object.entries(VARIANTS))("attention by %s", (_, variant) => {
  const last = { batch: TOKENS, layout: "batch-first" } as const;
  const problem = {
    sequences: 1,
    queries: TOKENS,
    keys: TOKENS,
    heads: 2,
    keyValueHeads: 2,
    headFeatures: HEAD,
    scale: 0.5,
    causal: true,
    dtype: "f32",
    q: last,
    k: last,
    v: last,
    y: last,
    position: false,
    lengths: false,
  } as const;

  /** Which queries of each head have NaN, where the first key to have one of `number` is `key`. */
  async function nanQueries(number: number, keys: readonly number[]): Promise<number[][]> {
    const ones = new Float32Array(TOKENS * 2 * HEAD).fill(1);
    const k = ones.slice();
    for (const key of keys) k.fill(number, (key * 2 + 1) * HEAD, (key * 2 + 2) * HEAD);
    const kernel = attentionKernel(problem, variant);
    const y = await runKernel(gpu, kernel, { q: ones, k, v: ones }, ones.length);
    return [0, 1].map((head) =>
      Array.from({ length: TOKENS }, (_, token) => token).filter((token) => {
        const [first = 0] = y.subarray((token * 2 + head) * HEAD);
        // A mean of ones is one, if it is a number.
        if (!Number.isNaN(first)) expect(first).toBeCloseTo(1, 5);
        return Number.isNaN(first);
      }),
    );
  }

  const from = (first: number): number[] =>
    Array.from({ length: TOKENS - first }, (_, index) => first + index);

  it("gives NaN to the queries that see a key with it, and to no other", async () => {
    expect(await nanQueries(Number.NaN, [7])).toEqual([[], from(7)]);
    expect(await nanQueries(Number.POSITIVE_INFINITY, [7])).toEqual([[], from(7)]);
  });

  it("gives NaN where all scores are minus infinity, and numbers where one is not", async () => {
    expect(await nanQueries(Number.NEGATIVE_INFINITY, [0, 1, 2])).toEqual([[], [0, 1, 2]]);
  });

  it("does not lose scores far below zero", async () => {
    expect(await nanQueries(-1e37, from(0))).toEqual([[], []]);
  });
});
