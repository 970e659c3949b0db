import { describe, expect, it } from "vitest";
import { adjacencyOf, normalizedAdjacency, withSelfLoops } from "../adjacency/adjacency.ts";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Parameter } from "../modules/parameter.ts";
import { activate } from "../operations/activation/operation.ts";
import { addPositions } from "../operations/add-positions/operation.ts";
import { addVector } from "../operations/add-vector/operation.ts";
import { attention } from "../operations/attention/operation.ts";
import { add } from "../operations/combine/operation.ts";
import { gatherFeatures } from "../operations/gather-features/operation.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";
import { linear } from "../operations/linear/operation.ts";
import { normalize } from "../operations/normalize/operation.ts";
import { pool } from "../operations/pool/operation.ts";
import { rotary } from "../operations/rotary/operation.ts";
import { unfold } from "../operations/unfold/operation.ts";
import { numbers, parameter } from "../testing/draw.ts";
import { Graph } from "./graph.ts";
import type { Value } from "./value.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

function input(vectors: number, features: number): Value {
  return new Graph().input("x", { vectors, features });
}

describe("a graph", () => {
  it("lists what goes in, what comes out and what is done, in order", () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 4, features: 3 });
    const y = activate(linear(x, parameter([5, 3], 1), { path: "layer" }), { kind: "relu" });
    graph.output("y", y);
    expect([...graph.inputs.keys(), ...graph.outputs.keys()]).toEqual(["x", "y"]);
    expect(graph.operations.map(({ kind, path }) => [kind, path])).toEqual([
      ["linear", "layer"],
      ["activation", ""],
    ]);
    expect([y.vectors, y.features]).toEqual([4, 5]);
  });

  it("refuses names that are taken, sizes that are not valid, and values of another graph", () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 2, features: 2 });
    graph.output("y", x);
    expect(() => graph.input("x", { vectors: 1, features: 1 })).toThrow(code("GRAPH_NAME"));
    expect(() => graph.indices("x", 1)).toThrow(code("GRAPH_NAME"));
    expect(() => graph.output("y", x)).toThrow(code("GRAPH_NAME"));
    expect(() => graph.input("z", { vectors: 0, features: 1 })).toThrow(code("GRAPH_SHAPE"));
    expect(() => graph.input("z", { vectors: 2 ** 20, features: 2 ** 13 })).toThrow(
      code("GRAPH_SHAPE"),
    );
    expect(() => graph.indices("z", 1.5)).toThrow(code("GRAPH_SHAPE"));
    expect(() => add(x, input(2, 2))).toThrow(code("GRAPH_MIXED"));
  });

  it("refuses operands that do not fit, by the module's name", () => {
    const x = input(6, 4);
    const shape = code("GRAPH_SHAPE");
    expect(() => linear(x, parameter([5, 3], 1), { path: "mlp.up" })).toThrow(/^In mlp\.up, 6 vec/);
    expect(() => linear(x, parameter([5, 4], 1), { bias: parameter([4], 2) })).toThrow(shape);
    expect(() => addVector(x, parameter([3], 1))).toThrow(shape);
    expect(() => gatherFeatures(x, Uint32Array.of(4))).toThrow(shape);
    expect(() => normalize(x, { norm: "rms", epsilon: 0, weight: parameter([3], 1) })).toThrow(
      shape,
    );
    expect(() => addPositions(x, parameter([6, 4], 1), { period: 4 })).toThrow(shape);
    expect(() => addPositions(x, parameter([5, 4], 1), { period: 6 })).toThrow(shape);
    const heads = { sequences: 1, keyValueHeads: 1, causal: true };
    expect(() => attention(x, x, x, { ...heads, heads: 3 })).toThrow(shape);
    expect(() => attention(x, x, x, { ...heads, heads: 2 })).toThrow(shape);
    expect(() => attention(x, x, x, { ...heads, heads: 1, sequences: 4 })).toThrow(shape);
    const tables = { cosines: parameter([6, 1], 1), sines: parameter([6, 1], 2) };
    const turned = { style: "halves", period: 6, ...tables } as const;
    expect(() => rotary(x, { ...turned, headFeatures: 3 })).toThrow(shape);
    const one = { images: 1, channels: 4, kernel: [3, 3], stride: [1, 1] } as const;
    const window = { ...one, size: [2, 3], padding: [0, 0], dilation: [1, 1] } as const;
    expect(() => pool(x, window, { pool: "max" })).toThrow(shape);
    expect(() => unfold(x, { ...window, size: [2, 2] }, { source: "pixels" })).toThrow(shape);
  });

  it("checks the numbers of a run", async () => {
    const graph = new Graph();
    const ids = graph.indices("ids", 2);
    graph.output("y", gatherVectors(parameter([3, 4], 1), ids));
    const model = new CpuModel(graph);
    const run = (inputs: Parameters<typeof model.run>[0]): Promise<unknown> => model.run(inputs);
    await expect(run({ ids: Uint32Array.of(0, 3) })).rejects.toEqual(code("INDEX_RANGE"));
    await expect(run({ ids: Uint32Array.of(0) })).rejects.toEqual(code("INPUT_LENGTH"));
    await expect(run({ ids: Float32Array.of(0, 1) })).rejects.toEqual(code("INPUT_MISSING"));
    await expect(run({})).rejects.toEqual(code("INPUT_MISSING"));
    await expect(run({ ids: Uint32Array.of(0, 1), more: numbers(1, 1) })).rejects.toEqual(
      code("INPUT_MISSING"),
    );
    expect(await run({ ids: Uint32Array.of(0, 2) })).toBeDefined();
    const fixed = graph.fixed("some", Uint32Array.of(5));
    expect(() => gatherVectors(parameter([5, 4], 1), fixed)).toThrow(code("INDEX_RANGE"));
  });
});

const RECTANGULAR = SparseMatrix.fromEntries([2, 3], { rows: [0], columns: [2] });

function fromEntries(
  rows: readonly number[],
  columns: readonly number[],
  values?: readonly number[],
): SparseMatrix {
  return SparseMatrix.fromEntries([4, 4], { rows, columns }, values);
}

describe("a sparse matrix", () => {
  it("is made of entries in any order", () => {
    const entries = { rows: [2, 0, 2], columns: [1, 3, 0] };
    const matrix = SparseMatrix.fromEntries([3, 4], entries, Float32Array.of(5, 6, 7));
    expect([...matrix.starts]).toEqual([0, 1, 1, 3]);
    expect([...matrix.columns]).toEqual([3, 1, 0]);
    expect([...(matrix.values ?? [])]).toEqual([6, 5, 7]);
  });

  it("refuses arrays that describe none", () => {
    const make = (starts: number[], columns: number[], values?: Float32Array) => () =>
      new SparseMatrix([2, 3], Uint32Array.from(starts), Uint32Array.from(columns), values);
    const refused = code("SPARSE_MATRIX");
    expect(make([0, 1], [0])).toThrow(refused);
    expect(make([0, 2, 1], [0])).toThrow(refused);
    expect(make([0, 1, 2], [0, 3])).toThrow(refused);
    expect(make([1, 1, 1], [0])).toThrow(refused);
    expect(make([0, 1, 1], [0], new Float32Array(2))).toThrow(refused);
    const row = { rows: [2], columns: [0] };
    expect(() => SparseMatrix.fromEntries([2, 3], row)).toThrow(refused);
  });

  it("adds up entries that are given twice, and counts edges without weights once", () => {
    const entries = { rows: [1, 0, 1, 1, 0], columns: [2, 0, 2, 1, 0] };
    const weighted = SparseMatrix.fromEntries([2, 3], entries, [1, 2, 0.25, 4, -2]);
    expect([...weighted.starts]).toEqual([0, 1, 3]);
    expect([...weighted.columns]).toEqual([0, 2, 1]);
    expect([...(weighted.values ?? [])]).toEqual([0, 1.25, 4]);
    const edges = SparseMatrix.fromEntries([2, 3], entries);
    expect([edges.nonZeros, edges.values]).toEqual([3, undefined]);
    const once = adjacencyOf({ nodes: 4, edges: [0, 1, 2, 2, 1, 3] });
    const often = adjacencyOf({ nodes: 4, edges: [0, 1, 1, 0, 2, 2, 0, 1, 2, 2, 1, 3, 3, 1] });
    expect(often).toEqual(once);
    expect(once.nonZeros).toBe(5);
  });

  it.each<[string, () => SparseMatrix]>([
    ["an index of 1.5", () => adjacencyOf({ nodes: 3, edges: [0, 1.5] })],
    ["a missing index", () => adjacencyOf({ nodes: 3, edges: [0, undefined as never] })],
    ["a text", () => adjacencyOf({ nodes: 3, edges: [0, "1" as never] })],
    ["a bigint", () => adjacencyOf({ nodes: 3, edges: BigInt64Array.of(0n, 1n) as never })],
    ["NaN", () => adjacencyOf({ nodes: 3, edges: [0, Number.NaN] })],
    ["an index below zero", () => adjacencyOf({ nodes: 3, edges: [0, -1] })],
    ["a node that there is not", () => adjacencyOf({ nodes: 3, edges: [0, 3] })],
    ["an odd list of edges", () => adjacencyOf({ nodes: 3, edges: [0, 1, 2] })],
    ["nodes of 2.5", () => adjacencyOf({ nodes: 2.5, edges: [] })],
    ["no nodes", () => adjacencyOf({ nodes: 0, edges: [] })],
    ["more nodes than 32 bits", () => adjacencyOf({ nodes: 2 ** 32, edges: [] })],
    ["fewer columns than rows", () => fromEntries([0, 1], [0])],
    ["columns that are no array", () => fromEntries([0], undefined as never)],
    ["a column of -1", () => fromEntries([0], [-1])],
    ["a column of 0.5", () => fromEntries([0], [0.5])],
    ["fewer values than entries", () => fromEntries([0, 1], [0, 1], [1])],
    ["a value that is NaN", () => fromEntries([0], [0], [Number.NaN])],
    ["a missing value", () => fromEntries([0, 1], [0, 1], [1, undefined as never])],
    ["a value beyond float32", () => fromEntries([0], [0], [1e39])],
    ["values whose sum is beyond float32", () => fromEntries([0, 0], [0, 0], [3e38, 3e38])],
    ["a column twice in a row", () => new SparseMatrix([1, 2], [0, 2], [1, 1])],
    ["a start of -1", () => new SparseMatrix([1, 2], Int32Array.of(-1, 1), [0])],
    ["a column of -1, in rows", () => new SparseMatrix([1, 2], [0, 1], Int32Array.of(-1))],
    ["a value that is infinite, in rows", () => new SparseMatrix([1, 2], [0, 1], [0], [Infinity])],
    ["self-loops of what is not square", () => withSelfLoops(RECTANGULAR)],
    ["a normalization of what is not square", () => normalizedAdjacency(RECTANGULAR)],
    ["a degree below zero", () => normalizedAdjacency(fromEntries([0, 1], [1, 0], [-3, 1]))],
  ])("refuses %s", (_, make) => {
    expect(make).toThrow(code("SPARSE_MATRIX"));
  });

  it("is normalized by the weights of its edges, as PyTorch Geometric does", () => {
    // A directed graph: two ways between 0 and 1, a self-loop of weight 3, an edge given twice, and
    // node 3, whose weights add up to zero with its self-loop.
    const edges = [
      [0, 1, 0.5],
      [1, 0, 2],
      [1, 2, 0.25],
      [1, 2, 0.75],
      [2, 2, 3],
      [3, 0, -1],
      [0, 3, 4],
    ] as const;
    const size = 4;
    const dense = Array.from({ length: size }, () => new Float64Array(size));
    for (const [row, column, weight] of edges) {
      const cells = dense[row] as Float64Array;
      cells[column] = (cells[column] as number) + weight;
    }
    // gcn_norm: remaining self-loops get 1, degrees are sums of rows, and 1 / √0 counts as 0.
    dense.forEach((cells, node) => {
      cells[node] ||= 1;
    });
    const root = dense.map((cells) => {
      const degree = cells.reduce((sum, weight) => sum + weight, 0);
      return degree === 0 ? 0 : degree ** -0.5;
    });
    const graph = fromEntries(
      edges.map(([row]) => row),
      edges.map(([, column]) => column),
      edges.map(([, , weight]) => weight),
    );
    const { starts, columns, values } = normalizedAdjacency(graph);
    const found = Array.from({ length: size }, () => new Float64Array(size));
    for (let row = 0; row < size; row++) {
      for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
        (found[row] as Float64Array)[columns[entry] as number] = values?.[entry] as number;
      }
    }
    const expected = dense.map((cells, row) =>
      cells.map((weight, column) => (root[row] as number) * weight * (root[column] as number)),
    );
    expect(found.map((cells) => [...cells])).toEqual(
      expected.map((cells) => [...cells].map(Math.fround)),
    );
  });

  it("is the adjacency of a graph, with self-loops and normalized", () => {
    const graph = adjacencyOf({ nodes: 3, edges: [0, 1, 1, 2] });
    expect([...graph.columns]).toEqual([1, 0, 2, 1]);
    const looped = withSelfLoops(graph);
    expect(looped.nonZeros).toBe(7);
    expect(withSelfLoops(looped).nonZeros).toBe(7);
    const { values } = normalizedAdjacency(graph);
    // Degrees with self-loops: 2, 3, 2. A node comes first in its own row.
    const [own, toMiddle] = [1 / 2, 1 / Math.sqrt(6)];
    expect([...(values ?? [])]).toEqual(
      [own, toMiddle, 1 / 3, toMiddle, toMiddle, own, toMiddle].map(Math.fround),
    );
  });
});

describe("a parameter without numbers", () => {
  it("is not made when a graph is traced", () => {
    const untouched = new Parameter([4, 3], () => {
      throw new Error("made");
    });
    const x = input(2, 3);
    expect(linear(x, untouched).features).toBe(4);
  });
});
