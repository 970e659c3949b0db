import { ButterflyProduct } from "../matrix/butterfly-product.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import type { Placement } from "../matrix/placement.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, zeros } from "../numeric/float-array.ts";
import { fourier, fourierButterfly } from "./fourier.ts";
import { fourierSize, isCheapFourier } from "./fourier-size.ts";
import { digitReversal } from "./permutations.ts";
import { positions } from "./positions.ts";
import { scaleRows } from "./scale.ts";
import { primeFactors } from "./size.ts";

/**
 * A circulant matrix by its first column, of any size: by Fourier transforms of this size, or as a part of a
 * larger one where these are cheaper.
 */
export function circulantOf(column: Complex<FloatArray>): ButterflyProduct {
  const n = column.re.length;
  if (isCheapFourier(n)) return circulantProduct(column);
  const size = fourierSize(2 * n - 1);
  const around = { re: zeros("float64", size), im: zeros("float64", size) };
  for (const part of ["re", "im"] as const) {
    around[part].set(column[part]);
    // Around the end of the vectors is before their start.
    around[part].set(column[part].subarray(1), size - n + 1);
  }
  return circulantProduct(around, positions(n, n));
}

/**
 * `conj(B)·D·B^T / n` for the Fourier matrix `B P`, its digit reversal `P`, and `D = P diag(F column) P^-1`.
 *
 * @param column of a size whose Fourier transform is cheap
 */
export function circulantProduct(
  column: Complex<FloatArray>,
  placement: Placement = {},
): ButterflyProduct {
  const n = column.re.length;
  const exact = { re: Float64Array.from(column.re), im: Float64Array.from(column.im) };
  const spectrum = referenceProduct(fourier(n), exact, { batch: 1, layout: "batch-first" });
  const reversed = digitReversal(primeFactors(n));
  const butterfly = fourierButterfly(n);
  const first = scaleRows(butterfly.transpose(), (row) => {
    const at = reversed[row] as number;
    return { re: (spectrum.re[at] as number) / n, im: (spectrum.im[at] as number) / n };
  });
  return new ButterflyProduct(
    [new PermutedButterfly(butterfly.conjugate()), new PermutedButterfly(first)],
    placement,
  );
}
