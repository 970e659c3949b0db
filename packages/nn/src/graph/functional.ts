import { Chain, Pattern, requireArray, requireObject, requireOptions } from "@papilio/butterfly";
import { type Activation, ZERO_FEATURE } from "@papilio/gpu-runtime";
import { anyNumber, optional } from "../arguments/checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import { shapeError, windowsOf } from "./graph.ts";
import {
  indicesCheck,
  matrixCheck,
  parameterCheck,
  valueCheck,
  windowCheck,
} from "./operand-checks.ts";
import {
  named,
  requireFeatures,
  requireLength,
  requirePosition,
  requireSameShape,
  requireShape,
  sequencesOf,
} from "./operands.ts";
import type {
  AttentionOperation,
  Matrix,
  NormalizeOperation,
  PoolOperation,
  ReduceVectorsOperation,
  RotaryOperation,
  UnfoldOperation,
  Window2d,
} from "./operation.ts";
import type { Indices, Value } from "./value.ts";

/*
 * Operations on values, as modules compose them. Each checks its operands, throws `GRAPH_SHAPE` where
 * they do not fit, and adds itself to the graph of its first operand. `path` is the module's.
 */

/** `W x + bias`. A dense matrix is `[rows, cols]`. */
export function linear(
  x: Value,
  weight: Parameter | Matrix,
  options: { readonly path?: string; readonly bias?: Parameter | undefined } = {},
): Value {
  requireOptions("What linear is given", options);
  requireObject("The weight", weight, "a Parameter, or a chain with its factors");
  const { path = "", bias } = options;
  const matrix = "chain" in weight ? weight : denseMatrix(weight);
  matrixCheck("The weight", matrix);
  const { rows, cols } = matrix.chain;
  requireFeatures(path, x, cols);
  if (bias !== undefined) requireLength(path, "bias", bias, rows);
  return x.graph.add(
    { kind: "linear", path, x, matrix, bias },
    { vectors: x.vectors, features: rows },
  );
}

/** `[rows, cols]` as the one factor of a product. */
export function denseMatrix(weight: Parameter): Matrix {
  parameterCheck("The weight", weight);
  const [rows = 0, cols = 0] = weight.shape;
  return { chain: Chain.of([new Pattern(1, rows, cols, 1)]), factors: [weight] };
}

export function activate(x: Value, activation: Activation, path: string = ""): Value {
  valueCheck("The value", x);
  return x.graph.add({ kind: "activation", path, x, activation }, x);
}

export function add(x: Value, other: Value, path: string = ""): Value {
  requireSameShape(path, x, other);
  return x.graph.add({ kind: "combine", path, operation: "add", x, other }, x);
}

export function multiply(x: Value, other: Value, path: string = ""): Value {
  requireSameShape(path, x, other);
  return x.graph.add({ kind: "combine", path, operation: "multiply", x, other }, x);
}

/** Adds `[features]` to every vector. */
export function addVector(x: Value, vector: Parameter, path: string = ""): Value {
  valueCheck("The value", x);
  requireLength(path, "vector", vector, x.features);
  return x.graph.add({ kind: "add-vector", path, x, vector }, x);
}

/** Rows of a table `[rows, features]`, or vectors of a value. */
export function gatherVectors(
  source: Value | Parameter,
  indices: Indices,
  path: string = "",
): Value {
  requireObject("The source", source, "a Value or a Parameter");
  indicesCheck("The indices", indices);
  if (!("graph" in source)) parameterCheck("The source", source);
  const [rows, features] =
    "graph" in source
      ? [source.vectors, source.features]
      : [source.shape[0] as number, source.shape[1] as number];
  indices.requireBelow(rows);
  return indices.graph.add(
    { kind: "gather-vectors", path, source, indices },
    { vectors: indices.length, features },
  );
}

/** Adds a row of `table` for the position of each vector in its sequence of `period` vectors. */
export function addPositions(
  x: Value,
  table: Parameter,
  options: {
    readonly path?: string;
    readonly period: number;
    readonly prepended?: Parameter | undefined;
    readonly position?: Indices | undefined;
  },
): Value {
  requireObject("What addPositions is given", options, "an object of options");
  const { path = "", period, prepended, position } = options;
  parameterCheck("The table", table);
  const longer = prepended === undefined ? 0 : 1;
  const sequences = sequencesOf(path, x, period);
  const features = table.shape.at(-1) as number;
  const positions = table.length / features;
  if (features !== x.features || positions < period + longer) {
    throw shapeError(
      `${named(path)}a table of [${table.shape.join(", ")}] has not ${period + longer} positions of ${x.features} features`,
      "Use a larger table or shorter sequences.",
    );
  }
  if (prepended !== undefined) requireLength(path, "prepended vector", prepended, features);
  requirePosition(path, position, positions - period - longer + 1);
  return x.graph.add(
    { kind: "add-positions", path, x, table, period, prepended, position },
    { vectors: sequences * (period + longer), features },
  );
}

/** Feature `f` of the output is feature `map[f]` of x, or zero where that is `ZERO_FEATURE`. */
export function gatherFeatures(x: Value, map: Uint32Array, path: string = ""): Value {
  valueCheck("The value", x);
  requireArray("The map", map, "Uint32Array");
  const wrong = map.find((feature) => feature !== ZERO_FEATURE && feature >= x.features);
  if (wrong !== undefined) {
    throw shapeError(
      `${named(path)}feature ${wrong} is asked of vectors of ${x.features}`,
      "Use features that there are.",
    );
  }
  return x.graph.add(
    { kind: "gather-features", path, x, map },
    { vectors: x.vectors, features: map.length },
  );
}

/** What indices of 32 bits reach. */
const MOST_FEATURES = 2 ** 32;

/** The first `features` features, or all of them and zeros. */
export function resizeFeatures(x: Value, features: number, path: string = ""): Value {
  valueCheck("The value", x);
  anyNumber("The number of features", features);
  if (!Number.isInteger(features) || features < 1 || features >= MOST_FEATURES) {
    throw shapeError(
      `${named(path)}vectors of ${x.features} features cannot become vectors of ${features}`,
      `Use a positive whole number below ${MOST_FEATURES}.`,
    );
  }
  if (features === x.features) return x;
  const map = Uint32Array.from({ length: features }, (_, feature) =>
    feature < x.features ? feature : ZERO_FEATURE,
  );
  return gatherFeatures(x, map, path);
}

export function normalize(
  x: Value,
  options: Omit<NormalizeOperation, "kind" | "x" | "output" | "path"> & { readonly path?: string },
): Value {
  valueCheck("The value", x);
  requireObject("What normalize is given", options, "an object of options");
  const { path = "", weight, bias } = options;
  if (weight !== undefined) requireLength(path, "weight", weight, x.features);
  if (bias !== undefined) requireLength(path, "bias", bias, x.features);
  return x.graph.add({ kind: "normalize", ...options, path, x }, x);
}

/** Over the features of each vector; its logarithm with `log`. */
export function softmax(x: Value, options: SoftmaxOptions = {}): Value {
  valueCheck("The value", x);
  requireOptions("What softmax is given", options);
  const { path = "", log = false } = options;
  return x.graph.add({ kind: "softmax", path, x, log }, x);
}

export interface SoftmaxOptions {
  readonly path?: string;
  readonly log?: boolean;
}

/** Rotates pairs of features of each head by angles that grow with the position in the sequence. */
export function rotary(
  x: Value,
  options: Omit<RotaryOperation, "kind" | "x" | "output" | "path"> & { readonly path?: string },
): Value {
  requireObject("What rotary is given", options, "an object of options");
  const { path = "", headFeatures, period, cosines, position } = options;
  parameterCheck("cosines", cosines);
  anyNumber("headFeatures", headFeatures);
  sequencesOf(path, x, period);
  const positions = cosines.shape[0] as number;
  if (x.features % headFeatures !== 0 || headFeatures % 2 !== 0 || positions < period) {
    throw shapeError(
      `${named(path)}${x.features} features in heads of ${headFeatures}, ${period} of ${positions} positions, cannot be rotated`,
      "Use heads of an even size that divides the features, and sequences within the table.",
    );
  }
  requirePosition(path, position, positions);
  return x.graph.add({ kind: "rotary", ...options, path, x }, x);
}

/** Writes the vectors of x into a state, from `position` on; those past its end are dropped. */
export function append(x: Value, state: Value, position: Indices, path: string = ""): Value {
  valueCheck("The state", state);
  indicesCheck("The position", position);
  requireFeatures(path, x, state.features);
  requirePosition(path, position, state.vectors);
  return x.graph.add({ kind: "append", path, x, state, position }, state);
}

/**
 * `softmax(scale Q K^T) V` for each head of each sequence. Queries have `heads * e` features, keys and
 * values `keyValueHeads * e`; head h attends with key and value head `floor(h * keyValueHeads / heads)`.
 */
export function attention(
  queries: Value,
  keys: Value,
  values: Value,
  options: Omit<
    AttentionOperation,
    "kind" | "queries" | "keys" | "values" | "output" | "path" | "scale"
  > & { readonly path?: string; readonly scale?: number },
): Value {
  requireObject("What attention is given", options, "an object of options");
  for (const value of [queries, keys, values]) valueCheck("The value", value);
  const { path = "", heads, keyValueHeads, sequences, position, lengths } = options;
  for (const count of [heads, keyValueHeads, sequences]) anyNumber("A number of heads", count);
  const headFeatures = queries.features / heads;
  const fits =
    Number.isInteger(headFeatures) &&
    heads % keyValueHeads === 0 &&
    keys.features === keyValueHeads * headFeatures &&
    values.features === keys.features &&
    values.vectors === keys.vectors &&
    queries.vectors % sequences === 0 &&
    keys.vectors % sequences === 0;
  if (!fits) {
    throw shapeError(
      `${named(path)}attention of ${heads} heads (${keyValueHeads} for keys and values) in ${sequences} sequences does not fit queries of ${queries.vectors} x ${queries.features}, keys of ${keys.vectors} x ${keys.features} and values of ${values.vectors} x ${values.features}`,
      "Use heads that divide the features, and sequences that divide the vectors.",
    );
  }
  requirePosition(path, position, keys.vectors);
  optional(indicesCheck)("lengths", lengths);
  lengths?.requireBelow(keys.vectors / sequences + 1);
  const { scale = 1 / Math.sqrt(headFeatures) } = options;
  return queries.graph.add(
    { kind: "attention", ...options, path, queries, keys, values, scale },
    queries,
  );
}

/** The windows of images as vectors of `[channels, kernel height, kernel width]`, as PyTorch's Unfold. */
export function unfold(
  x: Value,
  window: Window2d,
  options: { readonly path?: string; readonly source: UnfoldOperation["source"] },
): Value {
  requireObject("What unfold is given", options, "an object of options");
  windowCheck("the window", window);
  const { path = "", source } = options;
  const { images, channels, size, kernel } = window;
  const pixels = size[0] * size[1];
  const [vectors, features] =
    source === "image" ? [images, channels * pixels] : [images * pixels, channels];
  requireShape(path, x, vectors, features);
  const [high, wide] = windowsOf(window);
  return x.graph.add(
    { kind: "unfold", path, x, window, source },
    { vectors: images * high * wide, features: channels * kernel[0] * kernel[1] },
  );
}

/** The largest or the mean of each window, channel by channel, of images whose pixels are vectors. */
export function pool(
  x: Value,
  window: Window2d,
  options: { readonly path?: string; readonly pool: PoolOperation["pool"] },
): Value {
  requireObject("What pool is given", options, "an object of options");
  windowCheck("the window", window);
  const { path = "", pool: kind } = options;
  const { images, channels, size } = window;
  requireShape(path, x, images * size[0] * size[1], channels);
  const [high, wide] = windowsOf(window);
  return x.graph.add(
    { kind: "pool", path, x, pool: kind, window },
    { vectors: images * high * wide, features: channels },
  );
}

/** One vector for each sequence of `period` vectors, or of its first `lengths`. */
export function reduceVectors(
  x: Value,
  options: Omit<ReduceVectorsOperation, "kind" | "x" | "output" | "path"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What reduceVectors is given", options, "an object of options");
  const { path = "", period, lengths } = options;
  const vectors = sequencesOf(path, x, period);
  optional(indicesCheck)("lengths", lengths);
  lengths?.requireBelow(period + 1);
  return x.graph.add(
    { kind: "reduce-vectors", ...options, path, x },
    { vectors, features: x.features },
  );
}
