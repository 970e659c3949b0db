import { existsSync } from "node:fs";
import process from "node:process";
import { expect, it } from "vitest";
import { moduleOf, runProcess } from "../testing/run-process.ts";

const PRLIMIT = "/usr/bin/prlimit";
const embeds = process.platform === "linux" && process.arch === "x64";

const program = `
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { openGpu } from ${moduleOf("node/index.ts")};
import { Tensor, tensor } from ${moduleOf("tensor/tensor.ts")};

using gpu = await openGpu({ adapter: "swiftshader" });
const small = { batch: 1, features: 4, layout: "batch-first" };
using before = tensor(gpu, Float32Array.of(1, 2, 3, 4), small);
await gpu.settled();

// Addresses for one large tensor, and half as much again for what else the process needs.
const [, kilobytes] = /VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"));
const most = 1024 * Number(kilobytes) + 1.5 * 2 ** 28;
execFileSync(${JSON.stringify(PRLIMIT)}, ["--pid", String(process.pid), "--as=" + most + ":"]);

const large = Array.from({ length: 8 }, () =>
  new Tensor(gpu, { batch: 2 ** 10, features: 2 ** 16, layout: "batch-first" }));
const { code, message } = await gpu.settled().catch((error) => error);
const { inUse } = gpu.memory.statistics;
for (const one of large) one.dispose();
gpu.memory.trim();
using after = tensor(gpu, Float32Array.of(5, 6, 7, 8), small);
console.log(JSON.stringify({
  code,
  message,
  inUse,
  values: [...await before.data(), ...await after.data()],
  left: gpu.memory.statistics.inUse,
}));`;

it("a driver that finds no memory for a buffer is an error, and the device goes on", ({ skip }) => {
  skip(!embeds || !existsSync(PRLIMIT), "needs the embedded SwiftShader and prlimit");
  const reported = JSON.parse(runProcess(program));
  expect(reported).toMatchObject({ code: "GPU_OUT_OF_MEMORY", left: 2 * 16 });
  expect(reported.message).toMatch(/no memory for tensor, 268435456 bytes/);
  // Those that there was no memory for are not counted.
  expect(reported.inUse).toBeLessThan(8 * 2 ** 28);
  expect(reported.values).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
