import {
  requireFloats,
  requireList,
  requireObject,
  requireOneOf,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requireButterfly, requireFactor } from "../errors/matrix-checks.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { elementsOf, fileError } from "./file-error.ts";

/** The orders of values that are known: see {@link ValuesLayout}. */
export const VALUES_LAYOUTS = ["abcd", "adcb", "adbc"] as const;

/**
 * The orders in which other systems keep the values of a factor of pattern `(a, b, c, d)`: `abcd` as
 * here and in lazylinop, `adcb` for the kernel of the ksmm package, `adbc` for its batched products.
 */
export type ValuesLayout = (typeof VALUES_LAYOUTS)[number];

/** An array with its sizes, row-major. */
export interface DenseTensor<V extends FloatArray> {
  readonly shape: readonly number[];
  readonly values: V;
}

/**
 * A factor from values in the order of another system.
 *
 * @param values `a·b·c·d` of them
 * @throws PapilioError `VALUES_LENGTH`
 */
export function fromValuesLayout<V extends FloatArray>(
  pattern: Pattern,
  values: V,
  layout: ValuesLayout,
): KroneckerSparse<V> {
  requireOneOf("The layout of values", layout, VALUES_LAYOUTS);
  const factor = new KroneckerSparse(pattern, values);
  if (layout === "abcd") return factor;
  const canonical = zerosLike(values, values.length);
  forEachOf(pattern, layout, (here, there) => {
    canonical[here] = values[there] as number;
  });
  return new KroneckerSparse(pattern, canonical);
}

/** The values of a factor in the order of another system; shared blocks are repeated. */
export function toValuesLayout<V extends FloatArray>(
  factor: KroneckerSparse<V>,
  layout: ValuesLayout,
): V {
  requireOneOf("The layout of values", layout, VALUES_LAYOUTS);
  requireFactor("The factor", factor);
  const { pattern, values } = factor.expand();
  const ordered = zerosLike(values, values.length);
  forEachOf(pattern, layout, (here, there) => {
    ordered[there] = values[here] as number;
  });
  return ordered;
}

/**
 * A butterfly from the pair of block-diagonal matrices that Monarch layers keep: `y` is `second` by
 * blocks of the transposed result of `first` by blocks, transposed back.
 *
 * Source: arXiv 2204.00595, and the reference multiplication published with it.
 *
 * @param first `[k, q, p]`, blocks of the inputs
 * @param second `[l, s, r]` with `l·r = k·q`
 * @throws PapilioError `TENSOR_SHAPE`; `CHAIN_NOT_CHAINABLE` unless `l·r = k·q`; it is chainable where `l` divides `q`
 */
export function fromMonarchPair<V extends FloatArray>(
  first: DenseTensor<V>,
  second: DenseTensor<V>,
): Butterfly<V> {
  const [k, q, p] = sizesOf(first, 3) as [number, number, number];
  const [l, s, r] = sizesOf(second, 3) as [number, number, number];
  const pattern = new Pattern(1, s, r, l);
  const values = zerosLike(second.values, second.values.length);
  for (let block = 0; block < l; block++) {
    for (let entry = 0; entry < s * r; entry++) {
      values[entry * l + block] = second.values[block * s * r + entry] as number;
    }
  }
  const right = new KroneckerSparse(new Pattern(k, q, p, 1), first.values);
  return new Butterfly([new KroneckerSparse(pattern, values), right]);
}

/**
 * The pair of block-diagonal matrices of a Monarch butterfly: {@link fromMonarchPair} turned round.
 *
 * @throws PapilioError `TENSOR_SHAPE` unless it has two factors, `(1, s, r, l)` and `(k, q, p, 1)`
 */
export function toMonarchPair<V extends FloatArray>(
  butterfly: Butterfly<V>,
): { readonly first: DenseTensor<V>; readonly second: DenseTensor<V> } {
  requireButterfly("The matrix", butterfly);
  const [left, right, ...more] = butterfly.factors;
  if (!left || !right || more.length > 0 || left.pattern.a > 1 || right.pattern.d > 1) {
    throw fileError("TENSOR_SHAPE", `The chain ${butterfly.chain} is not a Monarch pair.`);
  }
  const { a: k, b: q, c: p } = right.pattern;
  const { b: s, c: r, d: l } = left.pattern;
  return {
    first: { shape: [k, q, p], values: right.expand().values },
    second: { shape: [l, s, r], values: toValuesLayout(left, "adbc") },
  };
}

/** The sizes of a tensor of a given number of axes, all at least 1, that has its values. */
export function sizesOf(tensor: DenseTensor<FloatArray>, axes: number): readonly number[] {
  requireObject("The tensor", tensor, "an object with shape and values");
  const { shape, values } = tensor;
  requireList("The shape", shape);
  requireFloats("What a tensor holds", values);
  if (shape.length === axes && values.length > 0 && elementsOf(shape) === values.length) {
    return shape;
  }
  throw fileError(
    "TENSOR_SHAPE",
    `The shape ${describeValue(shape)} of ${values.length} values is not one of ${axes} axes.`,
  );
}

/** Visits each value with its index in `[a, b, c, d]` and in another layout. */
function forEachOf(
  { a, b, c, d }: Pattern,
  layout: ValuesLayout,
  visit: (here: number, there: number) => void,
): void {
  let here = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++, here++) {
          visit(here, indexIn(layout, { b, c, d }, [i, j, l, k]));
        }
      }
    }
  }
}

function indexIn(
  layout: ValuesLayout,
  { b, c, d }: { b: number; c: number; d: number },
  [i, j, l, k]: readonly [number, number, number, number],
): number {
  switch (layout) {
    case "abcd":
      return ((i * b + j) * c + l) * d + k;
    case "adcb":
      return ((i * d + k) * c + l) * b + j;
    case "adbc":
      return ((i * d + k) * b + j) * c + l;
  }
}
