import { afterEach, expect, it, vi } from "vitest";
import { returnThread, takeThread } from "./split-threads.ts";

const events = { onResponse: () => undefined, onFailure: () => undefined };

afterEach(() => {
  vi.useRealTimers();
});

it("a thread that is idle is the next one's, unless it was idle for long", () => {
  vi.useFakeTimers();
  const first = takeThread(events);
  const second = takeThread(events);
  expect(second).not.toBe(first);
  returnThread(first);
  expect(takeThread(events)).toBe(first);
  returnThread(first);
  returnThread(second);
  vi.runAllTimers();
  const third = takeThread(events);
  expect([first, second]).not.toContain(third);
  third.terminate();
});
