import { LAYOUTS, Pattern } from "@papilio/butterfly";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { drawGradientOperands, verifyFactorGradient } from "../../testing/factor-gradient.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { sharedLoads } from "../shared-loads.ts";
import { loadWidth } from "../wgsl.ts";
import { chooseFactorGradient } from "./choose.ts";
import { factorGradientKernel } from "./kernel.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { type FactorGradientVariant, factorGradientName } from "./variant.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
/** Sizes that divide into loads of four as often as not. */
const count = fc.oneof(
  size(9),
  size(9).map((fours) => 4 * fours),
);
const problems: fc.Arbitrary<Omit<FactorGradientProblem, "dtype">> = fc
  .record({
    a: size(3),
    b: fc.oneof(size(9), size(40)),
    c: fc.oneof(size(9), size(40)),
    d: fc.oneof(size(4), fc.constant(1), fc.constantFrom(6, 8)),
    count,
    padding: fc.constantFrom(0, 0, 1, 4),
    layout: fc.constantFrom(...LAYOUTS),
  })
  .map(({ a, b, c, d, count, padding, layout }) => ({
    pattern: new Pattern(a, b, c, d),
    batch: count + padding,
    count,
    layout,
  }));

/** Any shape of the kernel, those that this adapter would not choose among them. */
function variantsOf(problem: FactorGradientProblem): fc.Arbitrary<FactorGradientVariant> {
  const { pattern, batch, layout } = problem;
  const { d } = pattern;
  const turns = layout === "batch-last" ? Math.min(loadWidth(problem.count), loadWidth(batch)) : 4;
  const turn = Math.min(turns, loadWidth(problem.count)) as 1 | 2 | 4;
  const parts = size(3);
  const subgroup = sharedLoads(gpu.report);
  const lanes = fc
    .record({
      lanes: fc.constantFrom("inputs" as const, "outputs" as const),
      tile: size(4),
      spans: size(3),
      group: fc.constantFrom(
        ...[1, 2, 3, 4].filter((group) => group === d || (group !== 3 && d % group === 0)),
      ),
      shared: fc.boolean(),
      parts,
    })
    .map(
      ({ group, shared, ...rest }): FactorGradientVariant => ({
        kind: "lanes",
        ...rest,
        group: layout === "batch-last" ? 1 : group,
        turn,
        broadcast: shared && subgroup !== null ? subgroup : "load",
        workgroup: subgroup ?? 8,
      }),
    );
  const blocks = fc.record({ tile: size(5), spans: size(4), wide: fc.boolean(), parts }).map(
    ({ wide, ...rest }): FactorGradientVariant => ({
      kind: "blocks",
      ...rest,
      turn,
      vector: layout === "batch-first" && wide ? loadWidth(d) : 1,
      workgroup: subgroup ?? 8,
    }),
  );
  const workgroups = fc
    .record({
      threadM: size(2),
      threadN: size(2),
      rows: fc.constantFrom(2, 8),
      columns: fc.constantFrom(4, 16),
      tileK: fc.constantFrom(4, 16),
      parts,
    })
    .map(({ threadM, threadN, rows, columns, tileK, parts }): FactorGradientVariant => {
      const [tileM, tileN] = [threadM * rows, threadN * columns];
      return { kind: "workgroup", tileM, tileN, tileK, threadM, threadN, parts };
    });
  return fc.oneof(
    lanes,
    blocks,
    workgroups,
    fc.constant(chooseFactorGradient(gpu.report, problem)),
  );
}

describe.each(["f32", "f16"] as const)("the gradient of a factor from %s", (dtype) => {
  it("is the float64 sum over the batch, in any shape of the kernel", async ({ skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const cases = problems.chain((partial) => {
      const problem = { ...partial, dtype };
      return fc.tuple(fc.constant(problem), variantsOf(problem));
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([problem, variant]) => {
        const operands = drawGradientOperands(problem);
        const { parts } = variant;
        const { nonZeros } = problem.pattern;
        const kernel = factorGradientKernel(problem, variant);
        const y = await runKernel(gpu, kernel, operands, parts * nonZeros);
        const sums = y.slice(0, nonZeros);
        for (let part = 1; part < parts; part++) {
          for (let at = 0; at < nonZeros; at++) {
            (sums[at] as number) += y[part * nonZeros + at] as number;
          }
        }
        const found = verifyFactorGradient(sums, problem, operands, parts);
        expect(found, factorGradientName(variant)).toMatchObject({ ok: true });
      }),
      { numRuns: dtype === "f32" ? 16 : 8 },
    );
  });
});
