import { describe, expect, it } from "vitest";
import { sampler } from "./sampling.ts";

const LOGITS = Float32Array.of(0, Math.log(2), Math.log(5), Math.log(2), -100);

function counts(choose: (logits: Float32Array) => number, draws: number): number[] {
  const found = [0, 0, 0, 0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const token = choose(LOGITS);
    found[token] = (found[token] as number) + 1;
  }
  return found;
}

describe("sampling", () => {
  it("takes the most likely token, the first of equals, without a temperature", () => {
    expect(counts(sampler(), 3)).toEqual([0, 0, 3, 0, 0]);
    expect(sampler()(Float32Array.of(1, 3, 3))).toBe(1);
  });

  it("draws tokens as often as their probabilities say", () => {
    const draws = 20_000;
    const [a, b, c, d, e] = counts(sampler({ temperature: 1, seed: 1 }), draws);
    // Probabilities 0.1, 0.2, 0.5 and 0.2, within six standard deviations.
    const near = (share: number): [number, number] => {
      const deviation = 6 * Math.sqrt(share * (1 - share) * draws);
      return [share * draws - deviation, share * draws + deviation];
    };
    for (const [found, share] of [
      [a, 0.1],
      [b, 0.2],
      [c, 0.5],
      [d, 0.2],
    ] as const) {
      const [low, high] = near(share);
      expect(found).toBeGreaterThan(low);
      expect(found).toBeLessThan(high);
    }
    expect(e).toBe(0);
  });

  it("leaves out what topK and topP leave out", () => {
    const top = counts(sampler({ temperature: 1, topK: 2, seed: 2 }), 2000);
    // Of the two with the same logits the first counts.
    expect(top.map((count) => count > 0)).toEqual([false, true, true, false, false]);
    const nucleus = counts(sampler({ temperature: 1, topP: 0.6, seed: 3 }), 2000);
    expect(nucleus.map((count) => count > 0)).toEqual([false, true, true, false, false]);
    const one = counts(sampler({ temperature: 1, topP: 0.1, seed: 3 }), 100);
    expect(one).toEqual([0, 0, 100, 0, 0]);
  });

  it("sharpens with a low temperature and repeats itself with a seed", () => {
    const cold = counts(sampler({ temperature: 0.05, seed: 4 }), 500);
    expect(cold).toEqual([0, 0, 500, 0, 0]);
    const draw = (seed: number): number[] => {
      const choose = sampler({ temperature: 2, seed });
      return Array.from({ length: 40 }, () => choose(LOGITS));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it("refuses logits that are NaN or infinite, however it chooses", () => {
    const samplers = [
      {},
      { temperature: 1 },
      { topK: 2, temperature: 1 },
      { topP: 0.5, temperature: 0.1 },
    ];
    const nan = Float32Array.of(1, Number.NaN, 3);
    const infinite = Float32Array.of(1, 2, Number.POSITIVE_INFINITY);
    const nothing = new Float32Array(3).fill(Number.NEGATIVE_INFINITY);
    for (const options of samplers) {
      for (const logits of [nan, infinite, nothing, new Float32Array()]) {
        expect(() => sampler(options)(logits)).toThrow(
          expect.objectContaining({ code: "LOGITS_INVALID" }),
        );
      }
    }
  });

  it("never takes a token that minus infinity rules out", () => {
    const out = Number.NEGATIVE_INFINITY;
    for (const options of [{}, { temperature: 1 }, { temperature: 5, topK: 3 }]) {
      const choose = sampler(options);
      for (let draw = 0; draw < 50; draw++) {
        expect([1, 3]).toContain(choose(Float32Array.of(out, 0, out, 0.5, out)));
      }
    }
  });

  it.each([
    { temperature: -1 },
    { temperature: Number.NaN },
    { topK: 0 },
    { topK: 1.5 },
    { topP: 0 },
    { topP: 1.1 },
  ])("refuses %o", (options) => {
    expect(() => sampler(options)).toThrow(expect.objectContaining({ code: "SAMPLING_OPTION" }));
  });
});
