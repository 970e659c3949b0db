import { ButterflyProduct, type ProductStage } from "../matrix/butterfly-product.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { invertPermutation } from "../matrix/permutation.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { zerosLike } from "../numeric/float-array.ts";
import { forEachNonZero } from "../pattern/support.ts";
import { composePermutations } from "./permutations.ts";
import type { ComplexNumber } from "./roots-of-unity.ts";

type Exact = ComplexButterfly<Float64Array>;

/** A diagonal times a butterfly: the diagonal goes into the left-most factor. */
export function scaleRows(matrix: Exact, scale: (row: number) => ComplexNumber): Exact {
  const [first, ...others] = matrix.factors as [
    ComplexKroneckerSparse<Float64Array>,
    ...ComplexKroneckerSparse<Float64Array>[],
  ];
  return new ComplexButterfly([scaleFactor(first, (row) => scale(row)), ...others]);
}

/** A butterfly times a diagonal: the diagonal goes into the right-most factor. */
function scaleColumns(matrix: Exact, scale: (column: number) => ComplexNumber): Exact {
  return scaleRows(matrix.transpose(), scale).transpose();
}

/** A product times a diagonal, which goes into the right-most factor. */
export function scaleInputs(
  product: ButterflyProduct,
  scale: (input: number) => ComplexNumber,
): ButterflyProduct {
  const { stages, placement } = product;
  const last = stages.at(-1) as ProductStage;
  const inputs = new Map(placement.input && [...placement.input].map((at, input) => [at, input]));
  const scaled = last.map((matrix) =>
    scaleColumns(matrix, (column) => {
      const at = last.right?.[column] ?? column;
      const input = placement.input ? inputs.get(at) : at;
      return input === undefined ? { re: 1, im: 0 } : scale(input);
    }).share(),
  );
  return new ButterflyProduct(
    [...stages.slice(0, -1), scaled] as unknown as [ProductStage],
    placement,
  );
}

/** A diagonal times a product: it goes into the left-most factor. */
export function scaleOutputs(
  product: ButterflyProduct,
  scale: (output: number) => ComplexNumber,
): ButterflyProduct {
  return scaleInputs(product.transpose(), scale).transpose();
}

/** A permutation after a product, which goes to the left of it or into where its outputs lie. */
export function permuteOutputs(product: ButterflyProduct, map: Uint32Array): ButterflyProduct {
  const { stages, placement } = product;
  const { input, output } = placement;
  if (output !== undefined) {
    return new ButterflyProduct(stages as [ProductStage], {
      input,
      output: composePermutations(output, map),
    });
  }
  const [{ matrix, left, right }, ...others] = stages as [ProductStage, ...ProductStage[]];
  const permuted = new PermutedButterfly(matrix, {
    left: left ? composePermutations(left, map) : map,
    right,
  });
  return new ButterflyProduct([permuted, ...others], placement);
}

/** A permutation before a product: position `p` of what it multiplies is taken from position `map[p]`. */
export function permuteInputs(product: ButterflyProduct, map: Uint32Array): ButterflyProduct {
  return permuteOutputs(product.transpose(), invertPermutation(map)).transpose();
}

function scaleFactor(
  factor: ComplexKroneckerSparse<Float64Array>,
  scale: (row: number) => ComplexNumber,
): ComplexKroneckerSparse<Float64Array> {
  const { pattern } = factor;
  const { re, im } = factor.expand();
  const [scaledRe, scaledIm] = [re.values, im.values].map((values) =>
    zerosLike(values, values.length),
  ) as [Float64Array, Float64Array];
  forEachNonZero(pattern, (row, _, index) => {
    const by = scale(row);
    const [x, y] = [re.values[index] as number, im.values[index] as number];
    scaledRe[index] = by.re * x - by.im * y;
    scaledIm[index] = by.re * y + by.im * x;
  });
  return new ComplexKroneckerSparse(
    new KroneckerSparse(pattern, scaledRe),
    new KroneckerSparse(pattern, scaledIm),
  );
}
