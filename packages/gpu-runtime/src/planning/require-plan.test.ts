import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { factorByFactor, type Plan } from "./plan.ts";
import { requirePlan } from "./require-plan.ts";

const chain = Chain.squareDyadic(8);
const layout = "batch-last";
const invalid = expect.objectContaining({ code: "PLAN_INVALID" });

describe("a plan for a device", () => {
  it.each([
    ["nothing", undefined],
    ["no stages", { layout }],
    ["stages that are no list", { layout, stages: { length: 1 } }],
    ["an empty list", { layout, stages: [] }],
    ["a hole", { layout, stages: new Array(1) }],
    ["a missing factor", stages([0, 1], [2, 3])],
    ["a missing end", stages([0, 2])],
    ["a missing beginning", stages([1, 3])],
    ["a factor twice", stages([0, 2], [1, 3])],
    ["stages in another order", stages([1, 3], [0, 1])],
    ["an empty stage", stages([0, 0], [0, 3])],
    ["a stage backwards", stages([0, 3], [3, 2])],
    ["factors that there are not", stages([0, 4])],
    ["more after the end", stages([0, 3], [3, 4])],
    ["a half", stages([0, 1.5], [1.5, 3])],
    ["NaN", stages([0, Number.NaN])],
    ["text", { layout, stages: [{ from: "0", to: "3", how: "fuse" }] }],
    ["two factors to multiply by", { layout, stages: [{ from: 0, to: 3, how: "multiply" }] }],
    ["another way", { layout, stages: [{ from: 0, to: 3, how: "magic" }] }],
    [
      "merged factors on matrix units",
      { layout, stages: [{ from: 0, to: 3, how: "merge", matrixUnits: true }] },
    ],
    [
      "matrix units that are a number",
      { layout, stages: [{ from: 0, to: 3, how: "fuse", matrixUnits: 8 }] },
    ],
    ["another layout", { ...stages([0, 3]), layout: "batch-middle" }],
  ])("is refused with %s", (_, plan) => {
    expect(() => requirePlan(chain, plan as Plan)).toThrow(invalid);
  });

  it("divides what is not chainable where it is not", () => {
    const turning = Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2");
    const refused = expect.objectContaining({ code: "CHAIN_NOT_CHAINABLE" });
    for (const how of ["fuse", "merge"] as const) {
      const whole = { layout, stages: [{ from: 0, to: 3, how }] } as const;
      expect(() => requirePlan(turning, whole)).toThrow(refused);
      const divided = [
        { from: 0, to: 2, how },
        { from: 2, to: 3, how: "multiply" },
      ] as const;
      expect(requirePlan(turning, { layout, stages: divided }).stages).toEqual(divided);
    }
  });

  it("is copied: what the caller changes later changes nothing", () => {
    const given = factorByFactor(chain, layout);
    const copy = requirePlan(chain, given);
    (given.stages[0] as { to: number }).to = 7;
    expect(copy).toEqual(factorByFactor(chain, layout));
  });
});

function stages(...ranges: (readonly [number, number])[]): object {
  return { layout, stages: ranges.map(([from, to]) => ({ from, to, how: "fuse" })) };
}
