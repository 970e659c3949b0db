import { describe, expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { softmaxGradient } from "./softmax-gradient.ts";

describe.each([false, true])("of logarithms: %s", (log) => {
  it.each(VECTOR_COUNTS)("of %d vectors", (vectors) => {
    for (const features of [1, 5, 130]) {
      const shares = draw(vectors * features, 1).map((number) => (number + 1) / 2);
      const y = log ? shares.map((share) => Math.log(share + 1e-3)) : shares;
      const dy = draw(y.length, 2);
      const [expected, bounds] = [new Float64Array(y.length), new Float64Array(y.length)];
      for (let start = 0; start < y.length; start += features) {
        const terms = Array.from({ length: features }, (_, f) => {
          const gradient = dy[start + f] as number;
          return log ? gradient : gradient * (y[start + f] as number);
        });
        const sum = terms.reduce((total, term) => total + term, 0);
        const size = terms.reduce((total, term) => total + Math.abs(term), 0);
        const off = (features + 1) * UNIT * size;
        for (let at = start; at < start + features; at++) {
          const [share, gradient] = [y[at] as number, dy[at] as number];
          const factor = log ? Math.exp(share) : share;
          expected[at] = log ? gradient - factor * sum : factor * (gradient - sum);
          const parts = log ? Math.abs(gradient) : factor * Math.abs(gradient);
          bounds[at] = factor * off * 1.01 + 5 * UNIT * (parts + factor * size) + SMALLEST;
        }
      }
      const call = softmaxGradient({ vectors, features, log });
      for (const simd of BOTH_SIMDS) {
        const { dx } = runKernel(call, { y, dy }, { simd, order: "backwards" });
        expectWithin(dx, expected, (index) => bounds[index] as number);
      }
    }
  });
});

it("refuses problems that make no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const good = { vectors: 1, features: 1, log: false };
  for (const change of [{ vectors: 0 }, { features: 0.5 }, { log: 1 }]) {
    expect(() => softmaxGradient({ ...good, ...change } as never)).toThrow(refused);
  }
});
