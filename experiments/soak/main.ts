/**
 * Uses the runtime for as long as wanted: random operations of concurrent tasks on devices with
 * random budgets, some of which are lost in the middle of it. Every answer is compared with the
 * float64 product, and every byte must come back.
 *
 *     pnpm soak --minutes 20 --adapter lavapipe --seed 1
 *
 * Exit status 1 when an answer is wrong, memory is missing, or an error has no reason.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import type { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { KEPT_PIPELINES } from "../../packages/gpu-runtime/src/device/pipeline-cache.ts";
import { type Chance, chance, operations, STOPPED } from "./operations.ts";

// With an arena for each thread, which glibc's allocator has by default, drivers on the CPU leave ever more of the
// memory that they freed in pieces: what a process holds then says nothing of leaks. It is read at the start.
if (process.platform === "linux" && process.env.MALLOC_ARENA_MAX === undefined) {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, MALLOC_ARENA_MAX: "1" },
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    adapter: { type: "string", default: "auto" },
  },
});
const minutes = Number(flags.minutes);
const seed = Number(flags.seed);

const TASKS = 4;
/** Of a device's life. */
const OPERATIONS = 24;
/** Bytes of the process beyond those after the warm-up, at most. */
const GROWTH = 150 * 2 ** 20;
/** Part of the time after which the process has what it needs for all operations. */
const WARM_UP = 1 / 3;

const counts = { operations: 0, devices: 0, losses: 0, refusals: 0, stops: 0, lost: 0 };
/** What must not be, by its kind. */
const failures = { wrong: [] as string[], leaked: [] as string[], failed: [] as string[] };
const random = chance(seed);
const start = performance.now();
const end = start + minutes * 60_000;
let base: number | undefined;
process.on("unhandledRejection", (reason) => failures.failed.push(`unhandled: ${String(reason)}`));

/**
 * One operation, whose failure must have a reason that the soak knows of.
 *
 * @param choices seed of all that the operation draws
 */
async function attempt(gpu: Gpu, name: string, choices: number): Promise<void> {
  const title = `${name}, choices ${choices}, device ${counts.devices}`;
  try {
    const wrong = await operations[name]?.(gpu, chance(choices));
    if (wrong !== undefined) failures.wrong.push(`${title}: ${wrong}`);
  } catch (error) {
    const { code } = error as Partial<PapilioError>;
    if (error === STOPPED) counts.stops++;
    else if (code === "MEMORY_BUDGET") counts.refusals++;
    else if (code === "GPU_LOST" && gpu.state === "lost") counts.lost++;
    else failures.failed.push(`${title}: ${(error as Error).stack}`);
  }
  counts.operations++;
}

/** A device's life: tasks at once, on a budget or not, to the end or until it is lost. */
async function live(random: Chance): Promise<void> {
  const budget = random.pick([2 ** 15, 2 ** 18, 2 ** 22, 2 ** 28]);
  const gpu = await openGpu({ adapter: flags.adapter, memory: { budget } });
  counts.devices++;
  const doomed = random.integer(0, 2) === 0;
  const fate = random.integer(1, OPERATIONS);
  let started = 0;
  const tasks = Array.from({ length: TASKS }, async () => {
    while (started < OPERATIONS && gpu.state === "ready") {
      started++;
      const name = random.pick(Object.keys(operations));
      const pending = attempt(gpu, name, random.integer(0, 2 ** 30));
      if (doomed && started === fate) {
        gpu.device.destroy();
        counts.losses++;
      }
      await pending;
    }
  });
  await Promise.all(tasks);
  const { inUse, reserved, peakReserved } = gpu.memory.statistics;
  const { leaked } = failures;
  if (inUse !== 0) leaked.push(`device ${counts.devices}: ${inUse} bytes were not released`);
  if (Math.max(reserved, peakReserved) > budget) {
    leaked.push(`device ${counts.devices}: ${peakReserved} bytes of a budget of ${budget}`);
  }
  const { size } = gpu.pipelines;
  if (size > KEPT_PIPELINES) leaked.push(`device ${counts.devices}: ${size} kernels are kept`);
  gpu.dispose();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function failureCount(): number {
  return Object.values(failures).reduce((sum, list) => sum + list.length, 0);
}

function report(): string {
  const { operations: done, devices, losses, refusals, stops, lost } = counts;
  const resident = Math.round(process.memoryUsage.rss() / 2 ** 20);
  return `${done} operations on ${devices} devices: ${losses} losses (${lost} operations), ${refusals} refused for the budget, ${stops} stopped, ${resident} MiB resident, ${failureCount()} failures`;
}

let nextReport = start + 60_000;
while (performance.now() < end && failureCount() < 10) {
  // One draw a device: what the next one does is not up to when this one was lost.
  await live(chance(random.integer(0, 2 ** 30)));
  const now = performance.now();
  if (now > start + WARM_UP * (end - start)) base ??= process.memoryUsage.rss();
  if (now > nextReport) {
    say(`${new Date().toISOString()} ${report()}`);
    nextReport += 60_000;
  }
}
const growth = process.memoryUsage.rss() - (base ?? Number.POSITIVE_INFINITY);
if (growth > GROWTH)
  failures.leaked.push(`the process grew by ${Math.round(growth / 2 ** 20)} MiB`);
for (const [kind, list] of Object.entries(failures)) {
  for (const failure of list) say(`${kind}: ${failure}`);
}
say(report());
const { wrong, leaked, failed } = failures;
say(
  `soak, seed ${seed}: ${counts.operations} operations, ${wrong.length} wrong, ${leaked.length} leaked, ${failed.length} failed`,
);
if (failureCount() > 0) process.exitCode = 1;
