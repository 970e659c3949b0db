import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { solveGradient } from "./central-differences.ts";
import { difference } from "./draw.ts";
import { GRADIENT_CASES } from "./gradient-cases.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { SPARSE_GRADIENT_CASES } from "./sparse-gradient-cases.ts";

/**
 * Cases whose kernels differ from those of another case by a formula or a flag, which tests of operations and of kernels have
 * too: compiling them takes most of the time.
 */
export const VARIATIONS: ReadonlySet<string> = new Set([
  ...["relu", "elu", "gelu-tanh", "silu", "sigmoid", "tanh"],
  ...["rms normalization", "l2 normalization of short vectors", "softmax", "cross-entropy"],
  ...["attention", "rotary position embedding of neighbours"],
  ...["a dense matrix that is not trained", "a product of factors that are not trained"],
  ...["a product of factors, of which one is trained", "features that are taken twice"],
  ...["sum of neighbours", "mean of neighbours", "largest of neighbours"],
  ...["attention over edges", "sums of features", "mean of sequences", "largest of sequences"],
]);

const { epsilon } = FLOAT_FORMATS.f32;

/** Tests the gradients of the cases that are asked for on a device, beside the reference in float64. */
export function testGradients(isAsked: (name: string) => boolean): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  const cases = Object.entries({ ...GRADIENT_CASES, ...SPARSE_GRADIENT_CASES });
  it.each(cases.filter(([name]) => isAsked(name)))(
    "the gradient of %s is that of the reference",
    async (_, make) => {
      const shape = { vectors: 18, features: 12 };
      const { graph, inputs, expected, terms } = solveGradient((graph) => make(graph, shape));
      using model = await DeviceModel.compile(gpu, graph);
      const found = await model.run(inputs);
      for (const [name, right] of Object.entries(expected)) {
        const { error, magnitude } = difference(found[name] as Float32Array, right);
        // WGSL allows a few units in the last place where the CPU rounds once.
        expect(error).toBeLessThanOrEqual(4 * terms * epsilon * Math.max(1, magnitude));
      }
    },
  );
}
