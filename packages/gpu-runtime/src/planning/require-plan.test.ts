import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { factorByFactor, type Plan } from "./plan.ts";
import { requirePlan } from "./require-plan.ts";

const chain = Chain.squareDyadic(8);
const layout = "batch-last";
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("a plan for a device", () => {
  it.each([
    ["nothing", undefined, "OPTION_INVALID"],
    ["no stages", { layout }, "PLAN_INVALID"],
    ["stages that are no list", { layout, stages: { length: 1 } }, "PLAN_INVALID"],
    ["an empty list", { layout, stages: [] }, "PLAN_INVALID"],
    ["a hole", { layout, stages: new Array(1) }, "PLAN_INVALID"],
    ["a missing factor", stages([0, 1], [2, 3]), "PLAN_INVALID"],
    ["a missing end", stages([0, 2]), "PLAN_INVALID"],
    ["a missing beginning", stages([1, 3]), "PLAN_INVALID"],
    ["a factor twice", stages([0, 2], [1, 3]), "PLAN_INVALID"],
    ["stages in another order", stages([1, 3], [0, 1]), "PLAN_INVALID"],
    ["an empty stage", stages([0, 0], [0, 3]), "PLAN_INVALID"],
    ["a stage backwards", stages([0, 3], [3, 2]), "PLAN_INVALID"],
    ["factors that there are not", stages([0, 4]), "PLAN_INVALID"],
    ["more after the end", stages([0, 3], [3, 4]), "PLAN_INVALID"],
    ["a half", stages([0, 1.5], [1.5, 3]), "PLAN_INVALID"],
    ["NaN", stages([0, Number.NaN]), "PLAN_INVALID"],
    ["text", { layout, stages: [{ from: "0", to: "3", how: "fuse" }] }, "PLAN_INVALID"],
    [
      "two factors to multiply by",
      { layout, stages: [{ from: 0, to: 3, how: "multiply" }] },
      "PLAN_INVALID",
    ],
    ["another way", { layout, stages: [{ from: 0, to: 3, how: "magic" }] }, "OPTION_INVALID"],
    ["another layout", { ...stages([0, 3]), layout: "batch-middle" }, "OPTION_INVALID"],
  ])("is refused with %s", (_, plan, expected) => {
    expect(() => requirePlan(chain, plan as Plan)).toThrow(code(expected));
  });

  it("is copied: what the caller changes later changes nothing", () => {
    const given = factorByFactor(chain, layout);
    const copy = requirePlan(chain, given);
    (given.stages[0] as { to: number }).to = 7;
    expect(copy).toEqual(factorByFactor(chain, layout));
  });
});

function stages(...runs: (readonly [number, number])[]): object {
  return { layout, stages: runs.map(([from, to]) => ({ from, to, how: "fuse" })) };
}
