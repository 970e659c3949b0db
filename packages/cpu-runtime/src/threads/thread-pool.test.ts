import { execFileSync } from "node:child_process";
import process from "node:process";
import { queryObjects } from "node:v8";
import type { Worker } from "node:worker_threads";
import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { disposeCpuThreads } from "../engine/engine.ts";
import { cpu } from "../multiplication/cpu.ts";
import { verifyProduct } from "../testing/verify-product.ts";

// Many multiplications, on machines that may have one core for all test files.
vi.setConfig({ testTimeout: 60_000 });

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const small = Butterfly.random(Chain.monarch(64), { seed: 1 });
const shape = { batch: 48, layout: "batch-last" } as const;
const x = Float32Array.from({ length: 64 * 48 }, uniform(2));

/** Takes many slices of the calling thread's time. */
const large = Butterfly.random(Chain.monarch(4096), { seed: 1 });
const largeShape = { batch: 4096, layout: "batch-first" } as const;

let workers: Worker[];
const remember = (worker: Worker): number => workers.push(worker);
beforeEach(() => {
  workers = [];
  process.on("worker", remember);
});
afterEach(() => {
  process.off("worker", remember);
  disposeCpuThreads();
});

async function expectRight(): Promise<void> {
  using weights = await compile(small, cpu({ threads: 2 }));
  const y = await weights.multiply(x, shape);
  expect(verifyProduct(small, x, y, shape, weights.terms(shape))).toMatchObject({ ok: true });
}

it("keep no process alive", () => {
  const program = `
    import { Butterfly, Chain, compile } from "@papilio/butterfly";
    import { cpu } from "@papilio/cpu-runtime";
    const weights = await compile(Butterfly.random(Chain.monarch(64), { seed: 0 }), cpu({ threads: 2 }));
    await weights.multiply(new Float32Array(64), { batch: 1, layout: "batch-first" });
    console.log(weights.report.threads);
  `;
  const flags = [
    "--conditions=@papilio/source",
    "--input-type=module-typescript",
    "--eval",
    program,
  ];
  const output = execFileSync(process.execPath, flags, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    timeout: 30_000,
  });
  expect(output.trim()).toMatch(/^[12]$/);
});

it("leave nothing of the runs that are over", async () => {
  using weights = await compile(small, cpu({ threads: 2 }));
  const run = async (count: number): Promise<number> => {
    for (let index = 0; index < count; index++) await weights.multiply(x, shape);
    return queryObjects(Array, { format: "count" });
  };
  const before = await run(50);
  expect((await run(500)) - before).toBeLessThan(250);
});

it("that die are an error and not a hang, and are replaced", async () => {
  using weights = await compile(large, cpu({ threads: 2 }));
  expect(workers).toHaveLength(1);
  using vectors = weights.allocate(largeShape.batch * 4096);
  using out = weights.allocate(largeShape.batch * 4096);
  // One that dies between two items is not missed.
  for (let attempt = 0; attempt < 10; attempt++) {
    const product = weights.multiply(vectors.values, largeShape, { out: out.values });
    setTimeout(() => void workers.at(-1)?.terminate(), 0);
    const failure = await product.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) continue;
    expect(failure).toEqual(code("CPU_WORKER_FAILED"));
    await expectRight();
    return;
  }
  expect.unreachable("no worker was missed");
});

it("are terminated by disposal, and opened again by the next multiplication", async () => {
  await expectRight();
  expect(workers).toHaveLength(1);
  const gone = new Promise((resolve) => workers[0]?.once("exit", resolve));
  disposeCpuThreads();
  await gone;
  await expectRight();
  expect(workers).toHaveLength(2);
});

it("stop when the signal aborts", async () => {
  using weights = await compile(large, cpu({ threads: 2 }));
  using vectors = weights.allocate(largeShape.batch * 4096);
  using out = weights.allocate(largeShape.batch * 4096);
  const controller = new AbortController();
  const options = { out: out.values, signal: controller.signal };
  const product = weights.multiply(vectors.values, largeShape, options);
  setTimeout(() => controller.abort(new Error("enough")), 0);
  await expect(product).rejects.toThrow("enough");
  await expect(weights.multiply(vectors.values, largeShape, options)).rejects.toThrow("enough");
  await expectRight();
});

it("are not there without WebAssembly, and the reference says so", async () => {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", undefined);
  try {
    const fresh = await import("../multiplication/cpu.ts");
    const { Butterfly: FreshButterfly } = await import("@papilio/butterfly");
    const matrix = FreshButterfly.random(Chain.monarch(64), { seed: 1 });
    using weights = await compile(matrix, fresh.cpu({ threads: 2 }));
    expect(weights.report).toEqual({
      kernel: "reference",
      threads: 1,
      reason: "There is no WebAssembly here.",
    });
    expect(weights.bytes).toBe(4 * matrix.chain.nonZeros);
    using from = weights.allocate(x.length);
    from.values.set(x);
    expect(await weights.multiply(from.values, shape)).toEqual(referenceProduct(matrix, x, shape));
    const short = weights.multiply(x, shape, { out: new Float32Array(1) });
    await expect(short).rejects.toMatchObject({ code: "OUTPUT_LENGTH" });
  } finally {
    vi.unstubAllGlobals();
    vi.resetModules();
  }
});
