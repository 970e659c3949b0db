import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { referenceProduct } from "../matrix/reference-product.ts";
import { draw, errorOf } from "../testing/matrix-entries.ts";
import { boftRotation, cayleyTransform, oftRotation } from "./index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** What NumPy found, by `testing/make-rotations.py`. */
interface Found {
  readonly size: number;
  readonly factors: number;
  readonly blocks: number[];
  readonly x: number[];
  readonly halves: number[];
  readonly pairs?: number[];
}
const file = join(import.meta.dirname, "testing/rotations.json");
const found = JSON.parse(readFileSync(file, "utf8")) as Found[];

/** Entry `[i, j]` of level `level`: that of the block which both features meet, zero where they meet others. */
function entryOf(blocks: Float64Array, n: number, size: number, order: string, level: number) {
  const half = size / 2;
  const place = (feature: number): [block: number, element: number] => {
    const [upper, rest] = [
      Math.floor(feature / (size * 2 ** level)),
      feature % (size * 2 ** level),
    ];
    const [side, within] = [Math.floor(rest / (half * 2 ** level)), rest % (half * 2 ** level)];
    const [lower, position] = [Math.floor(within / half), within % half];
    const element = order === "halves" ? side * half + position : position * 2 + side;
    return [upper * 2 ** level + lower, element];
  };
  return (i: number, j: number): number => {
    const [[block, row], [other, column]] = [place(i), place(j)];
    const at = ((level * n) / size + block) * size * size + row * size + column;
    return block === other ? (blocks[at] as number) : 0;
  };
}

/** The product of all levels, multiplied out. */
function levelsOf(
  blocks: Float64Array,
  n: number,
  size: number,
  factors: number,
  order: string,
): Float64Array {
  let whole = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  for (let level = 0; level < factors; level++) {
    const entry = entryOf(blocks, n, size, order, level);
    const next = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const value = entry(i, j);
        if (value === 0) continue;
        for (let c = 0; c < n; c++) {
          next[i * n + c] = (next[i * n + c] as number) + value * (whole[j * n + c] as number);
        }
      }
    }
    whole = next;
  }
  return whole;
}

describe("Cayley transforms", () => {
  it("are orthogonal, and (I - S)(I + S)^-1", () => {
    for (const size of [1, 2, 3, 4, 8, 32]) {
      const blocks = draw(3 * size * size, size).map((value) => 3 * value);
      const rotated = cayleyTransform(blocks, size);
      for (let block = 0; block < 3; block++) {
        const q = rotated.subarray(block * size * size, (block + 1) * size * size);
        const x = blocks.subarray(block * size * size, (block + 1) * size * size);
        const sum = (i: number, term: (k: number) => number): number =>
          Array.from({ length: size }, (_, k) => term(k)).reduce((total, one) => total + one, i);
        const skew = (i: number, j: number): number =>
          ((x[i * size + j] as number) - (x[j * size + i] as number)) / 2;
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const one = i === j ? 1 : 0;
            const row = (k: number): number => q[i * size + k] as number;
            const product = sum(0, (k) => row(k) * (q[j * size + k] as number));
            expect(Math.abs(product - one)).toBeLessThan(1e-13);
            const times = sum(0, (k) => row(k) * ((k === j ? 1 : 0) + skew(k, j)));
            expect(Math.abs(times - (one - skew(i, j)))).toBeLessThan(1e-13 * size);
          }
        }
      }
    }
  });

  it("stay orthogonal for blocks of any magnitude", () => {
    for (const scale of [1e-300, 1e-8, 1e8, 1e300, Number.MAX_VALUE]) {
      const blocks = draw(16, 3).map((value) => value * scale);
      const q = cayleyTransform(blocks, 4);
      for (let i = 0; i < 4; i++) {
        const length = q.subarray(4 * i, 4 * i + 4).reduce((sum, value) => sum + value * value, 0);
        expect(Math.abs(length - 1)).toBeLessThan(1e-13);
      }
    }
  });

  it("refuse what is no block of finite numbers", () => {
    expect(() => cayleyTransform(new Float64Array(6), 2)).toThrow(code("CONSTRUCTION_SIZE"));
    expect(() => cayleyTransform(new Float64Array(0), 2)).toThrow(code("CONSTRUCTION_SIZE"));
    expect(() => cayleyTransform(new Float64Array(4), 0)).toThrow(code("OPTION_INVALID"));
    expect(() => cayleyTransform(new Float64Array(4), 2 ** 30)).toThrow(code("CONSTRUCTION_SIZE"));
    expect(() => cayleyTransform(Float32Array.of(0, Number.NaN, 1, 2), 2)).toThrow(
      code("MATRIX_NOT_FINITE"),
    );
  });
});

describe("rotations of orthogonal finetuning", () => {
  it("are the products of their levels, in either order of elements", () => {
    for (const [n, size, factors] of [
      [7, 7, 1],
      [12, 3, 1],
      [6, 6, 1],
      [16, 4, 2],
      [12, 2, 2],
      [16, 2, 4],
      [48, 4, 3],
      [48, 6, 4],
      [64, 4, 5],
      [64, 8, 4],
    ] as const) {
      const blocks = draw(factors * n * size, n + size);
      for (const order of ["halves", "pairs"] as const) {
        if (size % 2 === 1 && order === "pairs") continue;
        const rotation = boftRotation(blocks, { size, factors, order });
        const expected = levelsOf(blocks, n, size, factors, order);
        const dense = rotation.dense();
        expect(errorOf(dense, n, n, (i, j) => expected[i * n + j] as number)).toBeLessThan(1e-13);
        expect(rotation.matrix.chain.chainable).toBe(true);
        // Up to four levels are never more work than one after the other.
        if (factors <= 4) {
          expect(rotation.matrix.chain.nonZeros).toBe(factors * n * size);
        }
      }
    }
  });

  it("are what NumPy finds by the formulas of PEFT and LyCORIS", () => {
    for (const { size, factors, blocks, x, halves, pairs } of found) {
      const rotations = cayleyTransform(Float64Array.from(blocks), size);
      for (const [order, expected] of Object.entries({ halves, pairs }) as [
        "halves" | "pairs",
        number[] | undefined,
      ][]) {
        if (expected === undefined) continue;
        const rotation = boftRotation(rotations, { size, factors, order });
        const vector = Float64Array.from(x);
        const y = referenceProduct(rotation, vector, { batch: 1, layout: "batch-first" });
        expect(errorOf(y, x.length, 1, (i) => expected[i] as number)).toBeLessThan(1e-13);
        if (factors > 1) continue;
        const y1 = referenceProduct(oftRotation(rotations, size), vector, {
          batch: 1,
          layout: "batch-first",
        });
        expect(errorOf(y1, x.length, 1, (i) => halves[i] as number)).toBeLessThan(1e-13);
      }
    }
  });

  it("merge into one dense factor, without permutations up to two levels", () => {
    const two = boftRotation(draw(2 * 16 * 4, 1), { size: 4, factors: 2 });
    expect([two.left, two.right, String(two.matrix.chain)]).toEqual([
      undefined,
      undefined,
      "2,8,8,1",
    ]);
    const three = boftRotation(draw(3 * 64 * 4, 1), { size: 4, factors: 3 });
    expect(String(three.matrix.chain)).toBe("4,4,4,4;8,8,8,1");
    const dyadic = boftRotation(draw(3 * 8 * 2, 1), { size: 2, factors: 3 });
    expect([dyadic.left, String(dyadic.matrix.chain)]).toEqual([
      undefined,
      "1,2,2,4;2,2,2,2;4,2,2,1",
    ]);
  });

  it("refuse shapes that they do not have", () => {
    const blocks = new Float64Array(2 * 16 * 4);
    for (const shape of [
      { size: 4, factors: 3 },
      { size: 4, factors: 4 },
      { size: 4, factors: 8 },
      { size: 4, factors: 5000 },
      { size: 5, factors: 1 },
    ]) {
      expect(() => boftRotation(blocks, shape)).toThrow(code("CONSTRUCTION_SIZE"));
    }
    expect(() => boftRotation(new Float64Array(2 * 9 * 2), { size: 3, factors: 2 })).toThrow(
      code("CONSTRUCTION_SIZE"),
    );
    expect(() =>
      boftRotation(new Float64Array(9), { size: 3, factors: 1, order: "pairs" }),
    ).toThrow(code("CONSTRUCTION_SIZE"));
    // 2^22 features are the most.
    expect(() => oftRotation(new Float32Array(2 ** 22 + 1), 1)).toThrow(code("CONSTRUCTION_SIZE"));
    // Levels that would be multiplied into more values than a construction has.
    expect(() =>
      boftRotation(new Float32Array(15 * 2 ** 16 * 4), { size: 4, factors: 15 }),
    ).toThrow(code("CONSTRUCTION_SIZE"));
  });
});
