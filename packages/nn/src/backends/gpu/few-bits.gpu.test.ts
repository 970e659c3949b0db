import { Chain, Pattern } from "@papilio/butterfly";
import {
  CODE_GRIDS,
  dequantizeValues,
  type FewBits,
  quantizeValues,
  type Sizes,
} from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { Parameter } from "../../modules/parameter.ts";
import { gatherVectors } from "../../operations/gather-vectors/operation.ts";
import { denseMatrix, type Matrix } from "../../operations/linear/matrix.ts";
import { linear } from "../../operations/linear/operation.ts";
import { numbers, parameter } from "../../testing/draw.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { CpuModel } from "../cpu/cpu-model.ts";
import { DeviceModel } from "./device-model.ts";
import { ModelMemory } from "./model-memory.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Whole numbers and floating-point ones: the tests of kernels have all types. */
const DTYPES = ["q3", "f8e4m3"] as const;

/** Bytes of a row of 70 inputs: nine units of eight, and three scales. */
const bytesOfRow = (dtype: FewBits): number => 9 * CODE_GRIDS[dtype].bits + 3 * 2;

/** The parameter of the numbers that few bits hold. */
function nearest({ shape, values }: Parameter, sizes: Sizes, dtype: FewBits): Parameter {
  return Parameter.of(shape, dequantizeValues(quantizeValues(values, sizes, dtype)));
}

async function expectNear(
  given: Graph,
  rounded: Graph,
  dtype: FewBits,
  inputs: Record<string, Float32Array | Uint32Array>,
): Promise<DeviceModel> {
  const model = await DeviceModel.compile(gpu, given, { dtype });
  const found = await model.run(inputs);
  const expected = new CpuModel(rounded, { precision: "float64" }).runNow(inputs);
  for (const [name, numbersOf] of Object.entries(expected)) {
    for (const [at, number] of numbersOf.entries()) {
      // Sums of at most 70 products of numbers below 1.01, each rounded once, twice in a chain.
      expect(Math.abs((found[name]?.[at] as number) - number)).toBeLessThan(70 * 72 * 2 ** -23);
    }
  }
  return model;
}

describe.each(DTYPES)("weights in %s on a device", (dtype) => {
  const [vectors, outputs, inputs] = [5, 24, 70];
  const multiplying = (matrix: Matrix, features: number, bias?: Parameter): Graph => {
    const graph = new Graph();
    const x = graph.input("x", { vectors, features });
    graph.output("y", linear(x, matrix, bias ? { bias } : {}));
    return graph;
  };

  it("are those that are nearest, and take as little memory", async () => {
    const [weight, bias] = [parameter([outputs, inputs], 1), parameter([outputs], 2)];
    const rounded = nearest(weight, [1, outputs, inputs, 1], dtype);
    const x = numbers(vectors * inputs, 3);
    using model = await expectNear(
      multiplying(denseMatrix(weight), inputs, bias),
      multiplying(denseMatrix(rounded), inputs, bias),
      dtype,
      { x },
    );
    using full = await DeviceModel.compile(gpu, multiplying(denseMatrix(weight), inputs, bias));
    const saved = outputs * (4 * inputs - bytesOfRow(dtype));
    expect(full.bytes - model.bytes).toBeGreaterThanOrEqual(saved);
  });

  it("of a chain are rounded factor by factor, but for those that are to stay", async () => {
    const chain = Chain.parse("2,3,4,8; 8,4,2,2");
    const factors = ["2,3,4,8", "8,4,2,2"].map((text, index) => {
      const { a, b, c, d } = Pattern.parse(text);
      return parameter([a, b, c, d], index);
    });
    const rounded = factors.map((factor) =>
      nearest(factor, factor.shape as unknown as Sizes, dtype),
    );
    const x = numbers(vectors * 32, 3);
    const given = multiplying({ chain, factors }, 32);
    using model = await expectNear(given, multiplying({ chain, factors: rounded }, 32), dtype, {
      x,
    });
    expect(model.report.dispatches).toBeGreaterThanOrEqual(2);
    const exact = multiplying({ chain, factors, fewBits: false }, 32);
    using _ = await expectNear(exact, exact, dtype, { x });
  });

  it("of a table that is multiplied by too are on the device once", async () => {
    const reading = (weight: Parameter): Graph => {
      const graph = new Graph();
      const tokens = graph.indices("tokens", vectors);
      const read = gatherVectors(weight, tokens);
      graph.output("read", read);
      graph.output("y", linear(read, denseMatrix(weight)));
      return graph;
    };
    const weight = parameter([outputs, inputs], 4);
    const rounded = nearest(weight, [1, outputs, inputs, 1], dtype);
    using memory = new ModelMemory(gpu, dtype);
    using model = await DeviceModel.compile(gpu, reading(weight), { memory });
    expect(memory.bytes).toBeLessThan(1.2 * outputs * bytesOfRow(dtype));
    const tokens = Uint32Array.of(23, 0, 7, 7, 3);
    const { read } = await model.run({ tokens });
    const row = (at: number): Float32Array => rounded.values.slice(at * inputs, (at + 1) * inputs);
    expect([...(read as Float32Array)]).toEqual([...tokens].flatMap((at) => [...row(at)]));
    using _ = await expectNear(reading(weight), reading(rounded), dtype, { tokens });
  });
});
