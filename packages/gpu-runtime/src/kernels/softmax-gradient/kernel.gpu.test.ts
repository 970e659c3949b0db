import { quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { drawRows, EPSILON, layRows, rowWiseCases, runRows } from "../../testing/row-wise.ts";
import { softmaxGradientKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe.each([false, true])("of logarithms: %s", (log) => {
  it.for(rowWiseCases)("of %s", async ([, shape], { skip }) => {
    const { features, from, other, dtype, lanes } = shape;
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const shares = drawRows(shape, 1).map((number) => (number + 1) / 2);
    const numbers = log ? shares.map((share) => Math.log(share + 1e-3)) : shares;
    const [y, dy] = [quantize(numbers, dtype), drawRows(shape, 2)];
    const kernel = softmaxGradientKernel(gpu.report, { ...shape, gradient: other, log }, lanes);
    const inputs = { x: layRows(shape, y, from), dy: layRows(shape, dy, other) };
    const dx = await runRows(gpu, kernel, shape, inputs);
    const [expected, bounds] = [new Float64Array(y.length), new Float64Array(y.length)];
    for (let start = 0; start < y.length; start += features) {
      const terms = Array.from({ length: features }, (_, f) => {
        const gradient = dy[start + f] as number;
        return log ? gradient : gradient * (y[start + f] as number);
      });
      const sum = terms.reduce((total, term) => total + term, 0);
      const size = terms.reduce((total, term) => total + Math.abs(term), 0);
      for (let at = start; at < start + features; at++) {
        const [share, gradient] = [y[at] as number, dy[at] as number];
        const factor = log ? Math.exp(share) : share;
        expected[at] = log ? gradient - factor * sum : factor * (gradient - sum);
        // A sum, the exponential, and few operations more.
        const ofFactor = log ? 3 + 2 * Math.abs(share) : 0;
        const parts = log ? Math.abs(gradient) : factor * Math.abs(gradient);
        bounds[at] = EPSILON * (factor * size * (features + 5 + ofFactor) + 4 * parts);
      }
    }
    expectStored(dx, expected, (index) => bounds[index] as number, dtype);
  });
});
