import { type Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { blockDiagonal } from "@papilio/butterfly/matrix";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { InputShape } from "@papilio/gpu-runtime";
import { encode } from "@papilio/gpu-runtime/kernels";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "@papilio/nn/onnx";
import { multiplyOut } from "../../implementations/whole-product.ts";

/** How a user of ONNX would write the product by a factor. */
export type GraphKind = "dense" | "bmm" | "einsum" | "multiply-sum";

/** The whole product, or for `bmm` its products alone or its transpositions alone. */
export type GraphPart = "whole" | "multiply" | "rewrite";

/** A graph whose constants are there. */
export interface ProductGraph extends OnnxGraph {
  readonly initializers: readonly (OnnxTensor & { readonly data: Uint8Array })[];
}

/** Collects the nodes, constants, inputs and outputs of a graph. */
class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: ProductGraph["initializers"][number][] = [];
  readonly inputs: OnnxTensor[] = [];
  readonly outputs: OnnxTensor[] = [];
  readonly #shape: InputShape;

  constructor(shape: InputShape) {
    this.#shape = shape;
  }

  get type(): "float32" | "float16" {
    return this.#shape.dtype === "f16" ? "float16" : "float32";
  }

  /** Shape of a batch of vectors as it goes in and comes out. */
  vectors(features: number): number[] {
    const { batch, layout } = this.#shape;
    return layout === "batch-first" ? [batch, features] : [features, batch];
  }

  input(features: number): string {
    const name = `x${this.inputs.length}`;
    this.inputs.push({ name, shape: this.vectors(features), type: this.type });
    return name;
  }

  /** Marks what a node gives as an output, under a name that says which. */
  output(from: string, features: number): void {
    const name = `y${this.outputs.length}`;
    this.nodes.push({
      op: "Reshape",
      inputs: [from, this.sizes(this.vectors(features))],
      outputs: [name],
    });
    this.outputs.push({ name, shape: this.vectors(features), type: this.type });
  }

  node(op: OnnxNode["op"], inputs: string[], attributes?: OnnxNode["attributes"]): string {
    const output = `t${this.nodes.length}`;
    this.nodes.push({
      op,
      inputs,
      outputs: [output],
      ...(attributes === undefined ? {} : { attributes }),
    });
    return output;
  }

  reshape(from: string, shape: readonly number[]): string {
    return this.node("Reshape", [from, this.sizes(shape)]);
  }

  transpose(from: string, perm: readonly number[]): string {
    return this.node("Transpose", [from], { perm });
  }

  weights(values: Float32Array, shape: readonly number[]): string {
    const { dtype } = this.#shape;
    const bytes = values.length * FLOAT_FORMATS[dtype].bytes;
    return this.#constant(encode(values, dtype).subarray(0, bytes), shape, this.type);
  }

  sizes(shape: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(shape, BigInt).buffer);
    return this.#constant(data, [shape.length], "int64");
  }

  #constant(data: Uint8Array, shape: readonly number[], type: OnnxTensor["type"]): string {
    const name = `c${this.initializers.length}`;
    this.initializers.push({ name, shape, type, data });
    return name;
  }
}

/** The graph of a product, with its factors one after the other. */
export function productGraph(
  kind: GraphKind,
  butterfly: Butterfly,
  shape: InputShape,
  part: GraphPart = "whole",
): ProductGraph {
  const graph = new GraphBuilder(shape);
  const { factors } = kind === "dense" ? multiplyOut(butterfly) : butterfly;
  if (part === "rewrite") {
    for (const { pattern } of factors) shuffles(graph, pattern, shape);
    return graph;
  }
  let vectors = graph.input(butterfly.chain.cols);
  for (const factor of factors.toReversed()) {
    if (kind === "dense") vectors = dense(graph, vectors, factor, shape);
    else if (kind === "einsum") vectors = einsum(graph, vectors, factor, shape);
    else if (kind === "multiply-sum") vectors = multiplySum(graph, vectors, factor, shape);
    else vectors = bmm(graph, vectors, factor, shape, part === "whole");
  }
  graph.output(vectors, butterfly.chain.rows);
  return graph;
}

/** Whether `bmm` has anything to transpose for a pattern. */
export function isShuffled({ a, d }: Pattern, { layout }: InputShape): boolean {
  return d > 1 || (layout === "batch-first" && a > 1);
}

/** `x Wᵀ` or `W x` with the zeros. */
function dense(
  graph: GraphBuilder,
  x: string,
  factor: KroneckerSparse,
  { layout }: InputShape,
): string {
  const { rows, cols } = factor.pattern;
  const whole = new KroneckerSparse(new Pattern(1, rows, cols, 1), factor.dense());
  return layout === "batch-first"
    ? graph.node("MatMul", [x, graph.weights(whole.transpose().values, [cols, rows])])
    : graph.node("MatMul", [graph.weights(whole.values, [rows, cols]), x]);
}

/** One contraction, values in the order of `[a, b, c, d]`. */
function einsum(
  graph: GraphBuilder,
  x: string,
  factor: KroneckerSparse,
  { batch, layout }: InputShape,
): string {
  const { a, b, c, d, rows } = factor.pattern;
  const first = layout === "batch-first";
  const shaped = graph.reshape(x, first ? [batch, a, c, d] : [a, c, d, batch]);
  const weights = graph.weights(factor.expand().values, [a, b, c, d]);
  const equation = first ? "nacd,abcd->nabd" : "acdn,abcd->abdn";
  const product = graph.node("Einsum", [shaped, weights], { equation });
  return graph.reshape(product, graph.vectors(rows));
}

/** Every product of a value and an input, broadcast, then their sums: `batch·a·b·c·d` numbers between. */
function multiplySum(
  graph: GraphBuilder,
  x: string,
  factor: KroneckerSparse,
  { batch, layout }: InputShape,
): string {
  const { a, b, c, d, rows } = factor.pattern;
  const first = layout === "batch-first";
  const shaped = graph.reshape(x, first ? [batch, a, 1, c, d] : [a, 1, c, d, batch]);
  const shape = first ? [1, a, b, c, d] : [a, b, c, d, 1];
  const products = graph.node("Mul", [shaped, graph.weights(factor.expand().values, shape)]);
  const axis = graph.sizes([first ? 3 : 2]);
  const sums = graph.node("ReduceSum", [products, axis], { keepdims: 0 });
  return graph.reshape(sums, graph.vectors(rows));
}

/** The blocks brought together, a batched product, the outputs brought to their places. */
function bmm(
  graph: GraphBuilder,
  x: string,
  factor: KroneckerSparse,
  shape: InputShape,
  withShuffles: boolean,
): string {
  const { b, c, blocks: count, rows } = factor.pattern;
  const { batch, layout } = shape;
  const first = layout === "batch-first";
  const blocks = blockDiagonal(factor);
  const weights = first
    ? graph.weights(blocks.transpose().values, [count, c, b])
    : graph.weights(blocks.values, [count, b, c]);
  const shuffled = withShuffles && isShuffled(factor.pattern, shape);
  const grouped = graph.reshape(
    shuffled ? gather(graph, x, factor.pattern, shape) : x,
    first ? [count, batch, c] : [count, c, batch],
  );
  const product = graph.node("MatMul", first ? [grouped, weights] : [weights, grouped]);
  return shuffled
    ? scatter(graph, product, factor.pattern, shape)
    : graph.reshape(product, graph.vectors(rows));
}

function gather(
  graph: GraphBuilder,
  x: string,
  { a, c, d }: Pattern,
  { batch, layout }: InputShape,
): string {
  return layout === "batch-first"
    ? graph.transpose(graph.reshape(x, [batch, a, c, d]), [1, 3, 0, 2])
    : graph.transpose(graph.reshape(x, [a, c, d, batch]), [0, 2, 1, 3]);
}

function scatter(
  graph: GraphBuilder,
  product: string,
  { a, b, d, rows }: Pattern,
  { batch, layout }: InputShape,
): string {
  const placed =
    layout === "batch-first"
      ? graph.transpose(graph.reshape(product, [a, d, batch, b]), [2, 0, 3, 1])
      : graph.transpose(graph.reshape(product, [a, d, b, batch]), [0, 2, 1, 3]);
  return graph.reshape(placed, graph.vectors(rows));
}

/** The transpositions of `bmm` alone, each on an input of its own. */
function shuffles(graph: GraphBuilder, pattern: Pattern, shape: InputShape): void {
  if (!isShuffled(pattern, shape)) return;
  graph.output(gather(graph, graph.input(pattern.cols), pattern, shape), pattern.cols);
  graph.output(scatter(graph, graph.input(pattern.rows), pattern, shape), pattern.rows);
}
