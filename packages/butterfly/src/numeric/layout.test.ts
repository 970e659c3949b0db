import { describe, expect, it } from "vitest";
import { LAYOUTS, type Layout, requireVectors, stridesOf } from "./layout.ts";

describe("stridesOf", () => {
  it("places each element of a batch once, features or vectors running fastest", () => {
    const batch = 3;
    const features = 5;
    for (const layout of LAYOUTS) {
      const { vector, feature } = stridesOf({ batch, layout }, features);
      const positions = [];
      for (let n = 0; n < batch; n++) {
        for (let f = 0; f < features; f++) positions.push(n * vector + f * feature);
      }
      expect(positions.toSorted((p, q) => p - q)).toEqual([...Array(15).keys()]);
      expect(layout === "batch-first" ? feature : vector).toBe(1);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    "refuses batch %d",
    (batch) => {
      expect(() => stridesOf({ batch, layout: "batch-first" }, 1)).toThrow(
        expect.objectContaining({
          code: "BATCH_INVALID",
          message: expect.stringContaining(`${batch}`),
        }),
      );
    },
  );

  it("refuses an unknown layout by name", () => {
    expect(() => stridesOf({ batch: 1, layout: "batch-middle" as Layout }, 1)).toThrow(
      expect.objectContaining({
        code: "LAYOUT_INVALID",
        message: expect.stringContaining('"batch-middle"'),
      }),
    );
  });
});

describe("requireVectors", () => {
  it("accepts whole batches and names the figures otherwise", () => {
    expect(() => requireVectors("input", 12, 4, 3)).not.toThrow();
    expect(() => requireVectors("input", 11, 4, 3)).toThrow(
      expect.objectContaining({
        code: "INPUT_LENGTH",
        message: "The input has 11 elements, but 3 vectors of 4 make 12.",
      }),
    );
    expect(() => requireVectors("output", 0, 4, 3)).toThrow(
      expect.objectContaining({ code: "OUTPUT_LENGTH" }),
    );
    expect(() => requireVectors("input", 0, 4, 0)).toThrow(
      expect.objectContaining({ code: "BATCH_INVALID" }),
    );
  });
});
