import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OUT_OF_TIME, SearchClock } from "./search-clock.ts";

describe("the clock of a search", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("reports the share of the time that is over, by what is expected or by its limit", () => {
    const shares: number[] = [];
    using clock = new SearchClock(10, undefined, (share) => shares.push(share));
    vi.advanceTimersByTime(1000);
    clock.report(3); // 1 of 4 seconds
    clock.report(1e9); // 1 of 10: it has been more
    vi.advanceTimersByTime(4000);
    clock.report(1e9); // 5 of 10
    clock.report(0); // all but the end, which is reported when it is there
    vi.advanceTimersByTime(4500);
    clock.report(100); // 9.5 of 10
    expect(shares).toEqual([0.25, 0.5, 0.95]);
  });

  it("stops work at its limit, and with the signal of the caller", () => {
    const controller = new AbortController();
    using limited = new SearchClock(2, undefined, undefined);
    using stopped = new SearchClock(Number.POSITIVE_INFINITY, controller.signal, undefined);
    vi.advanceTimersByTime(1999);
    expect(limited.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limited.signal.reason).toBe(OUT_OF_TIME);
    expect(stopped.signal.aborted).toBe(false);
    expect(stopped.left()).toBe(Number.POSITIVE_INFINITY);
    controller.abort("enough");
    expect(stopped.signal.reason).toBe("enough");
  });
});
