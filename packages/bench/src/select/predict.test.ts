import { Chain, Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findImplementation } from "../implementations/registry.ts";
import { testRates } from "../testing/results.ts";
import { predictSeconds, workOf } from "./predict.ts";

const part = fc.integer({ min: 1, max: 64 });
const pattern = fc.tuple(part, part, part, part).map((entries) => new Pattern(...entries));
const batch = fc.integer({ min: 1, max: 4096 });
const dtype = fc.constantFrom("f32" as const, "f16" as const);

function ofOne(implementation: string, one: Pattern, size: number): number {
  return predictSeconds(
    implementation,
    { chain: Chain.of([one]), batch: size, dtype: "f32" },
    testRates,
  );
}

describe("the work of an implementation", () => {
  it("is what the pattern says", () => {
    const one = Pattern.parse("4,64,64,4");
    const vectors = 2 * 128 * 1024 * 4;
    const fused = { bytes: vectors + 4 * 65536, flops: 2 * 128 * 65536, dispatches: 1 };
    expect(workOf("kronecker-sparse", one, 128, "f32")).toEqual(fused);
    expect(workOf("bmm", one, 128, "f32")).toEqual({
      bytes: fused.bytes + 2 * vectors,
      flops: fused.flops,
      dispatches: 3,
    });
    expect(workOf("csr", one, 128, "f32").bytes).toBe(fused.bytes + 4 * 65536);
    expect(workOf("dense", one, 128, "f32")).toEqual({
      bytes: vectors + 4 * 1024 * 1024,
      flops: 2 * 128 * 1024 * 1024,
      dispatches: 1,
    });
  });

  it("is least for the fused kernel, and no more for one that nothing is known of", () => {
    fc.assert(
      fc.property(pattern, batch, dtype, (one, size, storage) => {
        const fused = workOf("kronecker-sparse", one, size, storage);
        expect(workOf("somebody's own", one, size, storage)).toEqual(fused);
        for (const name of ["bmm", "bsr", "csr", "dense", "einsum"]) {
          const work = workOf(name, one, size, storage);
          expect(work.bytes).toBeGreaterThanOrEqual(fused.bytes);
          expect(work.flops).toBeGreaterThanOrEqual(fused.flops);
          expect(work.dispatches).toBeGreaterThanOrEqual(fused.dispatches);
        }
      }),
    );
  });
});

describe("a predicted time", () => {
  it("is the slower of memory and arithmetic, and the dispatches", () => {
    const idle = { copyBytesPerSecond: 1e30, flopsPerSecond: 1e30, dispatchSeconds: 1e-3 };
    const item = { chain: Chain.parse("4,64,64,4"), batch: 128, dtype: "f32" } as const;
    expect(predictSeconds("bmm", item, idle)).toBeCloseTo(3e-3, 12);
    expect(predictSeconds("kronecker-sparse", item, { ...idle, flopsPerSecond: 1e9 })).toBeCloseTo(
      (2 * 128 * 65536) / 1e9 + 1e-3,
      12,
    );
  });

  it("is finite, positive, and grows with the batch", () => {
    fc.assert(
      fc.property(
        pattern,
        batch,
        fc.constantFrom("kronecker-sparse", "bmm", "bsr", "csr", "dense", "einsum", "mine"),
        (one, size, name) => {
          const seconds = ofOne(name, one, size);
          expect(seconds).toBeGreaterThan(0);
          expect(Number.isFinite(seconds)).toBe(true);
          expect(ofOne(name, one, size + 1)).toBeGreaterThanOrEqual(seconds);
        },
      ),
    );
  });

  it("of a chain is the sum over its factors, or that of the product", () => {
    const chain = Chain.parse("1,32,32,32;32,32,32,1");
    const item = { chain, batch: 128, dtype: "f32" } as const;
    const [left, right] = chain.patterns as [Pattern, Pattern];
    expect(predictSeconds("bmm", item, testRates)).toBeCloseTo(
      ofOne("bmm", left, 128) + ofOne("bmm", right, 128),
      12,
    );
    const merged = findImplementation("dense").arithmetic === "product";
    const whole = merged
      ? ofOne("dense", chain.product(), 128)
      : ofOne("dense", left, 128) + ofOne("dense", right, 128);
    expect(predictSeconds("dense", item, testRates)).toBeCloseTo(whole, 12);
    const turning = { ...item, chain: Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2") };
    const entries = ofOne("dense", new Pattern(1, 8, 4, 1), 128);
    expect(predictSeconds("dense", turning, testRates)).toBeCloseTo(entries, 12);
  });
});
