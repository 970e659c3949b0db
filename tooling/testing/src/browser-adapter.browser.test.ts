import { openGpu } from "@papilio/gpu-runtime";
import { expect, it } from "vitest";

// Only a page can ask the browser for its adapter, so this is a test and no set-up.
it("says which adapter the browser tests run on", async () => {
  using gpu = await openGpu();
  const { name, kind, vendor, features } = gpu.report;
  expect(name).not.toBe("");
  const browser = /\S*Chrom\S*/.exec(navigator.userAgent)?.[0];
  const f16 = features.f16 ? "f16" : "no f16, so f16 tests are skipped";
  console.log(`Browser tests run on: ${name} (${kind}; ${vendor}; ${f16}) in ${browser}`);
});
