import type { Indices, Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";

/** A value in an ONNX graph: an input, a constant, or the result of a node, read as of some shape. */
export interface OnnxValue {
  readonly name: string;
  /** The shape that it has in the graph. */
  readonly stored: readonly number[];
  /** The shape in which it is read: a node reshapes it only where this is another one. */
  readonly shape: readonly number[];
}

/** An attribute of a node: an integer, a list of integers, text, or a float by its type. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

/** What a maximum starts from, and what softmax makes a zero of. */
export const LOWEST: number = Number.NEGATIVE_INFINITY;

/** What the export of an operation to ONNX works with: the values so far, and the nodes that it adds. */
export interface OnnxBuilder {
  /** The ONNX value of a value: of a state that was written to, its present contents. */
  of(value: Value): OnnxValue;
  /**
   * Of a state that is kept by heads, its present contents, `[heads, vectors, features / heads]`. It has
   * no {@link of}.
   */
  byHeads(value: Value): OnnxValue | undefined;
  /** The ONNX value of indices, int64. */
  indices(indices: Indices): OnnxValue;
  /** A node with one result of a shape. */
  node(
    op: string,
    inputs: readonly OnnxValue[],
    shape: readonly number[],
    attributes?: OnnxAttributes,
  ): OnnxValue;
  /** A node with several results. */
  nodes(
    op: string,
    inputs: readonly OnnxValue[],
    shapes: readonly (readonly number[])[],
    attributes?: OnnxAttributes,
  ): OnnxValue[];
  /** A node that works element by element, on operands that are broadcast to one shape. */
  each(op: string, ...operands: readonly OnnxValue[]): OnnxValue;
  /** The same numbers in the same order. */
  reshape(value: OnnxValue, shape: readonly number[]): OnnxValue;
  /**
   * Reads x as of shape `from`, permutes its axes by `perm`, and gives the result the shape `to`. Numbers
   * are moved only where the order of axes longer than one changes, and axes that stay side by side are
   * moved as one.
   */
  arrange(
    x: OnnxValue,
    from: readonly number[],
    perm: readonly number[],
    to: readonly number[],
  ): OnnxValue;
  /** Rows, or other slices along an axis, by number. */
  gather(x: OnnxValue, indices: OnnxValue, axis: number): OnnxValue;
  /** A reduction over axes, which are left out of the result unless kept as ones. */
  reduce(op: string, x: OnnxValue, axes: readonly number[], keep: boolean): OnnxValue;
  /**
   * The largest numbers by `reduce`, an operator that may ignore NaN, as those of ONNX Runtime do: NaN
   * where there is one.
   */
  largest(x: OnnxValue, reduce: (of: OnnxValue) => OnnxValue): OnnxValue;
  /** A number in float32. */
  scalar(value: number): OnnxValue;
  /** Whole numbers in int64; a list of them unless a shape is given. */
  integers(numbers: ArrayLike<number>, shape?: readonly number[]): OnnxValue;
  /** Numbers in float32 that are made when the file is written. */
  floats(name: string, shape: readonly number[], make: () => Float32Array): OnnxValue;
  /** A parameter as it is, read in a shape of as many numbers. In the file once, whoever uses it. */
  parameter(name: string, parameter: Parameter, shape?: readonly number[]): OnnxValue;
  /**
   * What was made before for the same owner under the same key, or is made now. A constant of no
   * particular owner belongs to the builder; what is made of an ONNX value alone is owned by its name.
   */
  once(owner: object | string, key: string, make: () => OnnxValue): OnnxValue;
}
