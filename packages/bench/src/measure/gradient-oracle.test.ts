import { Chain, LAYOUTS } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { createGradientOracle } from "./gradient-oracle.ts";

/** Pattern `2,2,3,2`: 8 rows, 12 columns, 24 values. */
const [a, b, c, d] = [2, 2, 3, 2];
const batch = 5;

describe.each(LAYOUTS)("the gradient of a factor in float64, %s", (layout) => {
  const chain = Chain.parse("2,2,3,2");
  const oracle = createGradientOracle({ chain, batch, layout, dtype: "f32" }, 3);
  const x = (n: number, f: number): number =>
    oracle.x[layout === "batch-first" ? n * a * c * d + f : f * batch + n] as number;
  const dy = (n: number, f: number): number =>
    oracle.dy?.[layout === "batch-first" ? n * a * b * d + f : f * batch + n] as number;
  const right = new Float32Array(a * b * c * d);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) {
          let sum = 0;
          for (let n = 0; n < batch; n++) {
            sum += dy(n, i * b * d + j * d + k) * x(n, i * c * d + l * d + k);
          }
          right[i * b * c * d + j * c * d + l * d + k] = sum;
        }
      }
    }
  }

  it("has every value of a small factor", () => {
    expect(oracle.verified).toBe(24);
    expect(oracle.check(right, {})).toMatchObject({ ok: true, nonFinite: 0 });
  });

  it("finds each value that is wrong", () => {
    for (let index = 0; index < right.length; index++) {
      const wrong = right.with(index, (right[index] as number) + 1e-4);
      expect(oracle.check(wrong, {})).toMatchObject({ ok: false, worstIndex: index });
    }
  });
});
