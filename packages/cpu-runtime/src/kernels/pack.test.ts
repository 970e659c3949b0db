import { Pattern } from "@papilio/butterfly";
import { type Sharing, UNSHARED } from "@papilio/butterfly/matrix";
import { encodeHalf } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { packWeights } from "../testing/pack-weights.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { pack } from "./pack.ts";
import { layOutWeights, type StagePattern, type WeightDtype } from "./packed-weights.ts";

/** Rows of a transposed stage lie apart. */
const SOME = { rows: 2, transposed: true };
const count = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => index);

it("values are packed in groups of six, four, two outputs and one", () => {
  for (const [outputs, groups] of [
    [1, [1]],
    [2, [2]],
    [3, [2, 1]],
    [5, [4, 1]],
    [8, [4, 4]],
    [9, [4, 4, 1]],
    [13, [4, 4, 4, 1]],
    [14, [6, 4, 4]],
    [12, [4, 4, 4]],
    [16, [4, 4, 4, 4]],
    [18, [6, 6, 6]],
    [20, [6, 6, 4, 4]],
    [23, [6, 6, 6, 4, 1]],
  ] as const) {
    const inputs = 3;
    const pattern = new Pattern(1, outputs, inputs, 1);
    const values = count(outputs * inputs);
    const expected: number[] = [];
    let first = 0;
    for (const size of groups) {
      for (let l = 0; l < inputs; l++) {
        for (let o = first; o < first + size; o++) expected.push(values[o * inputs + l] as number);
      }
      first += size;
    }
    const stage = { pattern, sharing: UNSHARED };
    const single = packWeights(layOutWeights(pattern, [stage]), [values]).packed;
    expect([...single]).toEqual(expected);
    const half = packWeights(layOutWeights(pattern, [stage], "f16"), [values]).packed;
    const bits = new Uint16Array(half.buffer, half.byteOffset, expected.length);
    expect(bits).toEqual(encodeHalf(Float32Array.from(expected)));
  }
});

it("some rows at a time give what all of them at once do", () => {
  const pattern = new Pattern(3, 10, 4, 2);
  const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }]);
  const values = count(pattern.nonZeros);
  const { packed } = packWeights(weights, [values]);
  let apart = new Float32Array(packed.length);
  for (let firstRow = 0; firstRow < 30; firstRow += 7) {
    const rows = Math.min(7, 30 - firstRow);
    const call = pack({ weights, stage: 0, firstRow, rows });
    const given = values.subarray(8 * firstRow, 8 * (firstRow + rows));
    const operands = { values: given, weights: apart };
    apart = runKernel(call, operands).weights as Float32Array<ArrayBuffer>;
  }
  expect(apart).toEqual(packed);
});

/** The pass, its stages in the order in which they are applied, what they share, and the dtype. */
const TRANSPOSED: readonly [string, readonly string[], Sharing, WeightDtype][] = [
  ["1,23,7,1", ["1,23,7,1"], UNSHARED, "f32"],
  ["1,1,9,1", ["1,1,9,1"], UNSHARED, "f32"],
  ["3,10,5,1", ["3,10,5,1"], UNSHARED, "f32"],
  ["3,13,4,5", ["3,13,4,5"], UNSHARED, "f32"],
  ["2,6,1,3", ["2,6,1,3"], UNSHARED, "f32"],
  ["3,8,5,2", ["3,8,5,2"], { a: true, d: false }, "f32"],
  ["3,8,5,2", ["3,8,5,2"], { a: true, d: true }, "f32"],
  ["2,12,12,2", ["8,3,3,2", "2,4,4,6"], UNSHARED, "f32"],
  ["1,9,6,1", ["1,9,6,1"], UNSHARED, "f16"],
  ["2,5,7,3", ["2,5,7,3"], UNSHARED, "f16"],
];

it.each(BOTH_SIMDS)("a transposed stage is packed out of the numbers of the other (%s)", (simd) => {
  for (const [pass, list, sharing, dtype] of TRANSPOSED) {
    const stages: StagePattern[] = list.map((text) => ({ pattern: Pattern.parse(text), sharing }));
    const weights = layOutWeights(Pattern.parse(pass), stages, dtype);
    // Inexact in half precision, too.
    const values = weights.stages.map(({ numbers }) => count(numbers).map((n) => n * 1.37 - 5));
    const expected = packWeights(weights, values).packed;
    let packed = new Float32Array(expected.length);
    values.forEach((array, stage) => {
      const { pattern } = stages[stage] as StagePattern;
      const stored = [sharing.a ? 1 : pattern.a, pattern.b, pattern.c, sharing.d ? 1 : pattern.d];
      const call = pack({ weights, stage, transposed: true });
      const overflow = dtype === "f16" ? { overflow: new Float32Array(1) } : {};
      const operands = { values: swapMiddle(array, stored), weights: packed, ...overflow };
      packed = runKernel(call, operands, { simd }).weights as Float32Array<ArrayBuffer>;
    });
    expect(new Uint32Array(packed.buffer)).toEqual(new Uint32Array(expected.buffer));
  }
});

it("several items of a transposed stage are what its items make one by one", () => {
  const pattern = new Pattern(1, 200, 410, 1);
  const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }]);
  const values = count(pattern.nonZeros);
  const call = pack({ weights, stage: 0, transposed: true });
  expect(call.items).toBeGreaterThan(1);
  const operands = {
    values: swapMiddle(values, [1, 200, 410, 1]),
    weights: new Float32Array(pattern.nonZeros),
  };
  const { weights: packed } = runKernel(call, operands, { order: "backwards" });
  expect(packed).toEqual(packWeights(weights, [values]).packed);
});

/** `[a, c, b, d]` out of `[a, b, c, d]`. */
function swapMiddle(values: Float32Array, sizes: readonly number[]): Float32Array {
  const [a = 1, b = 1, c = 1, d = 1] = sizes;
  const swapped = new Float32Array(values.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) {
          swapped[((i * c + l) * b + j) * d + k] = values[((i * b + j) * c + l) * d + k] as number;
        }
      }
    }
  }
  return swapped;
}

it("rows that there are not are refused, and stages", () => {
  const pattern = new Pattern(1, 4, 2, 1);
  const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }]);
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const bad of [
    { firstRow: -1 },
    { firstRow: 4 },
    { rows: 0 },
    { firstRow: 2, rows: 3 },
    SOME,
  ]) {
    expect(() => pack({ weights, stage: 0, ...bad })).toThrow(refused);
  }
  expect(() => pack({ weights, stage: 1 })).toThrow(refused);
});
