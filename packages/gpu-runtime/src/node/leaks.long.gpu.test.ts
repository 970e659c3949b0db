import process from "node:process";
import { expect, it } from "vitest";
import { runMixedOperations } from "../testing/mixed-operations.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { moduleOf, runProcess } from "../testing/run-process.ts";

const adapter = JSON.stringify(process.env.PAPILIO_ADAPTER ?? "auto");
const MIB = 2 ** 20;

const program = `
import { compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { openGpu } from ${moduleOf("node/index.ts")};
import { tensor } from ${moduleOf("tensor/tensor.ts")};

const factor = KroneckerSparse.random(new Pattern(2, 4, 4, 2), { seed: 1 });
const ones = new Float32Array(8 * 16).fill(1);

/** After what is garbage is gone, and what its finalizers left to do is done. */
async function memory() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage();
}

using gpu = await openGpu({ adapter: ${adapter} });
let start;
// Five operations each: two uploads, a multiplication, a read, a release.
for (let round = 1; round <= 2500; round++) {
  using weights = await compile(factor, gpu);
  using x = tensor(gpu, ones, { batch: 8, features: 16, layout: "batch-last" });
  using y = await weights.multiply(x);
  await y.data();
  // Garbage that waits is not a leak, and how much of it does is up to chance.
  if (round % 100 === 0) globalThis.gc();
  if (round === 500) start = await memory();
}
const end = await memory();
console.log(JSON.stringify({
  rss: end.rss - start.rss,
  heapUsed: end.heapUsed - start.heapUsed,
}));`;

it("a process does not grow over 10,000 operations on one device", () => {
  const grown: { readonly rss: number; readonly heapUsed: number } = JSON.parse(
    runProcess(program, ["--expose-gc"]),
  );
  // 150 bytes an operation: less than one object of the runtime.
  expect(grown.heapUsed).toBeLessThan(1.5 * MIB);
  // 13 KiB an operation, for allocators that grow in steps. Over 120,000 operations a process on
  // lavapipe or SwiftShader grew until the 30,000th, and then no more.
  expect(grown.rss).toBeLessThan(128 * MIB);
});

it("a pool does not grow over 10,000 mixed operations", async () => {
  using gpu = await openTestGpu();
  const afterWarmUp = await runMixedOperations(gpu, 2000);
  expect(gpu.memory.statistics).toMatchObject({ inUse: 0, reserved: afterWarmUp });
});
