import { describe, expect, it } from "vitest";
import { repeatsFor, sampleRounds, secondsOfRuns, warmUp } from "./sampling.ts";

/** Gives these numbers one after the other, and counts how many were taken. */
function given(...seconds: number[]): { once: () => Promise<number>; taken: () => number } {
  let index = 0;
  return {
    once: () => Promise.resolve(seconds[index++] as number),
    taken: () => index,
  };
}

describe("warming up", () => {
  it("ends when two runs in a row take about as long, and gives the fastest", async () => {
    const { once, taken } = given(0.1, 0.01, 0.0105, 0.001);
    expect(await warmUp(once)).toBe(0.01);
    expect(taken()).toBe(3);
  });

  it("ends after ten runs, or half a second", async () => {
    const unsteady = given(...Array.from({ length: 20 }, (_, index) => 0.01 / 2 ** index));
    expect(await warmUp(unsteady.once)).toBeCloseTo(0.01 / 2 ** 9, 12);
    expect(unsteady.taken()).toBe(10);
    const long = given(0.3, 0.25, 0.1);
    expect(await warmUp(long.once)).toBe(0.25);
    expect(long.taken()).toBe(2);
  });

  it("runs once what is slow", async () => {
    const { once, taken } = given(0.1, 0.01);
    expect(await warmUp(once, 0.05)).toBe(0.1);
    expect(taken()).toBe(1);
  });

  it("gives more than 0 where the clock saw nothing", async () => {
    expect(await warmUp(given(0, 0).once)).toBe(1e-6);
  });
});

describe("the runs of a sample", () => {
  it.each([
    [0.001, 0.0025, 3],
    [0.5, 0.002, 1],
    [1e-6, 1, 2000],
    [1e-3, 0, 1],
  ])("of %d s for a sample of %d s are %i", (seconds, shortest, repeats) => {
    expect(repeatsFor(seconds, shortest)).toBe(repeats);
  });

  it("are as many as are asked for", async () => {
    let runs = 0;
    const seconds = await secondsOfRuns(() => Promise.resolve(runs++), 7);
    expect(runs).toBe(7);
    expect(seconds).toBeGreaterThanOrEqual(0);
  });
});

describe("rounds", () => {
  const compared = ["a", "b", "c"];

  it("sample each once a round, in orders that the seed decides", async () => {
    const ordersOf = async (seed: number): Promise<string[]> => {
      const rounds: string[] = [];
      const complete = await sampleRounds(
        compared,
        (item, round) => {
          rounds[round] = (rounds[round] ?? "") + item;
          return Promise.resolve();
        },
        { rounds: 20, seed },
      );
      expect(complete).toBe(true);
      return rounds;
    };
    const orders = await ordersOf(1);
    expect(orders.map((order) => [...order].sort().join(""))).toEqual(Array(20).fill("abc"));
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(await ordersOf(1)).toEqual(orders);
    expect(await ordersOf(2)).not.toEqual(orders);
  });

  it("end with the sample under way when the signal aborts", async () => {
    const abort = new AbortController();
    let samples = 0;
    const rounds: number[] = [];
    const complete = await sampleRounds(
      compared,
      () => {
        if (++samples === 4) abort.abort();
        return Promise.resolve();
      },
      { rounds: 3, seed: 1, signal: abort.signal, onRound: (round) => rounds.push(round) },
    );
    expect([complete, samples, rounds]).toEqual([false, 4, [1]]);
  });
});
