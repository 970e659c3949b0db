import { LAYOUTS, Pattern } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portionBytes, portionsOf } from "./portions.ts";

const limits = { size: 2 ** 16, alignment: 256 };
const problems = fc.record({
  pattern: fc
    .tuple(
      fc.integer({ min: 1, max: 24 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 8 }),
    )
    .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  shape: fc.record({
    batch: fc.integer({ min: 1, max: 2000 }),
    layout: fc.constantFrom(...LAYOUTS),
    dtype: fc.constantFrom("f32" as const, "f16" as const),
  }),
});

/** The portions, or undefined where there are none that are small enough. */
function divided(
  ...input: Parameters<typeof portionsOf>
): ReturnType<typeof portionsOf> | undefined {
  try {
    return portionsOf(...input);
  } catch (error) {
    expect(error).toMatchObject({ code: "BUFFER_TOO_LARGE" });
    return undefined;
  }
}

describe("a multiplication that is too large to bind", () => {
  it("is divided into parts that can be bound, each vector and block in one of them", () => {
    let several = 0;
    fc.assert(
      fc.property(problems, ({ pattern, shape }) => {
        const { b, c, d } = pattern;
        const { bytes } = FLOAT_FORMATS[shape.dtype];
        const portions = divided(pattern, shape, limits);
        if (portions === undefined) return;
        if (portions.length > 1) several++;
        for (const [rowsOfBlock, total] of [
          [c * d, pattern.cols],
          [b * d, pattern.rows],
        ] as const) {
          let end = 0;
          for (const portion of portions) {
            const { a } = portion.pattern;
            const { offset, size } = portionBytes(portion, rowsOfBlock, a);
            expect(offset).toBe(end);
            expect(offset % 256).toBe(0);
            expect(size).toBeLessThanOrEqual(limits.size);
            end = offset + portion.shape.batch * a * rowsOfBlock * bytes;
          }
          expect(end).toBe(shape.batch * total * bytes);
        }
        for (const { pattern: part } of portions) {
          expect(part.nonZeros * bytes).toBeLessThanOrEqual(limits.size);
        }
      }),
      { numRuns: 500 },
    );
    expect(several).toBeGreaterThan(50);
  });

  it("is refused where neither vectors nor super-blocks can be divided", () => {
    const shape = { batch: 16384, layout: "batch-last", dtype: "f32" } as const;
    expect(divided(new Pattern(1, 4, 4, 4), shape, limits)).toBeUndefined();
    expect(divided(new Pattern(16, 4, 4, 1), shape, limits)).toBeUndefined();
    expect(divided(new Pattern(16, 1, 1, 1), shape, limits)).toHaveLength(16);
  });
});
