import { Butterfly, Chain, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import type { Parameter } from "../modules/parameter.ts";
import { difference, numbers } from "../testing/draw.ts";
import { ButterflyLinear, dyadic, monarch, products } from "./butterfly-linear.ts";
import { KroneckerSparseLinear } from "./kronecker-sparse-linear.ts";
import { Linear } from "./linear.ts";
import type { LinearLayer } from "./linear-layer.ts";

const VECTORS = 3;

function run(layer: LinearLayer, x: Float32Array): Float64Array {
  const graph = new Graph();
  const input = graph.input("x", { vectors: VECTORS, features: layer.inFeatures });
  graph.output("y", layer.forward(input));
  return new CpuModel(graph, { precision: "float64" }).runNow({ x }).y as Float64Array;
}

/** `x W^T + bias` for a dense `[rows, cols]`. */
function dense(
  x: Float32Array,
  weight: ArrayLike<number>,
  cols: number,
  bias: Float32Array | undefined,
): Float64Array {
  const rows = weight.length / cols;
  return Float64Array.from({ length: VECTORS * rows }, (_, index) => {
    const [vector, row] = [Math.floor(index / rows), index % rows];
    let sum = bias?.[row] ?? 0;
    for (let column = 0; column < cols; column++) {
      sum += (weight[row * cols + column] as number) * (x[vector * cols + column] as number);
    }
    return sum;
  });
}

function expectSame(actual: Float64Array, expected: Float64Array): void {
  const { error, magnitude } = difference(Float32Array.from(actual), Float32Array.from(expected));
  expect(magnitude).toBeGreaterThan(0);
  expect(error).toBeLessThan(1e-5 * Math.max(1, magnitude));
}

describe("linear layers on the CPU", () => {
  it("multiply by a dense weight", () => {
    const layer = new Linear({ inFeatures: 7, outFeatures: 5, seed: 1 });
    const x = numbers(VECTORS * 7, 2);
    expectSame(run(layer, x), dense(x, layer.weight.values, 7, layer.bias?.values));
    expect([...layer.namedParameters().keys()]).toEqual(["weight", "bias"]);
  });

  it("multiply by a Kronecker-sparse weight", () => {
    const pattern = new Pattern(2, 3, 4, 5);
    const layer = new KroneckerSparseLinear({ weight: pattern, seed: 1 });
    expect([layer.inFeatures, layer.outFeatures]).toEqual([40, 30]);
    const x = numbers(VECTORS * 40, 2);
    const factor = new KroneckerSparse(pattern, layer.weight.values);
    expectSame(run(layer, x), dense(x, factor.dense(), 40, layer.bias?.values));
  });

  it("multiply by a chain, permuted, padded and cut", () => {
    const chain = Chain.monarch({ rows: 24, cols: 16, blocks: 4 });
    const weight = Butterfly.random(chain, { seed: 3 });
    const right = Uint32Array.from({ length: 16 }, (_, p) => (p * 5) % 16);
    const left = Uint32Array.from({ length: 24 }, (_, p) => (p * 7) % 24);
    const layer = new ButterflyLinear({ weight, left, right, inFeatures: 13, outFeatures: 20 });
    const matrix = weight.dense();
    const expected = new Float64Array(20 * 13);
    for (let row = 0; row < 20; row++) {
      for (let p = 0; p < 16; p++) {
        const column = right[p] as number;
        // Columns from 13 on are padding.
        if (column < 13)
          expected[row * 13 + column] = matrix[(left[row] as number) * 16 + p] as number;
      }
    }
    const x = numbers(VECTORS * 13, 4);
    expectSame(run(layer, x), dense(x, expected, 13, layer.bias?.values));
  });

  it("multiply by a product that is not a chain, run by run", () => {
    const layer = new ButterflyLinear({ weight: "1,128,128,3; 6,64,256,1", seed: 5 });
    expect(layer.matrices.map(({ chain }) => chain.toString())).toEqual([
      "1,128,128,3",
      "6,64,256,1",
    ]);
    const given = Butterfly.random(Chain.parse("1,128,128,3; 6,64,256,1"), { seed: 5 });
    expect(
      new ButterflyLinear({ weight: given }).matrices.map(({ chain }) => String(chain)),
    ).toEqual(["1,128,128,3", "6,64,256,1"]);
    const [left, right] = layer.matrices.map(({ chain, factors }) => {
      const [pattern, values] = [chain.patterns[0] as Pattern, (factors[0] as Parameter).values];
      return new KroneckerSparse(pattern, values);
    }) as [KroneckerSparse, KroneckerSparse];
    const x = numbers(VECTORS * 1536, 6);
    const shape = { batch: VECTORS, layout: "batch-first" } as const;
    const product = referenceProduct(
      left,
      referenceProduct(right, Float64Array.from(x), shape),
      shape,
    );
    const bias = layer.bias?.values as Float32Array;
    expectSame(
      run(layer, x),
      product.map((value, index) => value + (bias[index % 384] as number)),
    );
  });

  it("start within the published bounds, the same for the same seed", () => {
    const largest = (parameter: Parameter | undefined): number =>
      Math.max(...(parameter?.values ?? []).map(Math.abs));
    const sparse = new KroneckerSparseLinear({ weight: new Pattern(4, 16, 16, 4), seed: 2 });
    expect(largest(sparse.weight) * 4).toBeGreaterThan(0.9);
    expect(largest(sparse.weight) * 4).toBeLessThanOrEqual(1);
    const layer = new Linear({ inFeatures: 256, outFeatures: 64, seed: 9 });
    expect(largest(layer.weight) * 16).toBeGreaterThan(0.9);
    expect(largest(layer.weight) * 16).toBeLessThanOrEqual(1);
    expect(largest(layer.bias) * 16).toBeGreaterThan(0.5);
    expect(largest(layer.bias) * 16).toBeLessThanOrEqual(1);
    const again = new Linear({ inFeatures: 256, outFeatures: 64, seed: 9 });
    expect(again.weight.values).toEqual(layer.weight.values);
    expect(again.bias?.values).not.toEqual(layer.weight.values.subarray(0, 64));
  });
});

describe("makers of layers", () => {
  it("make Monarch, dyadic and listed products of a shape", () => {
    const shape = { inFeatures: 384, outFeatures: 1536 };
    expect(monarch()(shape)).toMatchObject(shape);
    expect(monarch({ rank: 2 })(shape).weightCount).toBe(2 * monarch()(shape).weightCount);
    const prime = { inFeatures: 1433, outFeatures: 16 };
    const [matrix] = monarch()(prime).matrices;
    const { chain } = matrix as NonNullable<typeof matrix>;
    expect(monarch()(prime)).toMatchObject(prime);
    expect(chain.rows).toBeGreaterThanOrEqual(16);
    expect(chain.cols).toBeGreaterThanOrEqual(1433);
    expect(chain.nonZeros).toBeLessThan((1433 * 16) / 4);
    expect(() => monarch({ blocks: 4 })(prime)).toThrow(
      expect.objectContaining({ code: "CHAIN_SIZE" }),
    );
    const padded = dyadic({ inFeatures: 100, outFeatures: 70 });
    expect(padded).toMatchObject({ inFeatures: 100, outFeatures: 70 });
    expect(padded.weightCount).toBe(2 * 7 * 128);
    const listed = products(["1,768,192,2; 6,64,64,1"]);
    expect(listed(shape).weightCount).toBe(768 * 192 * 2 + 6 * 64 * 64);
    expect(() => listed({ inFeatures: 3, outFeatures: 4 })).toThrow(
      expect.objectContaining({ code: "LINEAR_SHAPE" }),
    );
    const otherwise = products(
      [],
      ({ inFeatures, outFeatures }) => new Linear({ inFeatures, outFeatures }),
    );
    expect(otherwise(shape)).toBeInstanceOf(Linear);
  });

  it("refuse products that do not fit", () => {
    const refused = expect.objectContaining({ code: "LINEAR_SHAPE" });
    expect(() => new ButterflyLinear({ weight: "1,2,2,4; 2,3,3,1" })).toThrow(refused);
    expect(() => new ButterflyLinear({ weight: [] })).toThrow(refused);
    const weight = Chain.squareDyadic(8);
    expect(() => new ButterflyLinear({ weight, inFeatures: 9 })).toThrow(refused);
    expect(() => new ButterflyLinear({ weight, outFeatures: 0 })).toThrow(refused);
  });
});
