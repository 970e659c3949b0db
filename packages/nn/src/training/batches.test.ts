import { describe, expect, it } from "vitest";
import { augmentImages } from "./augment.ts";
import { randomWindows, shuffledBatches, splitExamples } from "./batches.ts";

const invalid = expect.objectContaining({ code: "OPTION_INVALID" });

describe("the order of examples", () => {
  it("has each example once in a pass, and passes differ", () => {
    const order = shuffledBatches({ examples: 10, batch: 4, seed: 3 });
    const all = Array.from({ length: 5 }, (_, run) => [...order(run)]).flat();
    const passes = [all.slice(0, 10), all.slice(10)];
    for (const pass of passes)
      expect(pass.toSorted((p, q) => p - q)).toEqual([...Array(10).keys()]);
    expect(passes[0]).not.toEqual(passes[1]);
  });

  it("depends on the seed and the number of the batch alone", () => {
    const options = { examples: 100, batch: 7, seed: 1 };
    const forwards = shuffledBatches(options);
    const seen = Array.from({ length: 40 }, (_, run) => [...forwards(run)]);
    const jumping = shuffledBatches(options);
    for (const run of [39, 0, 20, 14, 15]) expect([...jumping(run)]).toEqual(seen[run]);
    expect([...shuffledBatches({ ...options, seed: 2 })(0)]).not.toEqual(seen[0]);
  });

  it("has windows that are followed by a token, at both ends too", () => {
    const starts = randomWindows({ tokens: 6, context: 3, batch: 50, seed: 0 });
    expect(new Set(starts(0))).toEqual(new Set([0, 1, 2]));
    expect(starts(7)).toEqual(starts(7));
    expect(starts(7)).not.toEqual(starts(8));
    expect(() => randomWindows({ tokens: 3, context: 3, batch: 1, seed: 0 })).toThrow(invalid);
  });

  it("divides examples into two parts", () => {
    const { train, validation } = splitExamples({ examples: 20, share: 0.1, seed: 5 });
    expect(validation.length).toBe(2);
    expect([...train, ...validation].toSorted((p, q) => p - q)).toEqual([...Array(20).keys()]);
    expect(splitExamples({ examples: 20, share: 0, seed: 5 }).validation.length).toBe(0);
    expect(splitExamples({ examples: 3, share: 0.01, seed: 5 }).validation.length).toBe(1);
    expect(() => splitExamples({ examples: 1, share: 0.5, seed: 5 })).toThrow(invalid);
    expect(() => splitExamples({ examples: 9, share: 1, seed: 5 })).toThrow(invalid);
  });
});

describe("augmentation", () => {
  const image = Float32Array.from({ length: 12 }, (_, at) => at + 1);

  it("moves and mirrors all channels alike, and zeros come in", () => {
    // [2 channels, 2, 3]: what may come out, by hand.
    const found = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      found.add([...augmentImages(image, [2, 2, 3], { shift: 1, flip: true }, seed)].join());
    }
    const expected = new Set<string>();
    for (const down of [-1, 0, 1]) {
      for (const right of [-1, 0, 1]) {
        for (const mirrored of [false, true]) {
          const pixels: number[] = [];
          for (const base of [0, 6]) {
            const rows = [
              [0, 0, 0, 0, 0],
              ...[0, 1].map((y) => [0, ...image.slice(base + 3 * y, base + 3 * y + 3), 0]),
              [0, 0, 0, 0, 0],
            ];
            for (const y of [0, 1]) {
              const row = (rows[y + 1 + down] as number[]).slice(1 + right, 4 + right);
              pixels.push(...(mirrored ? row.toReversed() : row));
            }
          }
          expected.add(pixels.join());
        }
      }
    }
    expect(found).toEqual(expected);
  });

  it("changes nothing where nothing is asked for", () => {
    expect(augmentImages(image, [2, 2, 3], {}, 9)).toEqual(image);
  });
});
