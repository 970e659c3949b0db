import { expect, it } from "vitest";
import { adjacencyOf } from "./adjacency.ts";
import { SparseMatrix } from "./sparse-matrix.ts";

const refused = expect.objectContaining({ code: "SPARSE_MATRIX" });

it("has no more rows than are in proportion to its entries", () => {
  for (const nodes of [2 ** 21, 2 ** 31, 2 ** 32 - 2]) {
    expect(() => adjacencyOf({ nodes, edges: [0, 1] })).toThrow(refused);
  }
  const edges = Uint32Array.from({ length: 2 ** 15 }, (_, index) => index);
  expect(adjacencyOf({ nodes: 2 ** 21, edges }).nonZeros).toBe(2 ** 15);
});

it("names in a few words whatever is not a number", () => {
  let deep: unknown = [];
  for (let level = 0; level < 1e5; level++) deep = [deep];
  for (const value of [deep, "x".repeat(5000), Symbol("s"), {}, null]) {
    const wrong = value as number;
    for (const make of [
      () => adjacencyOf({ nodes: wrong, edges: [0, 0] }),
      () => adjacencyOf({ nodes: 2, edges: [0, wrong] }),
      () => SparseMatrix.fromEntries([1, 1], { rows: [0], columns: [0] }, [wrong]),
    ]) {
      expect(make).toThrow(refused);
      expect(make).toThrow(/^.{1,300}$/);
    }
  }
});
