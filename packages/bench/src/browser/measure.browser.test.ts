import { Chain } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime";
import { expect, it } from "vitest";
import { summarizeCase } from "../analysis/index.ts";
import { implementations, measureCase } from "../index.ts";

it("verifies and times every implementation in a browser", async () => {
  using gpu = await openGpu();
  const item = {
    chain: Chain.parse("2,4,4,2"),
    batch: 16,
    dtype: "f32",
    layout: "batch-last",
  } as const;
  const result = await measureCase(gpu, item, implementations, { rounds: 2, minSample: 0 });
  expect(result.results.map(({ status }) => status)).toEqual(implementations.map(() => "timed"));
  expect(summarizeCase(result).ranking).toHaveLength(implementations.length);
});
