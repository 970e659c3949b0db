import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { summarizeCase } from "../analysis/summarize.ts";
import type { CpuImplementation } from "../implementations/implementation.ts";
import { cpuImplementations, fewBitsImplementations } from "../implementations/registry.ts";
import { measureCase } from "./measure.ts";

const onCpu = fewBitsImplementations.filter(
  (one): one is CpuImplementation => one.processor === "cpu",
);
const caseOf = (pattern: string, batch: number) =>
  ({ chain: Chain.parse(pattern), batch, dtype: "f32", layout: "batch-first" }) as const;
const options = { rounds: 1, minSample: 0 };

describe("products by operands of few bits", () => {
  it.each([
    ["1,64,96,1", 1],
    ["3,20,33,2", 1],
    ["2,7,40,3", 5],
    ["1,4,130,2", 17],
  ])("of %s for %d vectors are those of the rounded operands", async (pattern, batch) => {
    const { results } = await measureCase(undefined, caseOf(pattern, batch), onCpu, options);
    const errors = results.map((result) => {
      if (result.status !== "timed") throw new Error(JSON.stringify(result));
      return [result.implementation, result.roundingError] as const;
    });
    const error = Object.fromEntries(errors) as Record<string, number | undefined>;
    expect(error["cpu-f32"]).toBeUndefined();
    // Of uniform numbers, of n bits, a rounding error is about 2^-n.
    for (const [name, most] of [
      ["cpu-q8", 0.02],
      ["cpu-q6", 0.05],
      ["cpu-q4", 0.2],
      ["cpu-q3", 0.4],
      ["cpu-q2", 0.8],
      ["cpu-f8e4m3", 0.1],
      ["cpu-bipolar-w4a4", 0.2],
      ["cpu-bipolar-w2a2", 0.6],
      ["cpu-bipolar-w1a1", 1.2],
    ] as const) {
      expect(error[name]).toBeGreaterThan(most / 20);
      expect(error[name]).toBeLessThan(most);
    }
  });

  it("are wrong where another operand was rounded, and refused for several factors", async () => {
    const [exact] = cpuImplementations as readonly [CpuImplementation];
    const bipolar = onCpu.at(-1) as CpuImplementation;
    const wrong: CpuImplementation = {
      ...exact,
      ...(bipolar.rounded && { rounded: bipolar.rounded }),
    };
    const { results } = await measureCase(undefined, caseOf("1,8,8,2", 3), [wrong], options);
    expect(results).toMatchObject([{ status: "wrong" }]);
    const chain = caseOf("1,8,8,2; 2,8,8,1", 3);
    const { results: all } = await measureCase(undefined, chain, onCpu, options);
    // Weights in float32 are multiplied stage by stage.
    const [float, ...refused] = all;
    expect(float).toMatchObject({ implementation: "cpu-f32", status: "timed" });
    expect(refused.length).toBe(onCpu.length - 1);
    for (const result of refused) {
      expect(result).toMatchObject({
        status: "skipped",
        reason: expect.stringContaining("one factor"),
      });
    }
    const odd = await measureCase(undefined, caseOf("1,3,8,2", 1), onCpu, options);
    const skipped = odd.results.flatMap(({ status, implementation }) =>
      status === "skipped" ? [implementation] : [],
    );
    expect(skipped).toEqual(["cpu-q8", "cpu-q6", "cpu-q4", "cpu-q3", "cpu-q2"]);
  });

  it("are no rivals of what does not round", async () => {
    const compared = [...cpuImplementations, ...onCpu.slice(1)];
    const result = await measureCase(undefined, caseOf("1,8,8,2", 3), compared, options);
    const { ranking, ours } = summarizeCase(result);
    expect(ranking).toHaveLength(compared.length);
    expect(ours?.implementation).toBe("cpu-wasm");
  });
});
