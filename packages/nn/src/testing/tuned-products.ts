import { Chain, LAYOUTS, type Layout, Pattern, type StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import {
  type KroneckerSparseVariant,
  kroneckerSparseName,
  kroneckerSparseVariants,
} from "@papilio/gpu-runtime/kernels";
import { factorByFactor } from "@papilio/gpu-runtime/planning";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { ModelMemory } from "../backends/gpu/model-memory.ts";
import type { TunedKernels } from "../backends/gpu/tuned-kernels.ts";
import { Graph } from "../graph/graph.ts";
import { add } from "../operations/combine/operation.ts";
import { linear } from "../operations/linear/operation.ts";
import { difference, inputsFor, parameter } from "./draw.ts";
import { openTestGpu } from "./open-test-gpu.ts";

/** A product of one or two factors, or of a dense layer, and the vectors of two graphs that share its weights. */
interface DrawnProduct {
  readonly chain: Chain;
  readonly batches: readonly number[];
  readonly layout: Layout;
  /** Which of the shapes that are proposed a factor takes. */
  readonly choice: number;
}

/** `sizes` are those of `b` and `c`; an adapter's matrix units want larger ones to be filled. */
function products(sizes: fc.Arbitrary<number>): fc.Arbitrary<DrawnProduct> {
  const small = fc.integer({ min: 1, max: 4 });
  const single = fc
    .tuple(small, sizes, sizes, fc.constantFrom(1, 2, 3, 4, 8))
    .map((sizes) => Chain.of([new Pattern(...sizes)]));
  const dense = fc.tuple(sizes, sizes).map(([b, c]) => Chain.of([new Pattern(1, b, c, 1)]));
  // Neighbours by any rank: (1, b, r, n)(r, n, c, 1) has `r` in common.
  const pair = fc
    .tuple(sizes, small, small, sizes)
    .map(([b, r, n, c]) => Chain.of([new Pattern(1, b, r, n), new Pattern(r, n, c, 1)]));
  return fc.record({
    chain: fc.oneof(single, dense, pair),
    batches: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
    layout: fc.constantFrom(...LAYOUTS),
    choice: fc.nat(1000),
  });
}

/** A product with all that is moved into it: a bias, and the sum with a vector that was there before. */
function graphOf(chain: Chain, vectors: number, weights: Weights): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors, features: chain.cols });
  const before = graph.input("before", { vectors, features: chain.rows });
  const { factors, bias } = weights;
  graph.output("y", add(linear(x, { chain, factors }, { bias }), before));
  return graph;
}

interface Weights {
  readonly factors: readonly ReturnType<typeof parameter>[];
  readonly bias: ReturnType<typeof parameter>;
}

/**
 * Tests that a model is right with any of the shapes of the fused kernel that are measured for its factors, and takes
 * it: those that `accepts` accepts, of which a device may have none.
 */
export function testTunedProducts(
  dtype: StorageDtype,
  sizes: fc.Arbitrary<number>,
  { runs, accepts }: { runs: number; accepts: (variant: KroneckerSparseVariant) => boolean },
): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  it(`a model in ${dtype} is right with the shapes that are measured for its factors`, async ({
    skip,
  }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const sample = { pattern: new Pattern(1, 64, 64, 1), batch: 32, layout: LAYOUTS[1], dtype };
    const some = kroneckerSparseVariants(gpu.report, sample).some(accepts);
    skip(!some, "the adapter has none of these shapes");
    let taken = 0;
    const property = fc.asyncProperty(
      products(sizes),
      async ({ chain, batches, layout, choice }) => {
        const names: string[] = [];
        const tuned = tunedBy((pattern, shape) => {
          const problem = { pattern, ...shape };
          const fitting = kroneckerSparseVariants(gpu.report, problem).filter(accepts);
          const variant = fitting[choice % fitting.length];
          if (variant !== undefined) names.push(kroneckerSparseName(variant));
          return variant;
        });
        const weights = {
          factors: chain.patterns.map(({ a, b, c, d }, at) => parameter([a, b, c, d], 3 + at)),
          bias: parameter([chain.rows], 9),
        };
        using memory = new ModelMemory(gpu, dtype);
        // The second graph finds the weights in the order of the first one's shape.
        for (const vectors of batches) {
          const graph = graphOf(chain, vectors, weights);
          const inputs = inputsFor(graph, 5);
          names.length = 0;
          using model = await DeviceModel.compile(gpu, graph, { memory, layout, tuned });
          const { y } = await model.run(inputs);
          const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
          const found = difference(y as Float32Array, expected.y as Float64Array);
          const terms = chain.patterns.reduce((sum, { c }) => sum + c, 4);
          const allowed = 4 * terms * FLOAT_FORMATS[dtype].epsilon * Math.max(1, found.magnitude);
          expect(found.error, `${chain} ${names.join(", ")}`).toBeLessThanOrEqual(allowed);
          const kernels = model.operations.flatMap((operation) => operation.kernels).join();
          for (const name of names) expect(kernels).toContain(name);
          taken += names.length;
        }
      },
    );
    await fc.assert(property, { numRuns: runs, seed: 17 });
    expect(taken).toBeGreaterThan(runs / 4);
  });
}

/** Plans that multiply factor by factor, each by a shape or by the one that rules choose. */
function tunedBy(
  variantOf: (
    pattern: Pattern,
    shape: { batch: number; layout: Layout; dtype: StorageDtype },
  ) => KroneckerSparseVariant | undefined,
): TunedKernels {
  return {
    choices: [],
    requireFor: () => undefined,
    attention: () => undefined,
    plan: (chain, { batch, layout, dtype }) => {
      const plan = factorByFactor(chain, layout);
      const stages = plan.stages.map((stage) => {
        const pattern = chain.patterns[stage.from] as Pattern;
        const variant = variantOf(pattern, { batch, layout, dtype });
        return { ...stage, ...(variant && { variant }) };
      });
      return { layout, stages };
    },
  };
}
