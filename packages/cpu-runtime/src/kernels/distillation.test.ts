import { describe, expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectSame, expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { distillation, distillationGradient } from "./distillation.ts";

/** Exponents less the largest, and their softmax. */
function softened(logits: Float32Array, temperature: number) {
  const most = Math.max(...logits);
  const exponents = Array.from(logits, (logit) => (logit - most) / temperature);
  const powers = exponents.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { exponents, total, shares: powers.map((power) => power / total) };
}

describe.each([1, 2.5])("with a temperature of %d", (temperature) => {
  it.each(VECTOR_COUNTS)("of %d vectors, and its gradient", (vectors) => {
    for (const features of [1, 5, 300]) {
      const student = draw(vectors * features, 1).map((number) => 12 * number);
      const teacher = draw(vectors * features, 2).map((number) => 12 * number);
      const gradients = draw(vectors, 3);
      const [losses, lossBounds] = [new Float64Array(vectors), new Float64Array(vectors)];
      const [dx, bounds] = [new Float64Array(student.length), new Float64Array(student.length)];
      for (let vector = 0; vector < vectors; vector++) {
        const start = vector * features;
        const of = (logits: Float32Array) =>
          softened(logits.subarray(start, start + features), temperature);
        const [p, q] = [of(student), of(teacher)];
        const far = Math.max(...[...p.exponents, ...q.exponents].map(Math.abs));
        // Of the exponents, which are rounded three times, of the powers, and of sums of as many numbers.
        const shareError = UNIT * (2 * features + 8 * far + 12);
        let [mean, size] = [0, 0];
        for (let f = 0; f < features; f++) {
          const [a, b, share] = [q.exponents[f], p.exponents[f], q.shares[f]] as [
            number,
            number,
            number,
          ];
          mean += share * (a - b);
          size += share * (Math.abs(a) + Math.abs(b));
          const gradient = temperature * (gradients[vector] as number);
          dx[start + f] = gradient * ((p.shares[f] as number) - share);
          const shares = (p.shares[f] as number) + share;
          bounds[start + f] = Math.abs(gradient) * (shareError * shares + SMALLEST);
        }
        const logarithms = Math.log(p.total) + Math.log(q.total);
        losses[vector] = temperature ** 2 * (mean + Math.log(p.total) - Math.log(q.total));
        lossBounds[vector] =
          temperature ** 2 *
          (shareError * (size + 2) + 5 * UNIT * (size + logarithms + Math.abs(mean)) + SMALLEST);
      }
      const problem = { vectors, features, temperature };
      for (const simd of BOTH_SIMDS) {
        const options = { simd, order: "backwards" } as const;
        const { loss } = runKernel(distillation(problem), { student, teacher }, options);
        expectWithin(loss, losses, (index) => lossBounds[index] as number);
        const operands = { student, teacher, loss: gradients };
        const result = runKernel(distillationGradient(problem), operands, options);
        expectWithin(result.dx, dx, (index) => bounds[index] as number);
      }
    }
  });
});

it("takes classes of which the teacher makes nothing, and large logits", () => {
  const problem = { vectors: 2, features: 3, temperature: 1 };
  const teacher = Float32Array.of(0, Number.NEGATIVE_INFINITY, 0, 1e30, -1e30, 1e30);
  const student = Float32Array.of(0, 0, 0, 3e38, 0, 3e38);
  const { loss } = runKernel(distillation(problem), { student, teacher });
  expectWithin(loss, [Math.log(3 / 2), 0], () => 4 * UNIT);
  const operands = { student, teacher, loss: Float32Array.of(1, 1) };
  const { dx } = runKernel(distillationGradient(problem), operands);
  expectWithin(dx, [1 / 3 - 1 / 2, 1 / 3, 1 / 3 - 1 / 2, 0, 0, 0], () => 4 * UNIT);
});

it("is NaN where the student is", () => {
  const problem = { vectors: 1, features: 2, temperature: 1 };
  const operands = { student: Float32Array.of(1, Number.NaN), teacher: Float32Array.of(1, 2) };
  expectSame(runKernel(distillation(problem), operands).loss, [Number.NaN]);
});

it("refuses a temperature that is none", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const temperature of [0, -1, Number.POSITIVE_INFINITY, 1e30, "1"]) {
    const problem = { vectors: 1, features: 2, temperature } as never;
    expect(() => distillation(problem)).toThrow(refused);
    expect(() => distillationGradient(problem)).toThrow(refused);
  }
});
