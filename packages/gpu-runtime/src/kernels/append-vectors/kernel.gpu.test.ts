import { LAYOUTS } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { locate } from "../../testing/vectors-in-memory.ts";
import { appendVectorsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const BATCH = 7;
const FEATURES = 11;
const VECTORS = 20;

describe.each(LAYOUTS)("vectors that lie %s", (from) => {
  describe.each(LAYOUTS)("appended to a cache that lies %s", (to) => {
    it.for([0, 5, 13])("from its vector %i on", (position) => expectRight(position, "f32"));

    it("drops those past its end", () => expectRight(16, "f32"));

    it.for([VECTORS, 2 ** 32 - 3])("drops them all from %i on", (position) =>
      expectRight(position, "f32"),
    );

    it("moves half precision as it is", async ({ skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight(3, "f16");
    });

    async function expectRight(position: number, dtype: "f32" | "f16"): Promise<void> {
      const next = uniform(4);
      // Numbers that half precision has.
      const draw = (length: number): Float32Array =>
        Float32Array.from({ length }, () => Math.round(512 * next()) / 512);
      const [x, before] = [draw(BATCH * FEATURES), draw(VECTORS * FEATURES)];
      const kernel = appendVectorsKernel({
        batch: BATCH,
        features: FEATURES,
        from,
        to,
        dtype,
        vectors: VECTORS,
      });
      const actual = await runKernel(
        gpu,
        kernel,
        { x, position: Uint32Array.of(position) },
        before,
      );
      const expected = before.slice();
      for (let n = 0; n < BATCH && position + n < VECTORS; n++) {
        for (let f = 0; f < FEATURES; f++) {
          const written = locate(to, VECTORS, FEATURES, position + n, f);
          expected[written] = x[locate(from, BATCH, FEATURES, n, f)] as number;
        }
      }
      expect(actual).toEqual(expected);
    }
  });
});

it("refuses what no memory could hold", () => {
  const problem = { batch: 0, features: 1, from: LAYOUTS[0], to: LAYOUTS[0], vectors: 4 } as const;
  expect(() => appendVectorsKernel({ ...problem, dtype: "f32" })).toThrow(
    expect.objectContaining({ code: "KERNEL_PROBLEM" }),
  );
});
