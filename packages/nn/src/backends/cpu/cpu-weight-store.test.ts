import { Chain, Pattern } from "@papilio/butterfly";
import {
  CODE_GRIDS,
  decodeHalf,
  dequantizeValues,
  encodeHalf,
  FEW_BITS,
  quantizeValues,
  type Sizes,
} from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { Parameter } from "../../modules/parameter.ts";
import { linear } from "../../operations/linear/operation.ts";
import { difference, numbers, parameter } from "../../testing/draw.ts";
import { CpuModel } from "./cpu-model.ts";
import { CpuWeightStore } from "./cpu-weight-store.ts";

const [VECTORS, INPUTS, OUTPUTS] = [3, 40, 25];

function multiplying(weight: Parameter): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors: VECTORS, features: INPUTS });
  graph.output("y", linear(x, weight));
  return graph;
}

describe("weights in half precision", () => {
  it("take half of the memory, and are those that are nearest", async () => {
    const weight = parameter([OUTPUTS, INPUTS], 1);
    const nearest = Parameter.of([OUTPUTS, INPUTS], decodeHalf(encodeHalf(weight.values)));
    const x = numbers(VECTORS * INPUTS, 2);
    const expected = new CpuModel(multiplying(nearest), { precision: "float64" }).runNow({ x });
    const weights = new CpuWeightStore({ dtype: "f16" });
    using model = new CpuModel(multiplying(weight), { kernels: "wasm", weights });
    const { y } = await model.run({ x });
    const { error } = difference(y as Float32Array, expected.y as Float64Array);
    // Sums of 40 products of numbers below 1, each rounded once.
    expect(error).toBeLessThan(40 * 40 * 2 ** -24);
    expect(weights.bytes).toBe(2 * OUTPUTS * INPUTS);
  });

  it("are refused where one is too large for it", async () => {
    const large = parameter([OUTPUTS, INPUTS], 1).values.with(7, 1e5);
    const weights = new CpuWeightStore({ dtype: "f16" });
    using model = new CpuModel(multiplying(Parameter.of([OUTPUTS, INPUTS], large)), {
      kernels: "wasm",
      weights,
    });
    const x = numbers(VECTORS * INPUTS, 2);
    await expect(model.run({ x })).rejects.toThrow(
      expect.objectContaining({ code: "VALUE_RANGE" }),
    );
  });

  it("are of a precision that there is", () => {
    for (const dtype of ["q9", 16, null]) {
      expect(() => new CpuWeightStore({ dtype } as never)).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID" }),
      );
    }
  });
});

describe.each(FEW_BITS)("weights in %s", (dtype) => {
  it("take the bits of their codes, and a scale for 32 of them, and are those that are nearest", async () => {
    const weight = parameter([OUTPUTS, INPUTS], 1);
    const rounded = quantizeValues(weight.values, [1, OUTPUTS, INPUTS, 1], dtype);
    const nearest = Parameter.of([OUTPUTS, INPUTS], dequantizeValues(rounded));
    const x = numbers(VECTORS * INPUTS, 2);
    const expected = new CpuModel(multiplying(nearest), { precision: "float64" }).runNow({ x });
    const weights = new CpuWeightStore({ dtype });
    using model = new CpuModel(multiplying(weight), { kernels: "wasm", weights });
    const { y } = await model.run({ x });
    const { error } = difference(y as Float32Array, expected.y as Float64Array);
    // Sums of 40 products of numbers below 1.01, each rounded once.
    expect(error).toBeLessThan(40 * 41 * 2 ** -24);
    const bytesOfRow = (INPUTS * CODE_GRIDS[dtype].bits) / 8 + 2 * 2;
    expect(weights.bytes).toBe(4 * Math.ceil((bytesOfRow * OUTPUTS) / 4));
  });

  it("of a chain are rounded factor by factor", async () => {
    const factors = ["2,3,4,8", "8,4,2,2"].map((text, index) => {
      const { a, b, c, d } = Pattern.parse(text);
      return parameter([a, b, c, d], index);
    });
    const chained = (own: readonly Parameter[]): Graph => {
      const graph = new Graph();
      const x = graph.input("x", { vectors: VECTORS, features: 32 });
      graph.output("y", linear(x, { chain: Chain.parse("2,3,4,8; 8,4,2,2"), factors: own }));
      return graph;
    };
    const nearest = factors.map(({ shape, values }) => {
      const rounded = quantizeValues(values, shape as unknown as Sizes, dtype);
      return Parameter.of(shape, dequantizeValues(rounded));
    });
    const x = numbers(VECTORS * 32, 2);
    const expected = new CpuModel(chained(nearest), { precision: "float64" }).runNow({ x });
    const weights = new CpuWeightStore({ dtype });
    using model = new CpuModel(chained(factors), { kernels: "wasm", weights });
    const { y } = await model.run({ x });
    const { error } = difference(y as Float32Array, expected.y as Float64Array);
    expect(error).toBeLessThan(32 * 32 * 2 ** -24);
  });
});
