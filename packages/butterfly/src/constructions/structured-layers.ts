import { requireFloats, requireObject } from "../errors/argument-checks.ts";
import { requireListOf } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ButterflyProduct, type RealProduct, RealTransform } from "../matrix/butterfly-product.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { forEachNonZero } from "../pattern/support.ts";
import { hadamard } from "./hadamard.ts";
import { realButterfly } from "./real-butterfly.ts";
import { requirePowerOfTwo, requireSize } from "./size.ts";
import { isOrthonormal, type TransformOptions } from "./transform-options.ts";
import { cosineTwo } from "./trigonometric.ts";

type Real = Butterfly<Float64Array>;
type Stage = PermutedButterfly<Real>;

/**
 * Hadamard matrices times diagonals, `H D1 H D2 ...`, for `n = 2^L`: random rotations and projections. Each is a
 * dyadic butterfly, whose last factor takes the diagonal.
 *
 * Source: Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform" (2009); Bojarski et al., "Structured
 * adaptive and random spinners for fast machine learning computations" (2017).
 *
 * @param diagonals `n` numbers each, left-most first
 * @throws PapilioError `CHAIN_EMPTY`, `CONSTRUCTION_SIZE`, `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function hadamardDiagonals(
  diagonals: readonly FloatArray[],
  options: TransformOptions = {},
): RealProduct {
  const orthonormal = isOrthonormal(options);
  requireListOf("The diagonals", diagonals, requireFloats);
  const n = diagonals[0]?.length;
  if (n === undefined) {
    throw new PapilioError("CHAIN_EMPTY", "There are no diagonals.", "Give at least one.");
  }
  requirePowerOfTwo(n, 2);
  for (const diagonal of diagonals) requireDiagonal(diagonal, n);
  return productOfStages(
    diagonals.map(
      (right) => new PermutedButterfly(scaled(hadamard(n, { orthonormal }), { right })),
    ),
  );
}

/** The diagonals and the permutation of {@link fastfood}, each of `n` numbers. */
export interface FastfoodParts {
  /** `S`: lengths of the rows. */
  readonly scale: FloatArray;
  /** `G`: normal numbers. */
  readonly gaussian: FloatArray;
  /** `Π`: position `p` is taken from position `permutation[p]`. */
  readonly permutation: Uint32Array;
  /** `B`: signs. */
  readonly signs: FloatArray;
}

/**
 * The Fastfood matrix `S H G Π H B` of `n = 2^L`, in place of a matrix of normal numbers: two dyadic butterflies
 * with a permutation between them.
 *
 * Source: Le, Sarlós and Smola, "Fastfood - computing Hilbert space expansions in loglinear time" (2013), which
 * divides it by `σ·sqrt(n)`: put that into `scale`.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `PERMUTATION_INVALID`, `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function fastfood(parts: FastfoodParts, options: TransformOptions = {}): RealProduct {
  const orthonormal = isOrthonormal(options);
  requireObject("The parts", parts, "an object with scale, gaussian, permutation and signs");
  const { scale, gaussian, permutation, signs } = parts;
  for (const [name, diagonal] of Object.entries({ scale, gaussian, signs })) {
    requireFloats(name, diagonal);
  }
  const n = scale.length;
  requirePowerOfTwo(n, 2);
  for (const diagonal of [gaussian, signs]) requireDiagonal(diagonal, n);
  const transform = hadamard(n, { orthonormal });
  return productOfStages([
    new PermutedButterfly(scaled(transform, { left: scale, right: gaussian }), {
      right: permutation,
    }),
    new PermutedButterfly(scaled(transform, { right: signs })),
  ]);
}

/** The diagonals of a layer of {@link acdc}, each of `n` numbers. */
export interface AcdcLayer {
  /** `A`, on the inputs. */
  readonly a: FloatArray;
  /** `D`, on the frequencies. */
  readonly d: FloatArray;
}

/**
 * Layers of ACDC of any size, without what is between them: each is `C^-1 D C A` for the orthonormal cosine
 * transform `C` of type II, two real butterflies of rank 2 that take the diagonals. Sizes with small prime factors
 * are cheap.
 *
 * Source: Moczulski et al., "ACDC: a structured efficient linear layer" (2015).
 *
 * @param layers the one that is applied first first
 * @throws PapilioError `CHAIN_EMPTY`, `CONSTRUCTION_SIZE`, `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function acdc(layers: readonly AcdcLayer[]): RealProduct {
  requireListOf("The layers", layers, (name, layer) => {
    requireObject(name, layer, "an object with a and d");
    const { a, d } = layer as AcdcLayer;
    requireFloats(`The diagonal a of ${name}`, a);
    requireFloats(`The diagonal d of ${name}`, d);
  });
  const n = layers[0]?.a.length;
  if (n === undefined) {
    throw new PapilioError("CHAIN_EMPTY", "There are no layers.", "Give at least one.");
  }
  requireSize(n);
  for (const { a, d } of layers) for (const diagonal of [a, d]) requireDiagonal(diagonal, n);
  const cosine = realButterfly(new RealTransform(cosineTwo(n, true, "chain")));
  const inverse = cosine.transpose();
  return productOfStages(
    layers
      .toReversed()
      .flatMap(({ a, d }) => [
        inverse,
        cosine.map((matrix) => scaled(matrix, { left: d, right: permuted(a, cosine.right) })),
      ]),
  );
}

/** A diagonal after a permutation that is the same as one before it. */
function permuted(diagonal: FloatArray, map: Uint32Array | undefined): FloatArray {
  return map === undefined
    ? diagonal
    : diagonal.map((_, p) => diagonal[map[p] as number] as number);
}

/** A butterfly between diagonals, which go into its outermost factors. */
function scaled(
  matrix: Real,
  { left, right }: { readonly left?: FloatArray; readonly right?: FloatArray },
): Real {
  const { factors } = matrix;
  const last = factors.length - 1;
  return new Butterfly(
    factors.map((factor, index) => {
      const [rows, columns] = [index === 0 ? left : undefined, index === last ? right : undefined];
      if (rows === undefined && columns === undefined) return factor;
      const { pattern, values } = factor.expand();
      const changed = zerosLike(values, values.length);
      forEachNonZero(pattern, (row, column, at) => {
        changed[at] = (values[at] as number) * (rows?.[row] ?? 1) * (columns?.[column] ?? 1);
      });
      return new KroneckerSparse(pattern, changed);
    }),
  );
}

function productOfStages(stages: readonly Stage[]): RealProduct {
  return new ButterflyProduct<Float64Array, Real>(stages as unknown as [Stage, ...Stage[]]);
}

function requireDiagonal(diagonal: FloatArray, n: number): void {
  if (diagonal.length === n) return;
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `A diagonal has ${diagonal.length} numbers, and another one ${n}.`,
    "Give diagonals of the same length.",
  );
}
