import { Butterfly, Chain, ComplexButterfly, compile } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { cpu } from "../multiplication/cpu.ts";
import { type CpuPlan, planForCpu } from "./plan.ts";
import { requireCpuPlan } from "./require-plan.ts";

const chain = Chain.squareDyadic(8);
const whole = pass([0, 3], [0, 3]);
const invalid = expect.objectContaining({ code: "PLAN_INVALID" });

describe("a plan for the CPU", () => {
  it.each([
    ["nothing in it", {}],
    ["null", null],
    ["no passes", { passes: [] }],
    ["a hole", { passes: new Array(1) }],
    ["a missing pass", { passes: [pass([0, 1], [0, 1])] }],
    ["a missing factor", { passes: [pass([0, 1], [0, 1]), pass([2, 3], [2, 3])] }],
    ["a pass twice", { passes: [whole, whole] }],
    ["passes in another order", { passes: [pass([1, 3], [1, 3]), pass([0, 1], [0, 1])] }],
    ["factors that there are not", { passes: [pass([0, 4], [0, 4])] }],
    ["halves", { passes: [pass([0, 1.5], [0, 1.5]), pass([1.5, 3], [1.5, 3])] }],
    ["a pass without stages", { passes: [{ from: 0, to: 3 }] }],
    ["stages that leave a factor out", { passes: [pass([0, 3], [0, 1], [2, 3])] }],
    ["stages that go beyond their pass", { passes: [pass([0, 1], [0, 2]), pass([1, 3], [1, 3])] }],
    ["stages in another order", { passes: [pass([0, 3], [1, 3], [0, 1])] }],
    ...[0, -16, 8, 24, 16.5, Number.NaN, Number.POSITIVE_INFINITY, "16", null].map(
      (panel): [string, unknown] => [`a panel of ${panel}`, { panel, passes: [whole] }],
    ),
  ] as [string, unknown][])("is refused with %s", async (_, given) => {
    const plan = given as CpuPlan;
    expect(() => requireCpuPlan(chain, plan)).toThrow(invalid);
    if (given === null) return;
    const real = Butterfly.random(chain, { seed: 1 });
    await expect(compile(real, cpu(), { plan })).rejects.toEqual(invalid);
    const complex = ComplexButterfly.fromReal(real);
    await expect(compile(complex, cpu(), { plan })).rejects.toEqual(invalid);
  });

  it("divides what is not chainable where it is not", async () => {
    const turning = Butterfly.random(Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2"), { seed: 1 });
    const refused = expect.objectContaining({ code: "CHAIN_NOT_CHAINABLE" });
    for (const stages of [
      [[0, 3]],
      [
        [0, 1],
        [1, 3],
      ],
    ] as [number, number][][]) {
      const plan = { passes: [pass([0, 3], ...stages)] } as CpuPlan;
      await expect(compile(turning, cpu(), { plan })).rejects.toEqual(refused);
    }
    const plan = { passes: [pass([0, 1], [0, 1]), pass([1, 3], [1, 3])] } as CpuPlan;
    using weights = await compile(turning, cpu(), { plan });
    expect(weights.rows).toBe(8);
  });

  it("is copied", () => {
    const given = planForCpu(chain, 1);
    const expected = structuredClone(given);
    const copy = requireCpuPlan(chain, given);
    (given.passes as unknown[]).length = 0;
    expect(copy).toEqual(expected);
  });
});

function pass(
  [from, to]: readonly [number, number],
  ...runs: (readonly [number, number])[]
): unknown {
  return { from, to, stages: runs.map(([first, end]) => ({ from: first, to: end })) };
}
