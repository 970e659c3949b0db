import type { BatchShape } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Kernel } from "../../device/kernel.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { Program } from "../../program/program.ts";
import { BufferSet } from "../../tensor/buffer-set.ts";
import { Tensor, tensor } from "../../tensor/tensor.ts";
import { differentiate, type Expected } from "../../testing/attention-gradient.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { draw, lay, lift } from "../../testing/vectors-in-memory.ts";
import { chooseAttentionGradient } from "./choose.ts";
import {
  attentionKeysGradientKernel,
  attentionQueriesGradientKernel,
  attentionStatisticsKernel,
} from "./kernel.ts";
import type { AttentionGradientProblem, AttentionOperand } from "./problem.ts";
import type { AttentionGradientVariant } from "./variant.ts";

interface Case {
  readonly sequences?: number;
  readonly queries: number;
  readonly keys?: number;
  readonly heads?: number;
  readonly keyValueHeads?: number;
  readonly headFeatures?: number;
  readonly causal?: boolean;
  readonly counts?: readonly number[];
  readonly dtype?: "f32" | "f16";
  /** Layouts of operands in their order, `f` for batch-first and `l` for batch-last, and vectors beyond those that count. */
  readonly layouts?: string;
  readonly spare?: number;
  readonly variant?: AttentionGradientVariant;
}

const OPERANDS = ["q", "k", "v", "y", "dy", "statistics", "dq", "dkv"] as const;
const ALONE: AttentionGradientVariant = { own: 2, others: 3, workgroup: 5, broadcast: "load" };

const CASES: [string, Case][] = [
  ["tiles that do not divide", { queries: 43, headFeatures: 17, heads: 2, variant: ALONE }],
  ["wide heads", { queries: 11, keys: 9, headFeatures: 128 }],
  ["mixed layouts", { queries: 21, keys: 13, layouts: "flflflfl", spare: 3, sequences: 2 }],
  // As many as let an adapter take a shape that is longer to compile.
  ["many vectors", { queries: 150, keys: 130, causal: true, headFeatures: 64 }],
  ["causal", { queries: 50, causal: true, heads: 2 }],
  ["causal, queries that see nothing", { queries: 23, keys: 9, causal: true }],
  ["grouped queries", { queries: 12, keys: 21, heads: 6, keyValueHeads: 2, headFeatures: 8 }],
  ["lengths, causal", { queries: 21, sequences: 2, counts: [21, 14], causal: true, spare: 2 }],
  ["half precision", { queries: 20, heads: 2, causal: true, dtype: "f16", layouts: "lflflflf" }],
];

describe("the gradient of attention", () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  it.for(CASES)("%s", async ([, given], { skip }) => {
    const { dtype = "f32" } = given;
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const problem = problemOf(given);
    const { sequences, queries, keys, heads, keyValueHeads, headFeatures, shapes } = problem;
    const [queried, keyed] = [heads * headFeatures, keyValueHeads * headFeatures];
    const numbers = (vectors: number, features: number, seed: number): Float32Array =>
      draw(sequences * vectors * features, dtype, seed);
    const data = {
      ...{ q: numbers(queries, queried, 1), k: numbers(keys, keyed, 2) },
      ...{ v: numbers(keys, keyed, 3), y: numbers(queries, queried, 4) },
      dy: numbers(queries, queried, 5),
    };
    // What lies beyond the lengths is anything.
    given.counts?.forEach((count, s) => {
      const [from, to] = [(s * keys + count) * keyed, (s + 1) * keys * keyed];
      data.k.fill(Number.NaN, from, to);
      data.v.fill(Number.NaN, from, to);
    });
    const variant = given.variant ?? chooseAttentionGradient(gpu.report, problem);
    using buffers = new BufferSet(gpu);
    const features = { q: queried, k: keyed, v: keyed, y: queried, dy: queried };
    const open = (name: keyof typeof data): Tensor => {
      const shape = { ...shapes[name], dtype, features: features[name] };
      return tensor(gpu, lay(data[name], features[name], shapes[name]), shape);
    };
    using q = open("q");
    using k = open("k");
    using v = open("v");
    using y = open("y");
    using dy = open("dy");
    const write = (
      name: "statistics" | "dq" | "dkv",
      of: number,
      stored: typeof dtype = dtype,
    ): Tensor => {
      const result = new Tensor(gpu, { ...shapes[name], dtype: stored, features: of });
      result.write(new Float32Array(result.length).fill(Number.NaN));
      return result;
    };
    using statistics = write("statistics", 2 * heads, "f32");
    using dq = write("dq", queried);
    using dkv = write("dkv", 2 * keyed);
    const counts = Uint32Array.from(given.counts ?? [0]);
    const lengths = problem.lengths ? [buffers.uploadIndices(counts, "lengths")] : [];
    const step = (kernel: Kernel, operands: readonly Tensor[]) => ({
      ...{ kernel, role: "multiply" as const },
      buffers: [...operands.map(({ memory }) => memory), ...lengths],
    });
    using program = await Program.record(gpu, [
      step(attentionStatisticsKernel(problem, variant), [q, k, y, dy, statistics]),
      step(attentionQueriesGradientKernel(problem, variant), [q, k, v, dy, statistics, dq]),
      step(attentionKeysGradientKernel(problem, variant), [q, k, v, dy, statistics, dkv]),
    ]);
    // Twice: what the first run left must not show in the second.
    await Program.complete([program, program]);
    const expected = differentiate(problem, data, given.counts);
    const check = async (name: "statistics" | "dq" | "dkv", of: Tensor, each: number) => {
      const found = lift(await of.data(), of.features, sequences * each, shapes[name]);
      expect(found.restIsNaN).toBe(true);
      expect(wrong(found.vectors, expected[name], name === "statistics" ? "f32" : dtype)).toEqual(
        [],
      );
    };
    await check("statistics", statistics, queries);
    await check("dq", dq, queries);
    await check("dkv", dkv, keys);
  });
});

type TestProblem = AttentionGradientProblem & {
  readonly shapes: Readonly<Record<AttentionOperand, BatchShape>>;
};

function problemOf(given: Case): TestProblem {
  const { counts, layouts = "llllllll", spare = 0, variant: _variant, ...rest } = given;
  const { sequences = 1, queries, keys = queries, heads = 1, headFeatures = 16 } = rest;
  const keyed: readonly AttentionOperand[] = ["k", "v", "dkv"];
  const shapes = Object.fromEntries(
    OPERANDS.map((name, index): [AttentionOperand, BatchShape] => [
      name,
      {
        batch: sequences * (keyed.includes(name) ? keys : queries) + spare,
        layout: layouts[index] === "f" ? "batch-first" : "batch-last",
      },
    ]),
  ) as Record<AttentionOperand, BatchShape>;
  return {
    ...{ sequences, keys, heads, keyValueHeads: heads, headFeatures, causal: false },
    // Sharp enough that some keys hardly count.
    ...{ scale: 3 / Math.sqrt(headFeatures), dtype: "f32", lengths: counts !== undefined },
    ...rest,
    shapes,
  };
}

function wrong(
  found: Float32Array,
  { reference, bound }: Expected,
  dtype: "f32" | "f16",
): string[] {
  const { epsilon, smallestNormal } = FLOAT_FORMATS[dtype];
  return [...found].flatMap((number, index) => {
    const right = reference[index] as number;
    const stored = dtype === "f32" ? 0 : epsilon * Math.abs(right) + smallestNormal;
    const allowed = (bound[index] as number) * (1 + epsilon) + stored;
    if (Math.abs(number - right) <= allowed) return [];
    return [`element ${index} is ${number} instead of ${right}, by more than ${allowed}`];
  });
}
