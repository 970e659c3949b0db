import { describe, expect, it } from "vitest";
import { draw, drawIndices, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectSame, expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { type CrossEntropyProblem, crossEntropy, crossEntropyGradient } from "./cross-entropy.ts";
import { labelWeights } from "./label-weights.ts";

const INFINITY = Number.POSITIVE_INFINITY;
const SIZES = [1, 5, 128, 300, 1100];

/** In float64, by the definition; and how far float32 may be from it. */
function exact(
  { features, smoothing, ignored }: CrossEntropyProblem,
  x: Float32Array,
  labels: Uint32Array,
  gradients: Float32Array,
) {
  const [loss, lossBounds] = [new Float64Array(labels.length), new Float64Array(labels.length)];
  const [dx, bounds] = [new Float64Array(x.length), new Float64Array(x.length)];
  labels.forEach((label, vector) => {
    if (label === ignored || label >= features) return;
    const start = vector * features;
    const logits = [...x.subarray(start, start + features)];
    const most = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    const distances = logits.map((logit) => most - logit);
    const far = Math.max(...distances.filter(Number.isFinite));
    // Runs of 128 features are added, then the runs, whose sums are scaled; of a power its argument and 1.5 ulp.
    const sumError = UNIT * (Math.min(features, 128) + (features / 128) * (8 + far) + far + 8);
    const all = distances.reduce((sum, distance) => sum + distance, 0);
    const smoothed = smoothing > 0 ? (smoothing / features) * all : 0;
    const wanted = (1 - smoothing) * (most - (logits[label] as number));
    loss[vector] = Math.log(total) + wanted + smoothed;
    lossBounds[vector] =
      sumError +
      3 * UNIT * Math.log(total) +
      8 * UNIT * wanted +
      UNIT * (128 + features / 32) * smoothed +
      SMALLEST;
    logits.forEach((logit, f) => {
      const share = Math.exp(logit - most) / total;
      const target = smoothing / features + (f === label ? 1 - smoothing : 0);
      const gradient = gradients[vector] as number;
      dx[start + f] = gradient * (share - target);
      const argument = share === 0 ? 0 : (Math.abs(logit - most) + 8) * UNIT;
      bounds[start + f] =
        Math.abs(gradient) *
        (share * (sumError + argument) + 4 * UNIT * (share + target) + SMALLEST);
    });
  });
  return { loss, lossBounds, dx, bounds };
}

function check(problem: CrossEntropyProblem, x: Float32Array, labels: Uint32Array): void {
  const gradients = draw(labels.length, 11);
  const right = exact(problem, x, labels, gradients);
  for (const simd of BOTH_SIMDS) {
    const options = { simd, order: "backwards" } as const;
    const { loss } = runKernel(crossEntropy(problem), { x, labels }, options);
    expectWithin(loss, right.loss, (index) => right.lossBounds[index] as number);
    const operands = { x, labels, loss: gradients };
    const { dx } = runKernel(crossEntropyGradient(problem), operands, options);
    expectWithin(dx, right.dx, (index) => right.bounds[index] as number);
  }
}

describe.each([0, 0.1])("smoothed by %d", (smoothing) => {
  it.each(VECTOR_COUNTS)("of %d vectors", (vectors) => {
    for (const features of SIZES) {
      const x = draw(vectors * features, features).map((number) => 20 * number);
      const labels = drawIndices(vectors, features, 4);
      check({ vectors, features, smoothing }, x, labels);
    }
  });

  it("of logits that are large, that grow along the vector, and that are minus infinity", () => {
    const features = 400;
    for (const vectors of [1, 5, 18]) {
      const labels = drawIndices(vectors, features, 4);
      const growing = Float32Array.from({ length: vectors * features }, (_, at) => at % features);
      check({ vectors, features, smoothing }, growing, labels);
      const large = draw(vectors * features, 2).map((number) => 1e5 + 8 * number);
      check({ vectors, features, smoothing }, large, labels);
      if (smoothing > 0) continue;
      const masked = growing.map((number) => (number < 200 ? -INFINITY : number / 40));
      const problem = { vectors, features, smoothing };
      check(problem, masked, new Uint32Array(vectors).fill(399));
    }
  });

  it("is 0, and so is its gradient, where the label is ignored or no class, whatever the logits", () => {
    for (const vectors of [1, 6, 21]) {
      const x = draw(vectors * 7, 3);
      const labels = Uint32Array.from({ length: vectors }, (_, at) => [3, 2, 7, 99][at % 4] ?? 0);
      check({ vectors, features: 7, smoothing, ignored: 3 }, x, labels);
      check({ vectors, features: 7, smoothing, ignored: 7 }, x, labels);
      check({ vectors, features: 7, smoothing }, x, labels);
    }
    const nan = new Float32Array(14).fill(Number.NaN);
    const problem = { vectors: 2, features: 7, smoothing };
    const operands = { x: nan, labels: Uint32Array.of(0, 7), loss: Float32Array.of(1, 1) };
    expectSame(runKernel(crossEntropy(problem), operands).loss, [Number.NaN, 0]);
    const { dx } = runKernel(crossEntropyGradient(problem), operands);
    expectSame(dx, [...Array(7).fill(Number.NaN), ...Array(7).fill(0)]);
  });
});

it("is NaN of logits that have no softmax, and infinite where the label has no share", () => {
  for (const vectors of [1, 3]) {
    const losses = (logits: readonly number[]): unknown => {
      const problem = { vectors, features: 3, smoothing: 0 };
      const x = Float32Array.from({ length: 3 * vectors }, (_, at) => logits[at % 3] as number);
      return runKernel(crossEntropy(problem), { x, labels: new Uint32Array(vectors) }).loss?.[0];
    };
    expect(losses([-INFINITY, -INFINITY, -INFINITY])).toBeNaN();
    expect(losses([INFINITY, 0, 0])).toBeNaN();
    expect(losses([0, 0, Number.NaN])).toBeNaN();
    expect(losses([-INFINITY, 0, 0])).toBe(INFINITY);
    expect(losses([3e38, -3e38, 0])).toBe(0);
  }
});

describe("the weights of labels", () => {
  it.each(VECTOR_COUNTS)("of %d vectors make the mean of those that count", (vectors) => {
    const labels = Uint32Array.from({ length: vectors }, (_, at) => (at * 5) % 7);
    const counts = Array.from(labels, (label) => label !== 3 && label < 5);
    const counted = counts.filter(Boolean).length;
    const call = labelWeights({ vectors, classes: 5, ignored: 3 });
    const expected = counts.map((each) => (each ? vectors / counted : 0));
    expectWithin(runKernel(call, { labels }).y, expected, (index) => UNIT * (expected[index] ?? 0));
  });

  it("are 0 where no label counts", () => {
    const call = labelWeights({ vectors: 5, classes: 2 });
    expectSame(runKernel(call, { labels: new Uint32Array(5).fill(2) }).y, [0, 0, 0, 0, 0]);
  });
});

it("refuses problems that make no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const good = { vectors: 2, features: 3, smoothing: 0, ignored: 1 };
  const changes = [{ vectors: 0 }, { features: 0.5 }, { smoothing: 1 }, { smoothing: -0.1 }];
  for (const change of [...changes, { ignored: -1 }, { ignored: 2 ** 32 }, { smoothing: "0" }]) {
    expect(() => crossEntropy({ ...good, ...change } as never)).toThrow(refused);
    expect(() => crossEntropyGradient({ ...good, ...change } as never)).toThrow(refused);
  }
  expect(() => labelWeights({ vectors: 2, classes: 0 })).toThrow(refused);
  expect(() => labelWeights({ vectors: 2, classes: 2, ignored: 0.5 })).toThrow(refused);
});
