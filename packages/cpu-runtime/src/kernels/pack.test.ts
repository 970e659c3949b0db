import { Pattern } from "@papilio/butterfly";
import { UNSHARED } from "@papilio/butterfly/matrix";
import { encodeHalf } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { packWeights } from "../testing/pack-weights.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { pack } from "./pack.ts";
import { layOutWeights } from "./packed-weights.ts";

const count = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => index);

it("values are packed in groups of six, four, two outputs and one", () => {
  for (const [outputs, groups] of [
    [1, [1]],
    [2, [2]],
    [3, [2, 1]],
    [5, [4, 1]],
    [8, [4, 4]],
    [9, [4, 4, 1]],
    [13, [6, 6, 1]],
    [16, [6, 6, 4]],
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
    const operands = { values: given, weights: apart, overflow: new Float32Array(1) };
    apart = runKernel(call, operands).weights as Float32Array<ArrayBuffer>;
  }
  expect(apart).toEqual(packed);
});

it("rows that there are not are refused, and stages", () => {
  const pattern = new Pattern(1, 4, 2, 1);
  const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }]);
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const bad of [{ firstRow: -1 }, { firstRow: 4 }, { rows: 0 }, { firstRow: 2, rows: 3 }]) {
    expect(() => pack({ weights, stage: 0, ...bad })).toThrow(refused);
  }
  expect(() => pack({ weights, stage: 1 })).toThrow(refused);
});
