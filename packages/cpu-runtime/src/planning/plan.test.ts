import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { type CpuPlan, planForCpu } from "./plan.ts";

function expectWhole({ passes }: CpuPlan, chain: Chain): void {
  let covered = 0;
  for (const { from, to, stages } of passes) {
    expect(from).toBe(covered);
    for (const stage of stages) {
      expect(stage.from).toBe(covered);
      covered = stage.to;
    }
    expect(covered).toBe(to);
  }
  expect(covered).toBe(chain.length);
}

describe("a plan for the CPU", () => {
  const dyadic = [1, 4, 8, 10, 12, 14, 16, 20].map((log) => Chain.squareDyadic(2 ** log));
  const others = ["3,5,7,2", "1,192,48,2;2,48,192,1", "1,32,32,32;32,32,32,1"].map((text) =>
    Chain.parse(text),
  );

  it.each([...dyadic, ...others].map((chain) => [chain.length, chain] as const))(
    "has every one of %i factors once",
    (_, chain) => {
      expectWhole(planForCpu(chain, 1), chain);
      expectWhole(planForCpu(chain, 2), chain);
    },
  );

  it("reads and writes main memory twice at most for a dyadic chain of up to 16384", () => {
    for (const chain of dyadic.filter(({ rows }) => rows <= 16384)) {
      expect(planForCpu(chain, 1).passes.length).toBeLessThanOrEqual(2);
    }
  });

  it("multiplies out no more than pays", () => {
    for (const chain of dyadic) {
      const values = planForCpu(chain, 1)
        .passes.flatMap(({ stages }) => stages)
        .reduce((sum, { from, to }) => sum + chain.product(from, to).nonZeros, 0);
      expect(values).toBeLessThanOrEqual(1.5 * chain.nonZeros);
    }
    const monarch = Chain.monarch(1024);
    expect(planForCpu(monarch, 1).passes.flatMap(({ stages }) => stages)).toHaveLength(2);
  });
});
