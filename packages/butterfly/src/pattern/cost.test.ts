import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Chain } from "./chain.ts";
import { chainCost, cost, denseFlops, type ImplementationName, rewritingBytes } from "./cost.ts";
import { Pattern } from "./pattern.ts";

const entry = fc.integer({ min: 1, max: 64 });
const patterns = fc
  .tuple(entry, entry, entry, entry)
  .map(([a, b, c, d]) => new Pattern(a, b, c, d));
const batches = fc.integer({ min: 1, max: 1024 });

describe("cost", () => {
  it("counts the arithmetic and the bytes of one factor", () => {
    expect(cost(Pattern.parse("2,3,5,7"), 10, "f32")).toEqual({
      flops: 2 * 10 * 210,
      bytes: { input: 4 * 10 * 70, output: 4 * 10 * 42, values: 4 * 210, total: 5320 },
      intensity: 4200 / 5320,
      ratio: 8 / 15,
    });
  });

  it("moves half the bytes in half precision for the same arithmetic", () => {
    fc.assert(
      fc.property(patterns, batches, (pattern, batch) => {
        const [single, half] = [cost(pattern, batch, "f32"), cost(pattern, batch, "f16")];
        expect(half.flops).toBe(single.flops);
        expect(2 * half.bytes.total).toBe(single.bytes.total);
        expect(half.intensity).toBe(2 * single.intensity);
        expect(half.ratio).toBe(single.ratio);
      }),
    );
  });

  it("has the paper's ratio: activations moved for each multiplication", () => {
    fc.assert(
      fc.property(patterns, batches, (pattern, batch) => {
        const { bytes, flops, ratio } = cost(pattern, batch, "f32");
        const moved = (bytes.input + bytes.output) / 4;
        expect(ratio).toBeCloseTo(moved / (flops / 2), 12);
      }),
    );
  });

  it("saves arithmetic over the dense matrix by the density", () => {
    fc.assert(
      fc.property(patterns, batches, (pattern, batch) => {
        expect(denseFlops(pattern, batch)).toBe(cost(pattern, batch, "f32").flops * pattern.blocks);
      }),
    );
  });

  it.each([0, -1, 0.5, Number.NaN])("refuses batch %d", (batch) => {
    const pattern = new Pattern(1, 1, 1, 1);
    const refusal = expect.objectContaining({ code: "BATCH_INVALID" });
    expect(() => cost(pattern, batch, "f32")).toThrow(refusal);
    expect(() => denseFlops(pattern, batch)).toThrow(refusal);
    expect(() => rewritingBytes("bmm", pattern, batch, "f32")).toThrow(refusal);
    expect(() => chainCost(Chain.squareDyadic(2), batch, "f32")).toThrow(refusal);
  });
});

describe("chainCost", () => {
  it("is the sum over the factors", () => {
    const chain = Chain.monarch({ rows: 48, cols: 64, blocks: 8 });
    const factors = chain.patterns.map((pattern) => cost(pattern, 16, "f16"));
    const { flops, bytes, intensity } = chainCost(chain, 16, "f16");
    expect(flops).toBe(factors.reduce((sum, factor) => sum + factor.flops, 0));
    for (const part of ["input", "output", "values", "total"] as const) {
      expect(bytes[part]).toBe(factors.reduce((sum, factor) => sum + factor.bytes[part], 0));
    }
    expect(intensity).toBe(flops / bytes.total);
  });
});

describe("rewritingBytes", () => {
  it.each<ImplementationName>(["bmm", "bsr"])(
    "%s reads and writes both sides once more",
    (name) => {
      expect(rewritingBytes(name, Pattern.parse("2,3,5,7"), 10, "f32")).toBe(
        2 * 4 * 10 * (70 + 42),
      );
      expect(rewritingBytes(name, Pattern.parse("2,3,5,7"), 10, "f16")).toBe(
        2 * 2 * 10 * (70 + 42),
      );
      expect(rewritingBytes(name, Pattern.parse("2,3,5,1"), 10, "f32")).toBe(0);
    },
  );

  it.each<ImplementationName>(["kronecker-sparse", "einsum", "dense", "csr"])(
    "%s rewrites nothing",
    (name) => {
      expect(rewritingBytes(name, Pattern.parse("2,3,5,7"), 10, "f32")).toBe(0);
    },
  );
});
