import { requireListOf } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import {
  type AnyButterfly,
  PermutedButterfly,
  withPermutations,
} from "../matrix/permuted-butterfly.ts";
import { type FloatArray, indices, zerosLike } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { productOf, requireSize, requireValues } from "./size.ts";

/**
 * The Kronecker product `A1 ⊗ A2 ⊗ ...` of butterflies, all real or all complex, as one: transforms of two
 * dimensions and more. A factor `(a, b, c, d)` of `Al` becomes `(C·a, b, c, d·R)`, where `C` is the number
 * of columns of those before `Al`, and `R` that of the rows of those after it: a chain, as long as all of
 * theirs together, which is chainable where all of their products are dense, and all of their chains transposed
 * or none. Permutations become those of the grid.
 *
 * @example
 * ```ts
 * const transform = kroneckerOfButterflies([fourier(480), fourier(640)]); // of images of 480 x 640
 * ```
 *
 * @param matrices butterflies, between permutations or not
 * @throws PapilioError `CHAIN_EMPTY`; `CONSTRUCTION_SIZE` for more than 2^22 rows or columns, or too many values;
 *   `OPTION_INVALID`
 */
export function kroneckerOfButterflies<M extends AnyButterfly>(
  matrices: readonly (M | PermutedButterfly<M>)[],
): PermutedButterfly<M> {
  const parts: PermutedButterfly<AnyButterfly>[] = [];
  requireListOf("The matrices", matrices, (_, matrix) => {
    parts.push(withPermutations(matrix as M));
  });
  if (parts.length === 0) {
    throw new PapilioError("CHAIN_EMPTY", "There are no butterflies.", "Give at least one.");
  }
  for (const side of ["rows", "cols"] as const)
    requireSize(productOf(parts.map((one) => one[side])));
  // A chain that is transposed is the transpose of one that is not: so is the product of such.
  if (parts.some(({ matrix }) => matrix.chain.transposed)) {
    const turned = parts.map((part) => part.transpose());
    if (turned.every(({ matrix }) => !matrix.chain.transposed)) {
      return kroneckerOfDirect(turned).transpose() as PermutedButterfly<M>;
    }
  }
  return kroneckerOfDirect(parts) as PermutedButterfly<M>;
}

function kroneckerOfDirect(
  parts: readonly PermutedButterfly<AnyButterfly>[],
): PermutedButterfly<AnyButterfly> {
  const complex = parts.filter(({ matrix }) => "conjugate" in matrix).length;
  if (complex > 0 && complex < parts.length) {
    throw new PapilioError(
      "OPTION_INVALID",
      `Of ${parts.length} butterflies ${complex} are complex.`,
      "Make the real ones complex by ComplexButterfly.fromReal.",
    );
  }
  const real: KroneckerSparse<FloatArray>[] = [];
  const complexFactors: ComplexKroneckerSparse<FloatArray>[] = [];
  let [values, before, after] = [0, 1, productOf(parts.map(({ rows }) => rows))];
  for (const { matrix, rows, cols } of parts) {
    after /= rows;
    for (const { pattern } of matrix.factors) {
      values += pattern.nonZeros * (pattern.d > 1 ? after : 1);
      requireValues(values, "Use smaller butterflies, or multiply by them one after another.");
    }
    for (const factor of matrix.factors) {
      if ("re" in factor) {
        const [re, im] = [
          repeatFactor(factor.re, before, after),
          repeatFactor(factor.im, before, after),
        ];
        complexFactors.push(new ComplexKroneckerSparse(re, im));
      } else {
        real.push(repeatFactor(factor, before, after));
      }
    }
    before *= cols;
  }
  const product = complex > 0 ? new ComplexButterfly(complexFactors) : new Butterfly(real);
  return new PermutedButterfly<AnyButterfly>(product, {
    left: kroneckerOfMaps(parts.map(({ left, rows }) => ({ map: left, length: rows }))),
    right: kroneckerOfMaps(parts.map(({ right, cols }) => ({ map: right, length: cols }))),
  });
}

/** `I ⊗ W ⊗ I`, of identities of so many rows: blocks that repeat are stored once where that can be said. */
export function repeatFactor(
  factor: KroneckerSparse<FloatArray>,
  before: number,
  after: number,
): KroneckerSparse<FloatArray> {
  const { a, b, c, d } = factor.pattern;
  const pattern = new Pattern(a * before, b, c, d * after);
  const { stored } = factor;
  const sharing = {
    a: pattern.a > 1 && stored.a === 1,
    d: pattern.d > 1 && stored.d === 1,
  };
  const [superBlocks, width] = [sharing.a ? 1 : pattern.a, sharing.d ? 1 : pattern.d];
  const values = zerosLike(factor.values, superBlocks * b * c * width);
  let index = 0;
  for (let i = 0; i < superBlocks; i++) {
    for (let entry = 0; entry < b * c; entry++) {
      const from = ((i % stored.a) * b * c + entry) * stored.d;
      for (let k = 0; k < width; k++) {
        const at = stored.d === 1 ? from : from + Math.floor(k / after);
        values[index++] = factor.values[at] as number;
      }
    }
  }
  return new KroneckerSparse(pattern, values, sharing);
}

/** The map of a grid whose every axis is permuted by its own; undefined where none is. */
function kroneckerOfMaps(
  axes: readonly { readonly map: Uint32Array | undefined; readonly length: number }[],
): Uint32Array | undefined {
  if (axes.every(({ map }) => map === undefined)) return undefined;
  return axes.reduce<Uint32Array>((outer, { map, length }) => {
    return indices(outer.length * length).map((_, position) => {
      const inner = position % length;
      return (outer[Math.floor(position / length)] as number) * length + (map?.[inner] ?? inner);
    });
  }, indices(1));
}
