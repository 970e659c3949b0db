import fc from "fast-check";
import { expect, it } from "vitest";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import { randomOrthogonal } from "./random-orthogonal.ts";

const size = fc.integer({ min: 1, max: 6 });

it("has blocks with orthonormal columns, or rows where they have fewer of those", () => {
  fc.assert(
    fc.property(size, size, size, size, fc.nat(), (a, b, c, d, seed) => {
      const chain = Chain.of([new Pattern(a, b, c, d)]);
      const { factors } = randomOrthogonal(chain, { seed, dtype: "float64" });
      const values = (factors[0] as (typeof factors)[number]).values;
      const at = (i: number, j: number, l: number, k: number): number =>
        values[((i * b + j) * c + l) * d + k] as number;
      const [count, length] = b >= c ? [c, b] : [b, c];
      for (let i = 0; i < a; i++) {
        for (let k = 0; k < d; k++) {
          for (let p = 0; p < count; p++) {
            for (let q = 0; q < count; q++) {
              let sum = 0;
              for (let e = 0; e < length; e++) {
                sum += b >= c ? at(i, e, p, k) * at(i, e, q, k) : at(i, p, e, k) * at(i, q, e, k);
              }
              expect(Math.abs(sum - (p === q ? 1 : 0))).toBeLessThan(1e-13);
            }
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

it("is an orthogonal matrix, the same for the same seed", () => {
  const chain = Chain.squareDyadic(16);
  const drawn = randomOrthogonal(chain, { seed: 5, dtype: "float64" });
  const dense = drawn.dense();
  for (let row = 0; row < 16; row++) {
    for (let other = 0; other < 16; other++) {
      let sum = 0;
      for (let l = 0; l < 16; l++) {
        sum += (dense[row * 16 + l] as number) * (dense[other * 16 + l] as number);
      }
      expect(Math.abs(sum - (row === other ? 1 : 0))).toBeLessThan(1e-13);
    }
  }
  expect(randomOrthogonal(chain, { seed: 5, dtype: "float64" })).toEqual(drawn);
  expect(randomOrthogonal(chain, { seed: 6, dtype: "float64" })).not.toEqual(drawn);
});

it("draws a rotation by any angle as often as by any other", () => {
  const { factors } = randomOrthogonal(Chain.of([new Pattern(4000, 2, 2, 1)]), { seed: 1 });
  const { values } = factors[0] as (typeof factors)[number];
  const counts = new Array<number>(8).fill(0);
  for (let at = 0; at < values.length; at += 4) {
    const angle = Math.atan2(values[at + 2] as number, values[at] as number);
    const part = Math.min(7, Math.floor((8 * (angle + Math.PI)) / (2 * Math.PI)));
    counts[part] = (counts[part] as number) + 1;
  }
  // 500 each, of a deviation of 21.
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(105);
});
