import { describe, expect, it } from "vitest";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import { parameter } from "../testing/draw.ts";
import { activate } from "./activation/operation.ts";
import { aggregate } from "./aggregate/operation.ts";
import { reduceVectors } from "./reduce-vectors/operation.ts";
import { rotary } from "./rotary/operation.ts";

const none = "none of these" as never;

describe("a choice that there is not", () => {
  it.each([
    ["an activation", (x) => activate(x, { kind: none })],
    ["an activation from a prototype", (x) => activate(x, { kind: "toString" as never })],
    ["an approximation", (x) => activate(x, { kind: "gelu", approximate: none })],
    ["a reduction", (x) => reduceVectors(x, { period: 2, reduce: none })],
    [
      "a reduction of neighbours",
      (x) =>
        aggregate(x, SparseMatrix.fromEntries([2, 2], { rows: [0], columns: [1] }), {
          reduce: none,
        }),
    ],
    [
      "a style of rotation",
      (x) =>
        rotary(x, {
          headFeatures: 4,
          period: 2,
          style: none,
          cosines: parameter([2, 2], 1),
          sines: parameter([2, 2], 2),
        }),
    ],
  ] as [string, (x: ReturnType<Graph["input"]>) => unknown][])(
    "is refused when a graph is traced: %s",
    (_, add) => {
      const x = new Graph().input("x", { vectors: 2, features: 4 });
      expect(() => add(x)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
      expect(x.graph.operations).toEqual([]);
    },
  );

  it("is refused of a model on the CPU", () => {
    for (const options of [{ precision: none }, { kernels: none }]) {
      expect(() => new CpuModel(new Graph(), options)).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID" }),
      );
    }
  });
});
