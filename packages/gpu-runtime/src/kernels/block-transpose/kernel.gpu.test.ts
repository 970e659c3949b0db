import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { type BlockTranspose, blockTransposeKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Whole numbers, which are exact, laid out anew. */
async function expectTransposed(problem: Omit<BlockTranspose, "dtype">): Promise<void> {
  const { outer, rows, columns, inner } = problem;
  const source = Float32Array.from({ length: outer * rows * columns * inner }, (_, at) => at);
  const expected = new Float32Array(source.length);
  for (let at = 0; at < source.length; at++) {
    const position = at % inner;
    const column = Math.floor(at / inner) % columns;
    const row = Math.floor(at / (inner * columns)) % rows;
    const matrix = Math.floor(at / (inner * columns * rows));
    expected[((matrix * columns + column) * rows + row) * inner + position] = at;
  }
  const { bindings, ...kernel } = blockTransposeKernel({ ...problem, dtype: "f32" });
  const named = bindings.map((binding) =>
    binding.name === "destination" ? { ...binding, name: "y" } : binding,
  );
  const wgsl = kernel.wgsl.replaceAll("destination", "y");
  const found = await runKernel(
    gpu,
    { ...kernel, wgsl, bindings: named },
    { source },
    source.length,
  );
  expect(found).toEqual(expected);
}

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

it("exchanges the middle axes", async () => {
  const problems = fc.record({
    outer: size(3),
    rows: fc.oneof(size(9), fc.constantFrom(16, 24)),
    columns: fc.oneof(size(9), fc.constantFrom(16, 24)),
    inner: fc.oneof(size(6), fc.constant(1)),
  });
  await fc.assert(fc.asyncProperty(problems, expectTransposed), { numRuns: 16 });
});

it.each([
  [1, 128, 160],
  [2, 136, 130],
  [1, 140, 129],
])("exchanges the axes of %i matrices of %i x %i, which outgrow a cache", (outer, rows, columns) =>
  expectTransposed({ outer, rows, columns, inner: 1 }),
);
