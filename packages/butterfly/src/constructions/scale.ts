import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { zerosLike } from "../numeric/float-array.ts";
import { forEachNonZero } from "../pattern/support.ts";
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
export function scaleColumns(matrix: Exact, scale: (column: number) => ComplexNumber): Exact {
  return scaleRows(matrix.transpose(), scale).transpose();
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
