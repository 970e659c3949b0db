import { expect, it } from "vitest";
import { BatchSchedule } from "./batch-schedule.ts";
import { BatchSequence } from "./batch-sequence.ts";

/** A schedule, and sequences by the numbers of tokens of their prompts. */
function scheduled(
  most: number,
  pages: number,
  prompts: readonly number[],
): { readonly schedule: BatchSchedule; readonly all: readonly BatchSequence[] } {
  const schedule = new BatchSchedule(most, pages);
  const all = prompts.map((length) => {
    return new BatchSequence(Array(length).fill(1), 256, {}, (ended) => schedule.remove(ended));
  });
  for (const sequence of all) schedule.add(sequence);
  schedule.admit();
  return { schedule, all };
}

it("lets sequences join in their order, while there are places and pages for their prompts", () => {
  const { schedule, all } = scheduled(3, 8, [32, 33, 130, 1]);
  // Pages: 1, 2 and 5; the last one waits for a place.
  expect(schedule.running).toEqual(all.slice(0, 3));
  expect(schedule.pool.free).toBe(0);
  expect(schedule.waiting).toEqual(all.slice(3));
  all[2]?.abort();
  expect(schedule.pool.free).toBe(5);
  schedule.admit();
  expect(schedule.running).toEqual([all[0], all[1], all[3]]);
  // A short one does not overtake a long one.
  const next = scheduled(4, 4, [64, 100, 1]);
  expect(next.schedule.running).toEqual([next.all[0]]);
});

it("preempts what joined last, which waits before all others and begins again", () => {
  const { schedule, all } = scheduled(4, 4, [32, 32, 32, 32, 1]);
  const [first, second, third, fourth, waiting] = all as [
    BatchSequence,
    BatchSequence,
    BatchSequence,
    BatchSequence,
    BatchSequence,
  ];
  for (const sequence of schedule.running) sequence.cached = 32;
  expect(schedule.makeRoom(first, 33)).toBe(true);
  expect(schedule.running).toEqual([first, second, third]);
  expect(schedule.waiting).toEqual([fourth, waiting]);
  expect([fourth.cached, fourth.pages, third.cached]).toEqual([0, [], 32]);
  // The last one gives its own pages back.
  expect(schedule.makeRoom(third, 33)).toBe(false);
  expect(schedule.waiting).toEqual([third, fourth, waiting]);
  expect(schedule.preempted).toBe(2);
  const pages = [...first.pages, ...second.pages];
  expect(new Set(pages).size).toBe(3);
  first.abort();
  second.abort();
  schedule.admit();
  expect(schedule.running).toEqual([third, fourth, waiting]);
  // Ended while it waits.
  expect(schedule.makeRoom(third, 96)).toBe(true);
  expect(schedule.waiting).toEqual([waiting]);
  waiting.abort();
  expect([schedule.waiting, schedule.pool.free]).toEqual([[], 0]);
});
