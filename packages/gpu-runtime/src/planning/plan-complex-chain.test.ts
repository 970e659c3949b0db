import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { report } from "../testing/variants.ts";
import { fitsRegisters, planComplexChain } from "./plan-complex-chain.ts";

const shape = { batch: 3, layout: "batch-last" } as const;

describe.each(["hardware", "software"] as const)("the plan of a complex chain, %s", (kind) => {
  const adapter = report(kind, 8);

  it("fuses ranges that fit registers, none of which could be longer", () => {
    for (const chain of [Chain.squareDyadic(256), Chain.squareDyadic(4), Chain.monarch(1024)]) {
      const { layout, stages } = planComplexChain(adapter, chain, shape);
      expect(layout).toBe("batch-last");
      expect(stages.map(({ from }) => from)).toEqual([
        0,
        ...stages.slice(0, -1).map(({ to }) => to),
      ]);
      expect(stages.at(-1)?.to).toBe(chain.length);
      for (const { from, to, how } of stages) {
        expect(how).toBe(to - from === 1 ? "multiply" : "fuse");
        if (how === "fuse") expect(fitsRegisters(adapter, chain.slice(from, to))).toBe(true);
        if (to < chain.length) {
          expect(fitsRegisters(adapter, chain.slice(from, to + 1))).toBe(false);
        }
      }
    }
  });

  it("multiplies by factors that do not fit one by one", () => {
    const { stages } = planComplexChain(adapter, Chain.monarch(4096), shape);
    expect(stages).toEqual([
      { from: 0, to: 1, how: "multiply" },
      { from: 1, to: 2, how: "multiply" },
    ]);
  });
});

// A block of L dyadic factors is 2^L wide and has 2 L 2^L weights: 16 for two, 128 for four.
it("a dyadic chain of eight is four stages of two on software, and two of four on hardware", () => {
  const chain = Chain.squareDyadic(256);
  const lengths = (kind: "hardware" | "software"): number[] =>
    planComplexChain(report(kind, null), chain, shape).stages.map(({ from, to }) => to - from);
  expect(lengths("software")).toEqual([2, 2, 2, 2]);
  expect(lengths("hardware")).toEqual([4, 4]);
});
