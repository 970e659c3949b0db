import { Chain, Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { report } from "../testing/variants.ts";
import type { Stage } from "./plan.ts";
import { fitsRegisters, planComplexChain } from "./plan-complex-chain.ts";

const shape = { batch: 3, layout: "batch-last" } as const;

describe.each(["hardware", "software"] as const)("the plan of a complex chain, %s", (kind) => {
  const adapter = report(kind, 8);

  it("covers the chain in the layout of the vectors, and fuses what fits registers", () => {
    for (const chain of [Chain.squareDyadic(256), Chain.squareDyadic(4), Chain.monarch(1024)]) {
      for (const batch of [1, 64, 4096]) {
        const { layout, stages } = planComplexChain(adapter, chain, { ...shape, batch });
        expect(layout).toBe("batch-last");
        expect(stages.map(({ from }) => from)).toEqual([
          0,
          ...stages.slice(0, -1).map(({ to }) => to),
        ]);
        expect(stages.at(-1)?.to).toBe(chain.length);
        for (const { from, to, how } of stages) {
          expect(how === "multiply").toBe(to - from === 1);
          if (how === "fuse") expect(fitsRegisters(adapter, chain.slice(from, to))).toBe(true);
        }
      }
    }
  });

  it("takes the stages that are allowed", () => {
    const chain = Chain.squareDyadic(64);
    const ways = (allow: readonly Stage["how"][]): Set<string> =>
      new Set(planComplexChain(adapter, chain, shape, { allow }).stages.map(({ how }) => how));
    expect([...ways([])]).toEqual(["multiply"]);
    expect(ways(["fuse"])).not.toContain("merge");
    expect(ways(["merge"])).not.toContain("fuse");
  });

  it("multiplies by large blocks one by one", () => {
    expect(
      planComplexChain(adapter, Chain.monarch(2 ** 20), { ...shape, batch: 64 }).stages,
    ).toEqual([
      { from: 0, to: 1, how: "multiply" },
      { from: 1, to: 2, how: "multiply" },
    ]);
  });
});

/** `fuse 2` for two factors. */
const inWords = (kind: "hardware" | "software", n: number, batch: number): string[] =>
  planComplexChain(report(kind, null), Chain.squareDyadic(n), { ...shape, batch }).stages.map(
    ({ from, to, how }) => `${how} ${to - from}`,
  );

// The fastest of the plans that were measured on lavapipe: see the cost of complex stages.
it("on software, a few small vectors take few dispatches, and many take few instructions", () => {
  expect(inWords("software", 64, 1)).toEqual(["merge 6"]);
  expect(inWords("software", 256, 4)).toEqual(["merge 4", "merge 4"]);
  expect(inWords("software", 4096, 64)).toEqual(["merge 3", "merge 3", "merge 3", "merge 3"]);
});

it("with rates of one's own, a dispatch that costs nothing leaves factors apart where that is less work", () => {
  const rates = { copyBytesPerSecond: 1e30, flopsPerSecond: 1e9, dispatchSeconds: 0 };
  const chain = Chain.of([new Pattern(1, 64, 2, 64), new Pattern(1, 2, 64, 64)]);
  const slow = { ...rates, dispatchSeconds: 1 };
  const lengths = (given: typeof rates): number =>
    planComplexChain(report("hardware", null), chain, shape, { rates: given }).stages.length;
  expect([lengths(rates), lengths(slow)]).toEqual([2, 1]);
});
