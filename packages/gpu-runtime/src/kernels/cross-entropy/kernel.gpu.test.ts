import { LAYOUTS } from "@papilio/butterfly";
import { quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import {
  drawNumbers,
  drawRows,
  EPSILON,
  layNumbers,
  layRows,
  type RowWiseCase,
  rowWiseCases,
  runNumbers,
  runRows,
} from "../../testing/row-wise.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { labelWeightsKernel } from "../label-weights/kernel.ts";
import {
  type CrossEntropyProblem,
  crossEntropyGradientKernel,
  crossEntropyKernel,
} from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

type Options = Pick<CrossEntropyProblem, "smoothing" | "ignored">;

/** Some labels are no classes. */
function labelsOf({ used, features }: RowWiseCase): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: used }, (_, vector) =>
    vector % 7 === 6 ? features + vector : (vector * 31 + 3) % features,
  );
}

async function check(shape: RowWiseCase, options: Options, x: Float32Array): Promise<void> {
  const { used, features, from, dtype, lanes } = shape;
  const { smoothing, ignored } = options;
  const labels = labelsOf(shape);
  const gradients = drawNumbers(shape, 3);
  const inputs = { x: layRows(shape, x, from), labels };
  const problem = { ...shape, ...options };
  const lossKernel = crossEntropyKernel(gpu.report, problem, lanes);
  const losses = await runNumbers(gpu, lossKernel, shape, inputs);
  const kernel = crossEntropyGradientKernel(gpu.report, problem, lanes);
  const loss = layNumbers(shape, gradients);
  const dx = await runRows(gpu, kernel, shape, { ...inputs, loss });

  const [expected, bounds] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [right, off] = [new Float64Array(used), new Float64Array(used)];
  labels.forEach((label, vector) => {
    if (label === ignored || label >= features) return;
    const start = vector * features;
    const logits = [...x.subarray(start, start + features)];
    const most = Math.max(...logits);
    const distances = logits.map((logit) => most - logit);
    const total = distances.reduce((sum, distance) => sum + Math.exp(-distance), 0);
    const far = Math.max(...distances);
    // Each feature rounds the sum, and may be a new largest one, whose exponential scales it: WGSL allows exp(x)
    // 3 + 2|x| units in the last place (section 15.7.4), and these distances add up to the largest one.
    const sumError = EPSILON * (6 * features + 6 * far + 12);
    const smoothed = (smoothing / features) * distances.reduce((sum, d) => sum + d, 0);
    const wanted = (1 - smoothing) * (distances[label] as number);
    right[vector] = Math.log(total) + wanted + smoothed;
    // WGSL allows log 2^-21 near 1, and else three units in the last place.
    off[vector] =
      sumError +
      2 ** -21 +
      EPSILON * (3 * Math.log(total) + 4 * wanted + (features + 8) * smoothed);
    distances.forEach((distance, f) => {
      const share = Math.exp(-distance) / total;
      const target = smoothing / features + (f === label ? 1 - smoothing : 0);
      const gradient = gradients[vector] as number;
      expected[start + f] = gradient * (share - target);
      const ofShare = sumError + (8 + 3 * distance) * EPSILON;
      bounds[start + f] = Math.abs(gradient) * (share * ofShare + 4 * EPSILON * (share + target));
    });
  });
  expectStored(losses, right, (index) => off[index] as number, dtype);
  expectStored(dx, expected, (index) => bounds[index] as number, dtype);
}

describe.each<Options>([{ smoothing: 0, ignored: 3 }, { smoothing: 0.1 }])("%o", (options) => {
  it.for(rowWiseCases)("of %s", async ([, shape], { skip }) => {
    const half = shape.dtype === "f16";
    skip(half && !gpu.report.features.f16, "the adapter has no half precision");
    await check(shape, options, drawRows(shape, 1, 10));
  });

  it("of logits that are large, and that grow along the vector", async () => {
    for (const [batch, layout] of [
      [1, "batch-first"],
      [40, "batch-last"],
    ] as const) {
      const shape: RowWiseCase = {
        ...{ batch, used: batch, features: 90, dtype: "f32", lanes: undefined },
        ...{ from: layout, to: layout, other: layout },
      };
      const growing = Float32Array.from({ length: 90 * batch }, (_, at) => (at % 90) / 2);
      await check(shape, options, growing);
      await check(
        shape,
        options,
        quantize(
          growing.map((number) => 1e5 + number),
          "f32",
        ),
      );
    }
  });
});

it("is NaN of a vector that has no softmax, unless its label counts nothing", async () => {
  const [layout] = LAYOUTS;
  const shape = { batch: 4, features: 3, from: layout, to: layout, dtype: "f32" } as const;
  const nan = [Number.NaN, 1, 2];
  const x = Float32Array.of(1, 1, 1, ...nan, ...nan, 3e38, -3e38, 0);
  const labels = Uint32Array.of(0, 0, 3, 0);
  const problem = { ...shape, smoothing: 0 };
  const losses = await runKernel(gpu, crossEntropyKernel(gpu.report, problem), { x, labels }, 4);
  expect(losses[0]).toBeCloseTo(Math.log(3), 5);
  expect([losses[1], losses[2]]).toEqual([Number.NaN, 0]);
  expect(losses[3]).toBeCloseTo(0, 5);
  const kernel = crossEntropyGradientKernel(gpu.report, problem);
  const dx = await runKernel(gpu, kernel, { x, labels, loss: Float32Array.of(1, 1, 1, 1) }, 12);
  expect(Array.from(dx.subarray(3, 9))).toEqual([Number.NaN, Number.NaN, Number.NaN, 0, 0, 0]);
});

describe("the weights of labels", () => {
  it.each([1, 40, 203])("of %d vectors make the mean of those that count", async (count) => {
    const labels = Uint32Array.from({ length: count }, (_, at) => (at * 5) % 7);
    const counts = Array.from(labels, (label) => label !== 3 && label < 5);
    const weight = count / counts.filter(Boolean).length;
    const kernel = labelWeightsKernel({ count, classes: 5, ignored: 3, dtype: "f32" });
    const y = await runKernel(gpu, kernel, { labels }, count);
    const expected = counts.map((each) => (each ? weight : 0));
    expectStored(y, expected, () => 3 * EPSILON * weight, "f32");
  });

  it("are 0 where no label counts", async () => {
    const kernel = labelWeightsKernel({ count: 5, classes: 2, dtype: "f32" });
    const y = await runKernel(gpu, kernel, { labels: new Uint32Array(5).fill(2) }, 5);
    expect(y).toEqual(new Float32Array(5));
  });
});

it("refuses what makes no sense", () => {
  const good = { batch: 2, features: 3, from: LAYOUTS[0], dtype: "f32", smoothing: 0 } as const;
  const changes = [{ batch: 0 }, { smoothing: 1 }, { smoothing: -0.1 }, { ignored: -1 }];
  for (const change of [...changes, { ignored: 2 ** 32 }]) {
    const problem = { ...good, to: LAYOUTS[0], ...change };
    const refused = expect.objectContaining({ code: "KERNEL_PROBLEM" });
    expect(() => crossEntropyKernel(gpu.report, problem)).toThrow(refused);
    expect(() => crossEntropyGradientKernel(gpu.report, problem)).toThrow(refused);
  }
});
