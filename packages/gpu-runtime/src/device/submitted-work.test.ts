import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type RunTime, SubmittedWork } from "./submitted-work.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Submits runs, waits for them as a device does, and says how many milliseconds it slept. */
async function wait(work: SubmittedWork, runs: RunTime[], milliseconds: number): Promise<number> {
  const started = performance.now();
  work.add(runs);
  const sleeping = work.sleep();
  await vi.runAllTimersAsync();
  await sleeping;
  const slept = performance.now() - started;
  vi.advanceTimersByTime(Math.max(0, milliseconds - slept));
  work.finished();
  return slept;
}

it("sleeps for most of the time that the runs took before", async () => {
  const work = new SubmittedWork(true);
  const run = { seconds: 0 };
  expect(await wait(work, [run], 100)).toBe(0);
  expect(run.seconds).toBeCloseTo(0.1);
  expect(await wait(work, [run], 100)).toBe(90);
  expect(await wait(work, [run, run], 200)).toBe(180);
  expect(run.seconds).toBeCloseTo(0.1);
});

it("measures again where it slept until after the end", async () => {
  const work = new SubmittedWork(true);
  // A first run, which compiled its kernels.
  const run = { seconds: 1 };
  const sleeps: number[] = [];
  for (let index = 0; index < 4; index++) sleeps.push(await wait(work, [run], 400));
  expect(sleeps).toEqual([900, 0, 360, 360]);
});

it("counts what has passed since the runs were submitted", async () => {
  const work = new SubmittedWork(true);
  const run = { seconds: 0.1 };
  work.add([run]);
  vi.advanceTimersByTime(80);
  expect(await wait(work, [], 20)).toBe(10);
});

it("does not sleep where a device computes, for little work, or after a wait that failed", async () => {
  expect(await wait(new SubmittedWork(false), [{ seconds: 1 }], 5)).toBe(0);
  const work = new SubmittedWork(true);
  expect(await wait(work, [{ seconds: 0.001 }], 5)).toBe(0);
  work.add([{ seconds: 1 }]);
  work.failed();
  expect(await wait(work, [], 0)).toBe(0);
});
