import { describeConstructions, describePlace } from "@papilio/place-behaviour";
import { describe, expect, it } from "vitest";
import { Chain } from "../pattern/chain.ts";
import { Butterfly } from "./butterfly.ts";
import { compile } from "./compile.ts";
import { ComplexButterfly } from "./complex-butterfly.ts";
import { reference } from "./reference.ts";

describePlace("The reference", async () => ({ place: reference }));

describe("the reference", () => {
  describeConstructions(() => reference);

  const shape = { batch: 2, layout: "batch-first" } as const;

  it("multiplies in double precision too, rounding nothing", async () => {
    const matrix = Butterfly.random(Chain.squareDyadic(8), { seed: 1, dtype: "float64" });
    using weights = await compile(matrix, reference);
    const x = Float64Array.from({ length: 16 }, (_, index) => Math.sin(index));
    const y = await weights.multiply(x, shape);
    expect(y).toBeInstanceOf(Float64Array);
    const dense = matrix.dense();
    for (let row = 0; row < 8; row++) {
      const sum = dense.subarray(8 * row, 8 * row + 8).reduce((s, w, l) => s + w * (x[l] ?? 0), 0);
      expect(y[row]).toBeCloseTo(sum, 14);
    }
  });

  it("holds as many bytes as the values that are stored", async () => {
    const matrix = Butterfly.random(Chain.squareDyadic(8), { seed: 1 });
    using weights = await compile(matrix, reference);
    expect(weights.bytes).toBe(4 * matrix.chain.nonZeros);
    using complex = await compile(ComplexButterfly.fromReal(matrix), reference);
    expect(complex.bytes).toBe(8 * matrix.chain.nonZeros);
  });
});

it("compile refuses what is not a place", async () => {
  const matrix = Butterfly.random(Chain.squareDyadic(8), { seed: 1 });
  for (const place of [undefined, null, "cpu", {}, [], reference.compileMatrix]) {
    const compiled = compile(matrix, place as never);
    await expect(compiled).rejects.toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  }
});
