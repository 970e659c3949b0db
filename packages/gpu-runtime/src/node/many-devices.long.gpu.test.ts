import process from "node:process";
import { expect, it } from "vitest";
import { tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";

const WARM_UP = 100;
const OPENED = 300;
const MIB = 2 ** 20;

it("opening and disposing of 300 devices leaks nothing", { timeout: 300_000 }, async () => {
  const values = new Float32Array(MIB / 4).fill(1);
  let warm = 0;
  for (let opened = 1; opened <= OPENED; opened++) {
    using gpu = await openTestGpu();
    using x = tensor(gpu, values, { batch: 1, features: values.length, layout: "batch-first" });
    expect((await x.data())[7]).toBe(1);
    if (opened === WARM_UP) warm = process.memoryUsage.rss();
  }
  // A quarter of the MiB that each device had on it, or of the MiB that each copy to the host took.
  const growth = process.memoryUsage.rss() - warm;
  expect(growth).toBeLessThan(((OPENED - WARM_UP) * MIB) / 4);
});
