import { afterEach, expect, it, vi } from "vitest";
import { returnBuffer, returnThread, takeBuffer, takeThread } from "./split-threads.ts";

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

it("memory that is spare is used again where it is not much too large, for a while", () => {
  vi.useFakeTimers();
  const buffer = takeBuffer(1000);
  returnBuffer(buffer);
  expect(takeBuffer(400)).not.toBe(buffer);
  expect(takeBuffer(1001).byteLength).toBe(1001);
  expect(takeBuffer(600)).toBe(buffer);
  returnBuffer(buffer);
  vi.runAllTimers();
  expect(takeBuffer(1000)).not.toBe(buffer);
});
