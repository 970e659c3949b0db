import { dropoutKeeps } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { dropout } from "./dropout.ts";

it.each(VECTOR_COUNTS)("of %i vectors is the mask of the reference", (vectors) => {
  for (const [features, rate, seed] of [
    [1, 0.5, 0],
    [7, 0.1, 3],
    [700, 0.6, 2 ** 32 - 1],
    [33, 0, 9],
  ] as const) {
    const stream = features;
    const x = draw(vectors * features, 4);
    x[0] = Number.NaN;
    const keeps = dropoutKeeps({ rate, stream }, seed);
    const right = Float64Array.from(x, (number, at) => (keeps(at) ? number / (1 - rate) : 0));
    const call = dropout({ vectors, features, rate, stream });
    for (const simd of BOTH_SIMDS) {
      const operands = { seed: Uint32Array.of(seed), x };
      const { y } = runKernel(call, operands, { simd, order: "backwards" });
      expectWithin(y, right, (at) => 2 * UNIT * Math.abs(right[at] as number));
    }
  }
});

it("refuses what is no rate and no stream", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const wrong of [{ rate: 1 }, { rate: -0.1 }, { rate: Number.NaN }, { stream: 2 ** 32 }]) {
    const problem = { vectors: 2, features: 3, rate: 0.5, stream: 0, ...wrong };
    expect(() => dropout(problem)).toThrow(refused);
  }
});
