import { describe, expect, it } from "vitest";
import type { AnyButterfly, PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { withPermutations } from "../matrix/permuted-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import { isComplex } from "../numeric/complex.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { fromBlockTwiddle, fromTwiddle, toBlockTwiddle, toTwiddle } from "./twiddles.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const elements = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);
const draw = (shape: readonly number[], seed: number): Float64Array =>
  Float64Array.from({ length: elements(shape) }, uniform(seed));
const drawComplex = (shape: readonly number[], seed: number): Complex<Float64Array> => ({
  re: draw(shape, seed),
  im: draw(shape, seed + 99),
});

type Numbers = Float64Array | Complex<Float64Array>;
interface Value {
  readonly re: number;
  readonly im: number;
}

const at = (values: Numbers, index: number): Value =>
  isComplex<Float64Array>(values)
    ? { re: values.re[index] as number, im: values.im[index] as number }
    : { re: values[index] as number, im: 0 };

/** One stack of twiddles times a unit vector, as the layers that keep them are defined: level by level. */
function multiplied(
  twiddle: Numbers,
  [, blocks, levels, , , , size = 1]: readonly number[],
  stack: number,
  increasing: boolean,
  unit: number,
): Value[] {
  const [blockCount, levelCount] = [blocks as number, levels as number];
  const n = 2 ** levelCount;
  let x: Value[] = Array.from({ length: n * size }, (_, f) => ({ re: f === unit ? 1 : 0, im: 0 }));
  let rising = increasing;
  for (let block = 0; block < blockCount; block++) {
    for (let level = 0; level < levelCount; level++) {
      const stride = 2 ** (rising ? level : levelCount - 1 - level);
      const next: Value[] = x.map(() => ({ re: 0, im: 0 }));
      for (let pair = 0; pair < n / 2; pair++) {
        const upper = Math.floor(pair / stride) * 2 * stride + (pair % stride);
        for (let entry = 0; entry < 4 * size * size; entry++) {
          const l = entry % size;
          const k = Math.floor(entry / size) % size;
          const j = Math.floor(entry / size ** 2) % 2;
          const i = Math.floor(entry / size ** 2 / 2);
          const index = (((stack * blockCount + block) * levelCount + level) * n) / 2 + pair;
          const w = at(twiddle, index * 4 * size * size + entry);
          const from = x[(upper + j * stride) * size + l] as Value;
          const to = (upper + i * stride) * size + k;
          const sum = next[to] as Value;
          next[to] = {
            re: sum.re + w.re * from.re - w.im * from.im,
            im: sum.im + w.re * from.im + w.im * from.re,
          };
        }
      }
      x = next;
    }
    rising = !rising;
  }
  return x;
}

/** A product of blocks times a unit vector. */
function product(blocks: readonly PermutedButterfly<AnyButterfly>[], unit: number): Value[] {
  const { cols } = blocks[0] as PermutedButterfly<AnyButterfly>;
  let x: Value[] = Array.from({ length: cols }, (_, f) => ({ re: f === unit ? 1 : 0, im: 0 }));
  for (const block of blocks) {
    const dense = block.dense() as Numbers;
    x = x.map((_, row) =>
      x.reduce(
        (sum, value, column) => {
          const w = at(dense, row * cols + column);
          return {
            re: sum.re + w.re * value.re - w.im * value.im,
            im: sum.im + w.re * value.im + w.im * value.re,
          };
        },
        { re: 0, im: 0 },
      ),
    );
  }
  return x;
}

const SHAPES = [
  [2, 3, 3, 4, 2, 2],
  [1, 1, 1, 1, 2, 2],
  [2, 2, 3, 4, 2, 2, 1, 1],
  [1, 3, 2, 2, 2, 2, 3, 3],
  [1, 1, 3, 4, 2, 2, 2, 2],
  [1, 2, 1, 1, 2, 2, 4, 4],
] as const;

describe.each([
  ["real", draw],
  ["complex", drawComplex],
] as const)("a %s twiddle", (_, numbers) => {
  it.each(
    SHAPES.flatMap((shape) => [true, false].map((increasing) => [shape, increasing] as const)),
  )(
    "of the shape %j multiplies as its definition says, and comes back (increasing stride: %s)",
    (shape, increasing) => {
      const values = numbers(shape, 5);
      const twiddle = { shape, values } as { shape: readonly number[]; values: Float64Array };
      const isBlock = shape.length === 8;
      const stacks: readonly (
        | readonly AnyButterfly[]
        | readonly PermutedButterfly<AnyButterfly>[]
      )[] = isBlock ? fromBlockTwiddle(twiddle, increasing) : fromTwiddle(twiddle, increasing);
      for (const [stack, blocks] of stacks.entries()) {
        const permuted = blocks.map(withPermutations);
        for (let unit = 0; unit < (permuted[0]?.cols as number); unit++) {
          const expected = multiplied(values, shape, stack, increasing, unit);
          for (const [row, value] of product(permuted, unit).entries()) {
            expect(value.re).toBeCloseTo(expected[row]?.re as number, 12);
            expect(value.im).toBeCloseTo(expected[row]?.im as number, 12);
          }
        }
      }
      const back = isBlock
        ? toBlockTwiddle(stacks as never, increasing)
        : toTwiddle(stacks as never, increasing);
      expect(back).toEqual(twiddle);
    },
  );
});

describe("twiddles", () => {
  it("are dyadic chains, of the rank of their blocks", () => {
    const [[one]] = fromTwiddle(
      { shape: [1, 1, 3, 4, 2, 2], values: draw([48], 1) },
      true,
    ) as never as [[AnyButterfly]];
    expect(one.chain.toString()).toBe(Chain.squareDyadic(8).toString());
    const shape = [1, 1, 3, 4, 2, 2, 3, 3];
    const [[block]] = fromBlockTwiddle({ shape, values: draw(shape, 1) }, true) as never as [
      [PermutedButterfly<AnyButterfly>],
    ];
    expect(block.matrix.chain.ranks).toEqual([3, 3]);
  });

  it("that are not valid are refused", () => {
    const refused: (() => unknown)[] = [
      () => fromTwiddle({ shape: [1, 1, 3, 3, 2, 2], values: draw([36], 1) }, true),
      () => fromTwiddle({ shape: [1, 1, 3, 4, 2, 2], values: new Float64Array(3) }, true),
      () => fromBlockTwiddle({ shape: [1, 1, 1, 1, 2, 2, 2, 3], values: draw([24], 1) }, true),
      () => toTwiddle([], true),
      () => toBlockTwiddle([], true),
    ];
    const tensor = { shape: [1, 2, 3, 4, 2, 2], values: draw([96], 1) };
    const stacks = fromTwiddle(tensor, true);
    refused.push(() => toTwiddle(stacks, false));
    const complex = fromTwiddle({ ...tensor, values: drawComplex([96], 1) }, true);
    refused.push(() => toTwiddle([[...(stacks[0] ?? []), ...(complex[0] ?? [])]] as never, true));
    const shape = [1, 1, 2, 2, 2, 2, 2, 2];
    const blocks = fromBlockTwiddle({ shape, values: draw(shape, 2) }, true);
    refused.push(() => toBlockTwiddle(blocks, false));
    // Without their permutation.
    const bare = blocks.map((row) => row.map(({ matrix }) => matrix));
    refused.push(() => toBlockTwiddle(bare as never, true));
    refused.push(() => toTwiddle(bare, true));
    for (const call of refused) expect(call).toThrow(code("TENSOR_SHAPE"));
    const parts = { re: draw([48], 1), im: draw([47], 1) };
    const uneven = () => fromTwiddle({ shape: [1, 1, 3, 4, 2, 2], values: parts }, true);
    expect(uneven).toThrow(code("COMPLEX_PARTS"));
  });
});
