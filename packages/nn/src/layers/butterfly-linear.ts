import { Butterfly, Chain, type KroneckerSparse, PapilioError, Pattern } from "@papilio/butterfly";
import {
  anyNumber,
  callback,
  either,
  having,
  listOf,
  number,
  objectOf,
  optional,
  text,
  uint32,
} from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import { uniformWithin } from "../modules/random.ts";
import { addVector } from "../operations/add-vector/operation.ts";
import { gatherFeatures, resizeFeatures } from "../operations/gather-features/operation.ts";
import type { Matrix } from "../operations/linear/matrix.ts";
import { linear } from "../operations/linear/operation.ts";
import {
  biasParameter,
  type LinearFactory,
  LinearLayer,
  linearChecks,
  linearShapeCheck,
} from "./linear-layer.ts";

/** What a {@link ButterflyLinear} is made of. */
export interface ButterflyLinearOptions {
  /**
   * Factors, left-most first: a chain, a butterfly, or patterns of a product that is not a chain. Text is
   * read as patterns separated by semicolons.
   */
  readonly weight: Chain | Butterfly | readonly Pattern[] | string;
  /** Features that go in and come out, where the product is larger: padded with zeros, and cut. */
  readonly inFeatures?: number;
  readonly outFeatures?: number;
  /** With a bias; true by default. */
  readonly bias?: boolean;
  /** Position `p` of what the factors multiply is feature `right[p]` of the (padded) input. */
  readonly right?: Uint32Array | undefined;
  /** Feature `p` of the output is row `left[p]` of the product. */
  readonly left?: Uint32Array | undefined;
  readonly seed?: number;
}

const patternCheck = having("a Pattern", "a", "b", "c", "d");
const optionsCheck = objectOf({
  ...linearChecks,
  inFeatures: optional(anyNumber),
  outFeatures: optional(anyNumber),
  weight: either(
    text,
    having("a Chain", "patterns"),
    having("a Butterfly", "chain", "factors"),
    listOf(patternCheck),
  ),
  left: optional(uint32),
  right: optional(uint32),
});

/**
 * A linear layer whose weight is a product of Kronecker-sparse factors, `factors.0` the left-most. A
 * butterfly matrix where these are a chain; neighbours that are chainable are multiplied as one.
 *
 * @example
 * ```ts
 * const layer = new ButterflyLinear({ weight: Chain.monarch({ rows: 1536, cols: 384, blocks: 8 }) });
 * ```
 */
export class ButterflyLinear extends LinearLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: Parameter | undefined;
  /** Chains of neighbours, left-most first, and their factors `[a, b, c, d]`. */
  readonly matrices: readonly Matrix[];
  readonly #left: Uint32Array | undefined;
  readonly #right: Uint32Array | undefined;

  /**
   * @throws PapilioError `LINEAR_SHAPE` where the factors do not follow one another or are too small for
   *   the features; what `Pattern.parse` throws
   */
  constructor(options: ButterflyLinearOptions) {
    super();
    optionsCheck("a butterfly layer", options);
    const { weight, bias = true, left, right, seed = 0 } = options;
    const given: readonly KroneckerSparse[] = weight instanceof Butterfly ? weight.factors : [];
    const patterns = patternsOf(weight);
    const { rows, cols } = requireProduct(patterns);
    this.inFeatures = options.inFeatures ?? cols;
    this.outFeatures = options.outFeatures ?? left?.length ?? rows;
    requireFits("inputs", this.inFeatures, cols, right);
    requireFits("outputs", this.outFeatures, left?.length ?? rows, left);
    this.#left = left;
    this.#right = right;
    const factors = patterns.map(({ a, b, c, d }, index) => {
      const values = given[index]?.expand().values;
      return this.parameter(
        `factors.${index}`,
        values === undefined
          ? new Parameter([a, b, c, d], uniformWithin(1 / Math.sqrt(c), (seed + 2 * index) >>> 0))
          : Parameter.of([a, b, c, d], values),
      );
    });
    this.matrices = chainsOf(patterns).map(({ from, chain }) => ({
      chain,
      factors: factors.slice(from, from + chain.length),
    }));
    const { inFeatures, outFeatures } = this;
    this.bias = bias
      ? this.parameter("bias", biasParameter({ inFeatures, outFeatures, seed }))
      : undefined;
  }

  forward(x: Value): Value {
    const { path } = this;
    const first = this.matrices.at(-1) as Matrix;
    let y = resizeFeatures(x, first.chain.cols, path);
    if (this.#right !== undefined) y = gatherFeatures(y, this.#right, path);
    const reordered = this.#left !== undefined || this.outFeatures !== this.matrices[0]?.chain.rows;
    for (const matrix of this.matrices.toReversed()) {
      // The bias is added inside the last product, where nothing is moved after it.
      const bias = matrix === this.matrices[0] && !reordered ? this.bias : undefined;
      y = linear(y, matrix, { path, bias });
    }
    if (!reordered) return y;
    if (this.#left !== undefined) y = gatherFeatures(y, this.#left, path);
    y = resizeFeatures(y, this.outFeatures, path);
    return this.bias === undefined ? y : addVector(y, this.bias, path);
  }
}

/**
 * Butterfly layers for the shapes of these products, each patterns separated by semicolons, left-most
 * first; what `otherwise` makes for others.
 *
 * @throws PapilioError `LINEAR_SHAPE`, when a layer is made, where no product has its shape and there is
 *   nothing else
 */
export function products(texts: readonly string[], otherwise?: LinearFactory): LinearFactory {
  listOf(text)("The products", texts);
  optional(callback)("What makes other layers", otherwise);
  const known = texts.map((one) => patternsOf(one));
  return (shape) => {
    linearShapeCheck("a linear layer", shape);
    const { inFeatures, outFeatures } = shape;
    const patterns = known.find((candidate) => {
      const { rows, cols } = requireProduct(candidate);
      return rows === outFeatures && cols === inFeatures;
    });
    if (patterns !== undefined) return new ButterflyLinear({ ...shape, weight: patterns });
    if (otherwise !== undefined) return otherwise(shape);
    throw new PapilioError(
      "LINEAR_SHAPE",
      `None of ${texts.map((one) => `"${one}"`).join(", ")} is ${outFeatures} x ${inFeatures}.`,
      "Add a product of this shape, or what is used otherwise.",
    );
  };
}

/**
 * Monarch layers: two factors with the fewest weights, or of as many blocks as given. Shapes without such factors, such as
 * those with a prime number of features, are padded with zeros.
 */
export function monarch(options: MonarchOptions = {}): LinearFactory {
  monarchCheck("a Monarch layer", options);
  const { blocks, rank = 1 } = options;
  return (shape) => {
    linearShapeCheck("a linear layer", shape);
    const { inFeatures: cols, outFeatures: rows } = shape;
    return new ButterflyLinear({ ...shape, weight: paddedMonarch({ rows, cols, rank, blocks }) });
  };
}

/** The chain of a shape, or that of the shape that it is padded to where it has none. Throws `CHAIN_SIZE`. */
function paddedMonarch(shape: MonarchShape): Chain {
  try {
    return monarchChain(shape);
  } catch (error) {
    const hasNone = error instanceof PapilioError && error.code === "CHAIN_SIZE";
    if (!hasNone || shape.blocks !== undefined) throw error;
    return Chain.monarch({ ...shape, blocks: undefined, pad: true });
  }
}

/**
 * The Monarch chain of a shape, of the number of blocks with the fewest weights unless given.
 *
 * @throws PapilioError `CHAIN_SIZE` where there is none
 */
export function monarchChain(shape: MonarchShape): Chain {
  monarchCheck("a Monarch chain", shape);
  const { rows, cols, blocks, rank = 1 } = shape;
  anyNumber("rows of a Monarch chain", rows);
  anyNumber("cols of a Monarch chain", cols);
  return Chain.monarch({ rows, cols, rank, blocks });
}

interface MonarchShape extends MonarchOptions {
  readonly rows: number;
  readonly cols: number;
}

export interface MonarchOptions {
  /** Blocks of the right factor; the number with which there are the fewest weights unless given. */
  readonly blocks?: number | undefined;
  readonly rank?: number;
}

const monarchCheck = objectOf({ blocks: optional(number), rank: optional(number) });

/** Square dyadic layers of the next power of two, padded and cut: `2 log2(n)` weights for each feature. */
export const dyadic: LinearFactory = (shape) => {
  linearShapeCheck("a linear layer", shape);
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, shape.inFeatures, shape.outFeatures)));
  return new ButterflyLinear({ ...shape, weight: Chain.squareDyadic(size) });
};

function patternsOf(weight: ButterflyLinearOptions["weight"]): readonly Pattern[] {
  if (typeof weight === "string") return weight.split(";").map((part) => Pattern.parse(part));
  if (weight instanceof Chain) return weight.patterns;
  return weight instanceof Butterfly ? weight.chain.patterns : weight;
}

function requireProduct(patterns: readonly Pattern[]): { rows: number; cols: number } {
  const wrong = patterns.findIndex(
    ({ cols }, index) => index + 1 < patterns.length && cols !== patterns[index + 1]?.rows,
  );
  const [first, last] = [patterns[0], patterns.at(-1)];
  if (first !== undefined && last !== undefined && wrong === -1) {
    return { rows: first.rows, cols: last.cols };
  }
  throw new PapilioError(
    "LINEAR_SHAPE",
    first === undefined
      ? "A layer has at least one factor."
      : `Factor ${patterns[wrong]} has ${patterns[wrong]?.cols} columns, and ${patterns[wrong + 1]} has ${patterns[wrong + 1]?.rows} rows.`,
    "Give factors whose sizes follow one another, left-most first.",
  );
}

function requireFits(
  what: string,
  features: number,
  size: number,
  map: Uint32Array | undefined,
): void {
  if (Number.isSafeInteger(features) && features >= 1 && features <= size) return;
  throw new PapilioError(
    "LINEAR_SHAPE",
    `A layer of ${features} ${what} does not fit a product of ${size}${map === undefined ? "" : " with its permutation"}.`,
    "Use a larger product: smaller inputs are padded and outputs cut, not the other way round.",
  );
}

/** Maximal runs of neighbours that are chainable. */
function chainsOf(patterns: readonly Pattern[]): { from: number; chain: Chain }[] {
  const whole = Chain.of(patterns);
  const runs: { from: number; chain: Chain }[] = [];
  for (let from = 0; from < whole.length; ) {
    let to = from + 1;
    while (to < whole.length && whole.isChainable(from, to + 1)) to++;
    runs.push({ from, chain: whole.slice(from, to) });
    from = to;
  }
  return runs;
}
