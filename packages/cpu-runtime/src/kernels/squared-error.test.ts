import { expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { squaredError, squaredErrorGradient } from "./squared-error.ts";

it.each(VECTOR_COUNTS)("the error of %d vectors, and its gradient", (vectors) => {
  for (const features of [1, 6, 300, 2100]) {
    const [x, target] = [draw(vectors * features, 1), draw(vectors * features, 2)];
    const gradients = draw(vectors, 3);
    const differences = Array.from(x, (number, at) => number - (target[at] as number));
    const losses = Array.from({ length: vectors }, (_, vector) =>
      differences
        .slice(vector * features, (vector + 1) * features)
        .reduce((sum, difference) => sum + difference ** 2 / features, 0),
    );
    const slopes = differences.map(
      (difference, at) =>
        (2 / features) * difference * (gradients[Math.floor(at / features)] as number),
    );
    const shape = { vectors, features };
    for (const simd of BOTH_SIMDS) {
      const options = { simd, order: "backwards" } as const;
      const { loss } = runKernel(squaredError(shape), { x, target }, options);
      // Two roundings of the difference count twice; a sum; a quotient.
      expectWithin(loss, losses, (at) => (features + 5) * UNIT * (losses[at] as number) + SMALLEST);
      const operands = { x, target, loss: gradients };
      const { dx } = runKernel(squaredErrorGradient(shape), operands, options);
      expectWithin(dx, slopes, (at) => 5 * UNIT * Math.abs(slopes[at] as number) + SMALLEST);
    }
  }
});

it("refuses sizes that are none", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => squaredError({ vectors: 0, features: 1 })).toThrow(refused);
  expect(() => squaredErrorGradient({ vectors: 1, features: 0.5 })).toThrow(refused);
});
