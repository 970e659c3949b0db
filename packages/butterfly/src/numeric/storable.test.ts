import { describe, expect, it } from "vitest";
import { relativeError } from "../factorization/relative-error.ts";
import { loadButterflies, saveButterflies } from "../files/butterfly-file.ts";
import { npyValues, readNpy, writeNpy } from "../files/npy.ts";
import {
  readSafetensors,
  type TensorToWrite,
  toReal,
  writeSafetensors,
} from "../files/safetensors.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { AnyButterfly, PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import type { FloatArray } from "./float-array.ts";

const range = (message: RegExp): unknown =>
  expect.objectContaining({ code: "VALUE_RANGE", message: expect.stringMatching(message) });

const tensor = (dtype: TensorToWrite["dtype"], ...values: number[]): TensorToWrite => ({
  name: "layer.weight",
  dtype,
  shape: [values.length],
  values: Float64Array.from(values),
});

describe("a number that a type does not hold", () => {
  // The least numbers that IEEE 754 rounds to infinity, and the doubles before them.
  it.each([
    ["F16", 65520, 65519.99999999999, 65504],
    ["F32", 3.4028235677973366e38, 3.4028235677973362e38, 3.4028234663852886e38],
    ["BF16", 3.3961775292304601e38, 3.39617742e38, 3.3895313892515355e38],
  ] as const)(
    "is refused as %s with its tensor, its index and its value",
    (dtype, least, below, largest) => {
      for (const value of [least, -least, 1e300]) {
        expect(() => writeSafetensors([tensor(dtype, 1, 2, value)])).toThrow(
          range(
            new RegExp(`"layer.weight" has .*${value === 1e300 ? "1e\\+300" : ""}.* at index 2`),
          ),
        );
      }
      const bytes = writeSafetensors([tensor(dtype, below, -below)]);
      const read = toReal(readSafetensors(bytes).tensors.get("layer.weight") as never, "float64");
      expect([...read]).toEqual([largest, -largest]);
    },
  );

  it("may be infinite or NaN already", () => {
    for (const dtype of ["F16", "F32", "BF16"] as const) {
      const bytes = writeSafetensors([
        tensor(dtype, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      ]);
      const read = toReal(readSafetensors(bytes).tensors.get("layer.weight") as never, "float64");
      expect([...read]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    }
  });

  it.each([
    ["I32", 2 ** 31],
    ["I32", -(2 ** 31) - 1],
    ["I32", 0.5],
    ["I32", Number.NaN],
    ["U32", -1],
    ["U32", 2 ** 32],
  ] as const)("is refused as %s: %d", (dtype, value) => {
    expect(() => writeSafetensors([tensor(dtype, 0, value)])).toThrow(range(/index 1/));
  });

  it("is refused in either part of a complex tensor", () => {
    const [small, large] = [Float64Array.of(1), Float64Array.of(1e39)];
    for (const values of [
      { re: small, im: large },
      { re: large, im: small },
    ]) {
      expect(() => writeSafetensors([{ name: "c", dtype: "C64", shape: [1], values }])).toThrow(
        range(/"c" has 1e\+39 at index 0/),
      );
    }
  });

  it("is refused when it is read in single precision", () => {
    const file = readSafetensors(writeSafetensors([tensor("F64", 1, 1e39)]));
    const found = file.tensors.get("layer.weight") as never;
    expect(() => toReal(found, "float32")).toThrow(range(/"layer.weight" has 1e\+39 at index 1/));
    expect([...toReal(found, "float64")]).toEqual([1, 1e39]);
    const npy = readNpy(writeNpy(Float64Array.of(1e39), [1]));
    expect(() => npyValues(npy, "float32")).toThrow(range(/1e\+39 at index 0/));
  });

  it("is refused when a factor is converted, and when factors are multiplied out", () => {
    const factor = new KroneckerSparse(Pattern.parse("1,1,1,1"), Float64Array.of(-4e38));
    expect(() => factor.convert("float32")).toThrow(range(/pattern 1,1,1,1.* -4e\+38 at index 0/));
    const single = new KroneckerSparse(Pattern.parse("1,1,1,1"), Float32Array.of(1e30));
    expect(() => new Butterfly([single, single]).merge(0, 2)).toThrow(
      range(/1\.0+3\d*e\+60 at index 0/),
    );
  });
});

/** Two factors whose product is ordinary, one of them times `scale` and the other over it. */
function unbalanced(scale: number): Butterfly<Float64Array> {
  const [p, q] = Butterfly.random(Chain.monarch(16), { seed: 3, dtype: "float64" }).factors;
  return new Butterfly([
    (p as KroneckerSparse<Float64Array>).map((values) => values.map((value) => value * scale)),
    (q as KroneckerSparse<Float64Array>).map((values) => values.map((value) => value / scale)),
  ]);
}

const stored = (
  matrix: AnyButterfly,
  dtype: "F32" | "F16" | "BF16",
): PermutedButterfly<AnyButterfly> =>
  loadButterflies(saveButterflies({ w: matrix }, { dtype }), "float64").get("w") as never;

describe("a butterfly stored in a narrow type", () => {
  it.each([
    ["F16", 2 ** 30, 2 ** -11],
    ["F16", 2 ** -24, 2 ** -11],
    ["BF16", 2 ** 130, 2 ** -8],
    ["BF16", 2 ** -200, 2 ** -8],
    ["F32", 2 ** 130, 2 ** -24],
    ["F32", 1e-170, 2 ** -24],
  ] as const)(
    "as %s with a factor of scale %d has the error of rounding alone",
    async (dtype, scale, unit) => {
      const matrix = unbalanced(scale);
      const dense = matrix.dense();
      const read = stored(matrix, dtype);
      // Each of two factors is rounded to a relative `unit`, and the product of orthonormal-like blocks of
      // 4 entries magnifies that by less than 4.
      expect(await relativeError(dense, read)).toBeLessThan(8 * unit);
      const product = read.dense() as Float64Array;
      const squares = (values: Iterable<number>): number =>
        [...values].reduce((sum, value) => sum + value * value, 0);
      const byHand = Math.sqrt(
        squares(dense.map((value, index) => value - (product[index] as number))) / squares(dense),
      );
      expect(await relativeError(dense, read)).toBeCloseTo(byHand, 12);
    },
  );

  it("is what it was where its values fit", () => {
    const matrix = Butterfly.random(Chain.squareDyadic(16), { seed: 1 });
    const read = stored(matrix, "F32");
    for (const [index, factor] of matrix.factors.entries()) {
      expect((read.matrix.factors[index] as KroneckerSparse<FloatArray>).values).toEqual(
        Float64Array.from(factor.values),
      );
    }
  });

  it("is balanced in both parts of complex factors alike", async () => {
    const real = unbalanced(2 ** 40);
    const matrix = new ComplexButterfly(ComplexButterfly.fromReal(real).factors);
    const read = stored(matrix, "F16");
    const dense = { re: real.dense(), im: new Float64Array(256) };
    expect(await relativeError(dense, read)).toBeLessThan(8 * 2 ** -11);
  });

  it("is refused where no balance helps, with the factor", () => {
    const matrix = Butterfly.random(Chain.monarch(16), { seed: 3, dtype: "float64" });
    const large = new Butterfly(
      matrix.factors.map((factor) => factor.map((values) => values.map((value) => value * 1e6))),
    );
    expect(() => stored(large, "F16")).toThrow(
      range(/^Factor 0 of the butterfly has .* index \d+/),
    );
  });

  it("reports what became zero in its error", async () => {
    const matrix = Butterfly.random(Chain.monarch(16), { seed: 3, dtype: "float64" });
    const tiny = new Butterfly(
      matrix.factors.map((factor) => factor.map((values) => values.map((value) => value * 1e-9))),
    );
    expect(await relativeError(tiny.dense(), stored(tiny, "F16"))).toBeCloseTo(1, 14);
  });
});
