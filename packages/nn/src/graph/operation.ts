import type { Chain } from "@papilio/butterfly";
import type { Activation } from "@papilio/gpu-runtime";
import type { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { Indices, Value } from "./value.ts";

interface Common<K extends string> {
  readonly kind: K;
  /** Dotted path of the module that it belongs to. */
  readonly path: string;
  readonly output: Value;
}

/** A product of Kronecker-sparse factors. A dense matrix is one factor of pattern `(1, rows, cols, 1)`. */
export interface Matrix {
  readonly chain: Chain;
  /** `[a, b, c, d]` of each factor, left-most first. */
  readonly factors: readonly Parameter[];
}

/** `activation(W x + bias) * multiplier + addend`, all but the product optional. */
export interface LinearOperation extends Common<"linear"> {
  readonly x: Value;
  readonly matrix: Matrix;
  readonly bias?: Parameter | undefined;
  readonly activation?: Activation | undefined;
  readonly multiplier?: Value | undefined;
  readonly addend?: Value | undefined;
}

/** `W x` for a sparse matrix without structure. */
export interface SparseLinearOperation extends Common<"sparse-linear"> {
  readonly x: Value;
  readonly matrix: SparseMatrix;
}

export interface ActivationOperation extends Common<"activation"> {
  readonly x: Value;
  readonly activation: Activation;
}

/** Element by element. */
export interface CombineOperation extends Common<"combine"> {
  readonly operation: "add" | "multiply";
  readonly x: Value;
  readonly other: Value;
}

/** Adds a vector to every vector: a bias on its own. */
export interface AddVectorOperation extends Common<"add-vector"> {
  readonly x: Value;
  readonly vector: Parameter;
}

/** Vectors of a table, `[rows, features]`, or of another value. */
export interface GatherVectorsOperation extends Common<"gather-vectors"> {
  readonly source: Value | Parameter;
  readonly indices: Indices;
}

/** Vectors plus a row of a table for each position; with `prepended`, one vector more for each sequence. */
export interface AddPositionsOperation extends Common<"add-positions"> {
  readonly x: Value;
  /** `[..., positions, features]`. */
  readonly table: Parameter;
  /** Vectors of a sequence, before one is prepended. */
  readonly period: number;
  readonly prepended?: Parameter | undefined;
  /** Position of the first vector; 0 without. */
  readonly position?: Indices | undefined;
}

/** Features in another order, or zeros (`ZERO_FEATURE`). */
export interface GatherFeaturesOperation extends Common<"gather-features"> {
  readonly x: Value;
  /** For each feature of the output, that of the input. */
  readonly map: Uint32Array;
}

export interface NormalizeOperation extends Common<"normalize"> {
  readonly x: Value;
  readonly norm: "layer" | "rms" | "l2";
  readonly epsilon: number;
  readonly weight?: Parameter | undefined;
  readonly bias?: Parameter | undefined;
}

/** Over the features of each vector. */
export interface SoftmaxOperation extends Common<"softmax"> {
  readonly x: Value;
  readonly log: boolean;
}

/** Rotary position embedding. */
export interface RotaryOperation extends Common<"rotary"> {
  readonly x: Value;
  readonly headFeatures: number;
  readonly style: RotaryStyle;
  /** `[positions, headFeatures / 2]`. */
  readonly cosines: Parameter;
  readonly sines: Parameter;
  /** Vectors of a sequence. */
  readonly period: number;
  readonly position?: Indices | undefined;
}

/** Which features make a pair: neighbours, or those half a head apart. */
export type RotaryStyle = "interleaved" | "halves";

/** Writes vectors into what is kept from run to run. The output is the whole of it. */
export interface AppendOperation extends Common<"append"> {
  readonly x: Value;
  readonly state: Value;
  /** Where the first vector goes. */
  readonly position: Indices;
}

/** Scaled dot-product attention, with grouped queries. */
export interface AttentionOperation extends Common<"attention"> {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
  readonly sequences: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly scale: number;
  readonly causal: boolean;
  /** Position of the first query among the keys. */
  readonly position?: Indices | undefined;
  /** How many keys of each sequence count. */
  readonly lengths?: Indices | undefined;
}

export type Size2d = readonly [height: number, width: number];

/** Where a window slides over an image. */
export interface Window2d {
  readonly images: number;
  readonly channels: number;
  /** Of an image, in pixels. */
  readonly size: Size2d;
  readonly kernel: Size2d;
  readonly stride: Size2d;
  readonly padding: Size2d;
  readonly dilation: Size2d;
}

/** The windows of images as vectors, `[channels, kernel height, kernel width]` each. */
export interface UnfoldOperation extends Common<"unfold"> {
  readonly x: Value;
  readonly window: Window2d;
  /** Whether a vector of x is a whole image, or the channels of a pixel. */
  readonly source: "image" | "pixels";
}

/** Over the windows of images whose pixels are vectors. */
export interface PoolOperation extends Common<"pool"> {
  readonly x: Value;
  readonly pool: "max" | "average";
  readonly window: Window2d;
}

/** One vector for each sequence. */
export interface ReduceVectorsOperation extends Common<"reduce-vectors"> {
  readonly x: Value;
  readonly reduce: "mean" | "sum" | "max";
  readonly period: number;
  readonly lengths?: Indices | undefined;
}

/** Message passing: for each row of a sparse matrix, its values times the vectors of its columns. */
export interface AggregateOperation extends Common<"aggregate"> {
  readonly x: Value;
  readonly graph: SparseMatrix;
  readonly reduce: "mean" | "sum" | "max";
}

/** Graph attention: softmax of `leakyRelu(source + target)` over the neighbours, for each head. */
export interface EdgeAttentionOperation extends Common<"edge-attention"> {
  readonly x: Value;
  readonly sources: Value;
  readonly targets: Value;
  readonly graph: SparseMatrix;
  readonly heads: number;
  readonly negativeSlope: number;
}

/** One step of a model, as data. */
export type Operation =
  | ActivationOperation
  | AddPositionsOperation
  | AddVectorOperation
  | AggregateOperation
  | AppendOperation
  | AttentionOperation
  | CombineOperation
  | EdgeAttentionOperation
  | GatherFeaturesOperation
  | GatherVectorsOperation
  | LinearOperation
  | NormalizeOperation
  | PoolOperation
  | ReduceVectorsOperation
  | RotaryOperation
  | SoftmaxOperation
  | SparseLinearOperation
  | UnfoldOperation;

export type OperationOf<K extends Operation["kind"]> = Extract<Operation, { readonly kind: K }>;

/** For each kind of operation, what a backend does with it. */
export type ForEachOperation<R, A extends unknown[]> = {
  readonly [K in Operation["kind"]]: (operation: OperationOf<K>, ...context: A) => R;
};

/** The values that an operation reads. */
export function operandsOf(operation: Operation): Value[] {
  switch (operation.kind) {
    case "linear": {
      const { x, multiplier, addend } = operation;
      return [x, multiplier, addend].filter((value) => value !== undefined);
    }
    case "combine":
      return [operation.x, operation.other];
    case "append":
      return [operation.x, operation.state];
    case "attention":
      return [operation.queries, operation.keys, operation.values];
    case "edge-attention":
      return [operation.x, operation.sources, operation.targets];
    case "gather-vectors":
      return "graph" in operation.source ? [operation.source] : [];
    default:
      return [operation.x];
  }
}

export type WithoutOutput<O> = O extends Operation ? Omit<O, "output"> : never;
