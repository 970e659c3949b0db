import {
  Chain,
  ComplexButterfly,
  ComplexKroneckerSparse,
  type Layout,
  PermutedButterfly,
  verify,
} from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import type { Stage } from "../planning/plan.ts";
import { Program } from "../program/program.ts";
import { ComplexTensor, complexTensor } from "../tensor/complex-tensor.ts";
import { drawComplex, magnitudeOf } from "../testing/complex-vectors.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { prepareComplexButterfly } from "./complex-butterfly.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("a plan of a complex chain", () => {
  it("is right by every plan, and says the sums that it makes", async () => {
    const matrix = new PermutedButterfly(
      ComplexButterfly.random(Chain.squareDyadic(16), { seed: 6 }),
    );
    const shape = { batch: 5, layout: "batch-first" } as const;
    const stage = (from: number, to: number, how: Stage["how"]): Stage => ({ from, to, how });
    const plans: [Stage[], number[]][] = [
      [[0, 1, 2, 3].map((at) => stage(at, at + 1, "multiply")), [4, 4, 4, 4]],
      [
        [stage(0, 2, "fuse"), stage(2, 4, "merge")],
        [4, 4, 8, 1],
      ],
      [
        [stage(0, 1, "multiply"), stage(1, 4, "merge")],
        [4, 16, 1],
      ],
      [[stage(0, 4, "merge")], [32, 1]],
    ];
    const x = drawComplex(5 * 16, 8);
    const exact = { re: Float64Array.from(x.re), im: Float64Array.from(x.im) };
    const reference = referenceProduct(matrix, exact, shape);
    const magnitude = magnitudeOf(matrix, x, shape);
    using input = complexTensor(gpu, x, { ...shape, features: 16 });
    using output = new ComplexTensor(gpu, { ...shape, features: 16 });
    for (const [stages, terms] of plans) {
      const plan = { layout: shape.layout, stages };
      using multiplication = prepareComplexButterfly(gpu, matrix, shape, { plan });
      expect(multiplication.plan).toEqual(plan);
      expect(multiplication.terms).toEqual(terms);
      using program = await Program.record(gpu, multiplication.steps(input, output));
      program.run();
      const y = await output.data();
      for (const part of ["re", "im"] as const) {
        const found = verify(y[part], reference[part], magnitude[part], { dtype: "f32", terms });
        expect(found).toMatchObject({ ok: true, nonFinite: 0 });
      }
    }
  });

  it("merges no factors whose product single precision does not hold", () => {
    const chain = Chain.squareDyadic(16);
    const { factors } = ComplexButterfly.random(chain, { seed: 7 });
    const large = new ComplexButterfly(
      factors.map(
        ({ re, im }) =>
          new ComplexKroneckerSparse(
            re.map((values) => values.map((value) => value * 1e15)),
            im.map((values) => values.map((value) => value * 1e15)),
          ),
      ),
    );
    const shape = { batch: 1, layout: "batch-first" } as const;
    const stages = [
      { from: 0, to: 1, how: "multiply" },
      { from: 1, to: 4, how: "merge" },
    ] as const;
    const plan = { layout: shape.layout, stages };
    using made = prepareComplexButterfly(gpu, new PermutedButterfly(large), shape, { plan });
    expect(made.plan.stages.map(({ how }) => how)).toEqual(Array(4).fill("multiply"));
  });

  it("refuses a plan of another layout, of another chain, and of a range that no register holds", () => {
    const matrix = new PermutedButterfly(ComplexButterfly.random(Chain.monarch(1024), { seed: 8 }));
    const shape = { batch: 2, layout: "batch-last" } as const;
    const prepare =
      (stages: readonly Stage[], layout: Layout = "batch-last") =>
      () =>
        prepareComplexButterfly(gpu, matrix, shape, { plan: { layout, stages } });
    const whole = [{ from: 0, to: 2, how: "merge" }] as const;
    expect(prepare(whole, "batch-first")).toThrow(code("PLAN_INVALID"));
    expect(prepare([{ from: 0, to: 3, how: "merge" }])).toThrow(code("PLAN_INVALID"));
    expect(prepare([{ from: 0, to: 2, how: "fuse" }])).toThrow(code("RANGE_NOT_FUSED"));
  });
});
