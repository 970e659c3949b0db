import {
  Butterfly,
  KroneckerSparse,
  PapilioError,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { type SparseMatrix, sparseCheck } from "../adjacency/sparse-matrix.ts";
import { anyNumber, having, listOf, number, objectOf } from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Parameter } from "../modules/parameter.ts";
import { constant } from "../modules/random.ts";
import { activate } from "../operations/activation/operation.ts";
import { addVector } from "../operations/add-vector/operation.ts";
import { sparseLinear } from "../operations/sparse-linear/operation.ts";
import { Model } from "./model.ts";

export interface SparseNetworkConfig {
  /** `y = W x`, the first layer first: sparse matrices, or butterflies between permutations. */
  readonly layers: readonly (SparseMatrix | PermutedButterfly)[];
  /** Added to every number. */
  readonly bias: number;
  /** The most that an output can be. */
  readonly upper: number;
}

const configCheck = objectOf({
  layers: listOf(having("a SparseMatrix or a PermutedButterfly", "rows", "cols")),
  bias: number,
  upper: number,
});

/** How many vectors go through. */
export interface VectorsShape {
  readonly vectors: number;
}

/**
 * A deep network of sparse layers, `min(upper, relu(W x + bias))` each, as in the Sparse DNN Graph
 * Challenge (arXiv 1909.05631), whose RadiX-Net layers are of Kronecker structure (arXiv 1905.00416).
 */
export class SparseNetwork extends Model<VectorsShape> {
  readonly #config: SparseNetworkConfig;
  readonly #layers: readonly (SparseMatrix | ButterflyLinear)[];
  readonly #biases: readonly Parameter[];

  /** @throws PapilioError `LINEAR_SHAPE` where layers do not follow one another */
  constructor(config: SparseNetworkConfig) {
    super();
    configCheck("a sparse network", config);
    this.#config = config;
    const { layers, bias } = config;
    layers.forEach((layer, index) => {
      const before = layers[index - 1];
      if (before === undefined || before.rows === layer.cols) return;
      throw new PapilioError(
        "LINEAR_SHAPE",
        `Layer ${index + 1} takes ${layer.cols} numbers, and the one before it gives ${before.rows}.`,
        "Give layers that follow one another.",
      );
    });
    this.#layers = layers.map((layer, index) => {
      if (!(layer instanceof PermutedButterfly)) return layer;
      const { matrix: weight, left, right } = layer;
      return this.child(
        `layers.${index}`,
        new ButterflyLinear({ weight, left, right, bias: false }),
      );
    });
    this.#biases = layers.map(({ rows }, index) =>
      this.parameter(`biases.${index}`, new Parameter([rows], constant(bias))),
    );
  }

  /** Input `x`, output `y`. */
  trace(shape: VectorsShape): Graph {
    objectOf({ vectors: anyNumber })("the shape of vectors", shape);
    const { vectors } = shape;
    const graph = new Graph();
    const { upper, layers } = this.#config;
    let x = graph.input("x", { vectors, features: layers[0]?.cols ?? 0 });
    this.#layers.forEach((layer, index) => {
      const path = `layers.${index}`;
      const product =
        layer instanceof ButterflyLinear ? layer.forward(x) : sparseLinear(x, layer, path);
      const biased = addVector(product, this.#biases[index] as Parameter, path);
      x = activate(biased, { kind: "relu", upper }, path);
    });
    graph.output("y", x);
    return graph;
  }
}

/**
 * A sparse matrix as a Kronecker-sparse factor between permutations, where its non-zeros are dense blocks
 * of one size that share no row and no column: `(1, b, c, d)` for `d` blocks of `b x c`. None otherwise.
 * Permutations that change nothing are left out.
 */
export function asPermutedFactor(matrix: SparseMatrix): PermutedButterfly | undefined {
  sparseCheck("The matrix", matrix);
  const blocks = disjointBlocks(matrix);
  const [first] = blocks ?? [];
  if (blocks === undefined || first === undefined) return undefined;
  const [b, c, d] = [first.rows.length, first.columns.length, blocks.length];
  const pattern = new Pattern(1, b, c, d);
  if (pattern.rows !== matrix.rows || pattern.cols !== matrix.cols) return undefined;
  const values = new Float32Array(pattern.nonZeros);
  const left = new Uint32Array(matrix.rows);
  const right = new Uint32Array(matrix.cols);
  blocks.forEach(({ rows, columns }, k) => {
    columns.forEach((column, l) => {
      right[l * d + k] = column;
    });
    rows.forEach((row, j) => {
      left[row] = j * d + k;
      const start = matrix.starts[row] as number;
      for (let entry = start; entry < start + c; entry++) {
        const l = columns.indexOf(matrix.columns[entry] as number);
        values[(j * c + l) * d + k] = matrix.values?.[entry] ?? 1;
      }
    });
  });
  const identity = (map: Uint32Array): boolean => map.every((from, to) => from === to);
  return new PermutedButterfly(new Butterfly([new KroneckerSparse(pattern, values)]), {
    left: identity(left) ? undefined : left,
    right: identity(right) ? undefined : right,
  });
}

interface Block {
  readonly rows: number[];
  /** In increasing order. */
  readonly columns: readonly number[];
}

/** Rows grouped by their columns, if groups share none and are of one size. */
function disjointBlocks({ rows, cols, starts, columns }: SparseMatrix): Block[] | undefined {
  const blocks: Block[] = [];
  const owner = new Int32Array(cols).fill(-1);
  for (let row = 0; row < rows; row++) {
    const own = [...columns.subarray(starts[row], starts[row + 1])].sort((p, q) => p - q);
    const number = owner[own[0] ?? 0] as number;
    const block = blocks[number];
    if (block === undefined) {
      if (own.some((column) => owner[column] !== -1)) return undefined;
      for (const column of own) owner[column] = blocks.length;
      blocks.push({ rows: [row], columns: own });
      continue;
    }
    const same =
      own.length === block.columns.length && own.every((column, l) => column === block.columns[l]);
    if (!same) return undefined;
    block.rows.push(row);
  }
  const [first] = blocks;
  const equal = blocks.every(
    (block) =>
      block.rows.length === first?.rows.length && block.columns.length === first.columns.length,
  );
  return equal && first !== undefined && first.columns.length > 0 ? blocks : undefined;
}
