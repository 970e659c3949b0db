import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Lifetime, planArena } from "./arena-plan.ts";

const lifetimes = fc.array(
  fc
    .record({
      size: fc.integer({ min: 1, max: 4096 }).map((units) => 16 * units),
      from: fc.nat(12),
      steps: fc.nat(5),
    })
    .map(({ size, from, steps }): Lifetime => ({ size, first: from, last: from + steps })),
  { maxLength: 20 },
);

describe("an arena", () => {
  it("gives what is needed at the same time memory of its own, aligned", () => {
    fc.assert(
      fc.property(lifetimes, (items) => {
        const { offsets, bytes, lowerBound, byOrder } = planArena(items, 256);
        expect(bytes).toBeGreaterThanOrEqual(lowerBound);
        expect(bytes).toBe(Math.min(byOrder.size, byOrder.breadth));
        items.forEach((item, index) => {
          const offset = offsets[index] as number;
          expect(offset % 256).toBe(0);
          expect(offset + item.size).toBeLessThanOrEqual(bytes);
          items.slice(0, index).forEach((other, earlier) => {
            if (other.last < item.first || item.last < other.first) return;
            const start = offsets[earlier] as number;
            expect(start + other.size <= offset || offset + item.size <= start).toBe(true);
          });
        });
      }),
      { numRuns: 300 },
    );
  });

  it("of a chain holds two neighbours and no more", () => {
    const sizes = [1024, 4096, 512, 4096, 2048, 256];
    const items = sizes.map((size, index) => ({ size, first: index, last: index + 1 }));
    const { bytes, lowerBound } = planArena(items, 256);
    expect(lowerBound).toBe(6144);
    expect(bytes).toBe(lowerBound);
  });

  it("keeps the order that is better", () => {
    // Largest first puts the two of 5 KiB at the bottom, and the long-lived one above both.
    const KIB = 1024;
    const items = [
      { size: 5 * KIB, first: 0, last: 0 },
      { size: 5 * KIB, first: 2, last: 2 },
      { size: 4 * KIB, first: 1, last: 2 },
      { size: 3 * KIB, first: 0, last: 1 },
    ];
    const { bytes, byOrder, lowerBound } = planArena(items, 256);
    expect(bytes).toBe(Math.min(byOrder.size, byOrder.breadth));
    expect(lowerBound).toBe(9 * KIB);
  });

  it("without anything to place is empty", () => {
    expect(planArena([], 256)).toEqual({
      offsets: [],
      bytes: 0,
      lowerBound: 0,
      byOrder: { size: 0, breadth: 0 },
    });
  });
});
