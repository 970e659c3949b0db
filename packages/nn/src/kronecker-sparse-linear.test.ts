import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { KroneckerSparseLinear } from "./kronecker-sparse-linear.ts";

const pattern = new Pattern(2, 3, 4, 5);

describe("a linear layer on the CPU", () => {
  it("computes W x + bias as the dense matrix does, in both layouts", () => {
    const layer = KroneckerSparseLinear.initialize({ pattern, seed: 1 });
    const { inFeatures, outFeatures } = layer;
    expect([inFeatures, outFeatures]).toEqual([40, 30]);
    const batch = 3;
    const x = Float32Array.from({ length: batch * inFeatures }, (_, index) => Math.sin(index));
    const dense = layer.weight.dense();
    const first = layer.forward(x, { batch, layout: "batch-first" });
    const transposed = Float32Array.from(
      { length: x.length },
      (_, index) => x[(index % batch) * inFeatures + Math.floor(index / batch)] as number,
    );
    const last = layer.forward(transposed, { batch, layout: "batch-last" });
    for (let n = 0; n < batch; n++) {
      for (let row = 0; row < outFeatures; row++) {
        let sum = layer.bias?.[row] as number;
        for (let column = 0; column < inFeatures; column++) {
          sum +=
            (dense[row * inFeatures + column] as number) * (x[n * inFeatures + column] as number);
        }
        expect(first[n * outFeatures + row]).toBe(Math.fround(sum));
        expect(last[row * batch + n]).toBe(first[n * outFeatures + row]);
      }
    }
  });

  it("starts with weights within 1/sqrt(c) and biases within 1/sqrt(inFeatures)", () => {
    const layer = KroneckerSparseLinear.initialize({ pattern: new Pattern(4, 16, 16, 4), seed: 2 });
    const largest = (values: Float32Array): number => Math.max(...values.map(Math.abs));
    // Of so many uniform numbers the largest lies in the upper tenth.
    expect(largest(layer.weight.values) * 4).toBeGreaterThan(0.9);
    expect(largest(layer.weight.values) * 4).toBeLessThanOrEqual(1);
    expect(largest(layer.bias as Float32Array) * 16).toBeGreaterThan(0.9);
    expect(largest(layer.bias as Float32Array) * 16).toBeLessThanOrEqual(1);
    expect(KroneckerSparseLinear.initialize({ pattern, seed: 2, bias: false }).bias).toBeNull();
  });

  it("refuses a bias of the wrong length", () => {
    const weight = KroneckerSparse.random(pattern, { seed: 0 });
    expect(() => new KroneckerSparseLinear(weight, new Float32Array(29))).toThrow(
      expect.objectContaining({ code: "BIAS_LENGTH" }),
    );
  });
});
