import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { average, exactNormalization } from "../../testing/normalization.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import {
  drawRows,
  EPSILON,
  layRows,
  type RowWiseCase,
  rowWiseCases,
  runRows,
} from "../../testing/row-wise.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { type NormalizationGradientProblem, normalizationGradientKernel } from "./kernel.ts";
import {
  normalizationParametersGradientKernel,
  normalizationStatisticsKernel,
} from "./parameters.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

type Kind = Pick<NormalizationGradientProblem, "kind" | "epsilon" | "weight">;

const kinds: [string, Kind][] = [
  ["layer", { kind: "layer", epsilon: 1e-5, weight: true }],
  ["rms without a weight", { kind: "rms", epsilon: 1e-5, weight: false }],
  ["l2", { kind: "l2", epsilon: 1e-12, weight: true }],
  ["l2 of vectors shorter than epsilon", { kind: "l2", epsilon: 100, weight: false }],
];

describe.each(kinds)("%s normalization", (_, kind) => {
  it.for(rowWiseCases)("dx of %s", async ([, shape], { skip }) => {
    const { features, from, other, dtype, lanes } = shape;
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const [x, dy] = [drawRows(shape, 1), drawRows(shape, 2)];
    const weight = drawRows({ ...shape, used: 1 }, 3);
    const problem = { ...shape, ...kind, gradient: other };
    const inputs = { x: layRows(shape, x, from), dy: layRows(shape, dy, other), weight };
    const kernel = normalizationGradientKernel(gpu.report, problem, lanes);
    const dx = await runRows(gpu, kernel, shape, inputs);
    const [expected, bounds] = [new Float64Array(x.length), new Float64Array(x.length)];
    for (let start = 0; start < x.length; start += features) {
      const vector = x.subarray(start, start + features);
      const exact = exactNormalization(vector, kind.kind, kind.epsilon);
      const { distances, root, distanceError, factorError, short } = exact;
      const gradient = distances.map(
        (_, f) => (dy[start + f] as number) * (kind.weight ? (weight[f] as number) : 1),
      );
      const size = average(gradient.map(Math.abs));
      const mean = kind.kind === "layer" ? average(gradient) : 0;
      const count = short ? 0 : kind.kind === "l2" ? features : 1;
      const products = gradient.map((g, f) => (g * (distances[f] as number)) / root);
      const share = count * average(products);
      // Sums of as many numbers; what the distances and the factor are off.
      const sumError = (features + 4) * EPSILON;
      const shareSize = count * average(products.map(Math.abs));
      const shareError =
        shareSize * (sumError + 2 * factorError) + (count * size * distanceError) / root;
      gradient.forEach((g, f) => {
        const normal = (distances[f] as number) / root;
        expected[start + f] = (g - mean - normal * share) / root;
        const parts = Math.abs(g) + Math.abs(mean) + Math.abs(normal) * shareSize;
        const off =
          size * sumError +
          Math.abs(normal) * shareError +
          (shareSize + shareError) * (distanceError / root + 2 * factorError * Math.abs(normal)) +
          7 * EPSILON * parts;
        bounds[start + f] = (off * (1 + factorError) + factorError * parts) / root;
      });
    }
    expectStored(dx, expected, (index) => bounds[index] as number, dtype);
  });
});

describe.each(kinds.slice(0, 3))("the parameters of %s normalization", (_, kind) => {
  it.for(rowWiseCases)("over %s", async ([, shape], { skip }) => {
    const { dtype } = shape;
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    await checkParameters(shape, kind, kind.kind === "layer");
  });
});

async function checkParameters(shape: RowWiseCase, kind: Kind, bias: boolean): Promise<void> {
  const { batch, used, features, from, other, dtype, lanes } = shape;
  const [x, dy] = [drawRows(shape, 1), drawRows(shape, 2)];
  const narrow = lanes && { ...lanes, width: 1 as const };
  const statistics = normalizationStatisticsKernel(gpu.report, { ...shape, ...kind }, narrow);
  const memory = layRows(shape, x, from);
  const found = await runKernel(gpu, statistics, { x: memory }, 2 * batch);
  const kernel = normalizationParametersGradientKernel({
    ...{ batch, count: used, features, from, gradient: other, dtype, bias },
  });
  const columns = bias ? 2 * features : features;
  const inputs = { x: memory, dy: layRows(shape, dy, other), statistics: found };
  const y = await runKernel(gpu, kernel, inputs, columns);
  const [expected, bounds] = [new Float64Array(columns), new Float64Array(columns)];
  for (let start = 0; start < x.length; start += features) {
    const vector = x.subarray(start, start + features);
    const exact = exactNormalization(vector, kind.kind, kind.epsilon);
    exact.distances.forEach((distance, f) => {
      const g = dy[start + f] as number;
      const normal = distance / exact.root;
      const off =
        exact.distanceError / exact.root + Math.abs(normal) * (exact.factorError + 3 * EPSILON);
      expected[f] = (expected[f] as number) + g * normal;
      // Each sum has as many terms as there are vectors.
      bounds[f] = (bounds[f] as number) + Math.abs(g) * (off + used * EPSILON * Math.abs(normal));
      if (!bias) return;
      expected[features + f] = (expected[features + f] as number) + g;
      bounds[features + f] = (bounds[features + f] as number) + used * EPSILON * Math.abs(g);
    });
  }
  expectStored(y, expected, (index) => bounds[index] as number, dtype);
}

it("refuses what makes no sense", () => {
  const good = {
    ...{ batch: 2, features: 5, from: "batch-first", to: "batch-first", gradient: "batch-first" },
    ...{ dtype: "f32", kind: "rms", epsilon: 1e-5, weight: false },
  } as const;
  for (const change of [{ epsilon: -1 }, { batch: 0 }, { kind: "batch" }, { gradient: "last" }]) {
    const problem = { ...good, ...change } as NormalizationGradientProblem;
    const code = "batch" in change || "epsilon" in change ? "KERNEL_PROBLEM" : "OPTION_INVALID";
    expect(() => normalizationGradientKernel(gpu.report, problem)).toThrow(
      expect.objectContaining({ code }),
    );
  }
});
