import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { predictCpuSeconds } from "./predict.ts";

/** Rows of results/cpu-two-cores.md: measured seconds with two threads, batch-last. */
const MEASURED: readonly (readonly [chain: Chain, batch: number, seconds: number])[] = [
  [Chain.squareDyadic(1024), 128, 186e-6],
  [Chain.squareDyadic(4096), 1024, 5.39e-3],
  [Chain.squareDyadic(16384), 128, 2.95e-3],
  [Chain.parse("16,16,16,16"), 128, 466e-6],
  [Chain.parse("32,32,32,1"), 1024, 1.09e-3],
  [Chain.monarch(1024), 128, 306e-6],
  [Chain.monarch(4096), 1024, 18.8e-3],
  [Chain.parse("1,192,48,2"), 128, 76.6e-6],
  [Chain.parse("1,768,192,2"), 1024, 7.91e-3],
  [Chain.squareDyadic(1024), 1, 23.6e-6],
  [Chain.parse("32,32,32,1"), 1, 13.5e-6],
  [Chain.monarch(4096), 1, 120e-6],
];

describe("the predicted time of the CPU backend", () => {
  it.each(
    MEASURED.map(([chain, batch, seconds]) => [`${chain.rows}`, batch, seconds, chain] as const),
  )("is within a factor of two of what was measured, %s x %i", (_, batch, seconds, chain) => {
    const predicted = predictCpuSeconds(chain, { batch, layout: "batch-last" }, { threads: 2 });
    expect(predicted / seconds).toBeGreaterThan(0.5);
    expect(predicted / seconds).toBeLessThan(2);
  });

  it("grows with the batch, falls with the threads, and is more for complex numbers", () => {
    const chain = Chain.squareDyadic(1024);
    const seconds = (batch: number, threads: number, parts: 1 | 2 = 1): number =>
      predictCpuSeconds(chain, { batch, layout: "batch-last" }, { threads, parts });
    expect(seconds(2048, 2)).toBeGreaterThan(1.9 * seconds(1024, 2));
    expect(seconds(1024, 2)).toBeLessThan(0.6 * seconds(1024, 1));
    expect(seconds(1024, 2, 2)).toBeGreaterThan(1.9 * seconds(1024, 2));
    expect(() => seconds(0, 1)).toThrow(expect.objectContaining({ code: "BATCH_INVALID" }));
  });
});
