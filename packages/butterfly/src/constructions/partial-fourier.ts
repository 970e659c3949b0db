import { ButterflyProduct } from "../matrix/butterfly-product.ts";
import { zeros } from "../numeric/float-array.ts";
import { circulantProduct } from "./circulant-product.ts";
import { fourier } from "./fourier.ts";
import { fourierSize, isCheapFourier } from "./fourier-size.ts";
import { positions } from "./positions.ts";
import { type ComplexNumber, rootOfUnity } from "./roots-of-unity.ts";
import { scaleInputs, scaleOutputs } from "./scale.ts";
import { requireSize } from "./size.ts";
import { isOrthonormal, type TransformOptions } from "./transform-options.ts";

/**
 * The discrete Fourier transform of any number of points by Bluestein's algorithm: a chirp times a circulant
 * matrix, of at least `2n - 1` points, times a chirp, padded and cut. It takes `n·log n` multiplications for
 * a prime `n` too, and two transforms for one, so that {@link fourier} is cheaper where `n` has small
 * prime factors.
 *
 * Source: Bluestein, "A linear filtering approach to the computation of discrete Fourier transform" (1970).
 *
 * @param options `orthonormal` divides by `sqrt(n)`
 * @throws PapilioError `CONSTRUCTION_SIZE` unless `n` is from 1 to 2^21; `OPTION_INVALID`
 */
export function chirpFourier(n: number, options: TransformOptions = {}): ButterflyProduct {
  const orthonormal = isOrthonormal(options);
  requireSize(n);
  const scale = { re: orthonormal ? 1 / Math.sqrt(n) : 1, im: 0 };
  return scaleOutputs(chirp({ order: n, rows: n, cols: n }), () => scale);
}

/** A part of a Fourier matrix: of its size `order` the first rows and columns. */
interface FourierPart {
  readonly order: number;
  readonly rows: number;
  readonly cols: number;
}

/** A transform by one chain, however large its prime factors are, or by a chirp where that is cheaper. */
export type FourierWay = "chain" | "cheapest";

/**
 * The first rows and columns of a Fourier matrix between two diagonals: padded and cut where that is cheap,
 * by a chirp where it is not.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function partialFourier(
  part: FourierPart,
  scaleRow: (row: number) => ComplexNumber,
  scaleColumn: (column: number) => ComplexNumber,
  way: FourierWay = "cheapest",
): ButterflyProduct {
  const { order, rows, cols } = part;
  for (const size of [order, rows, cols]) requireSize(size);
  const whole =
    way === "chain" || isCheapFourier(order)
      ? new ButterflyProduct([fourier(order)], {
          ...(cols < order ? { input: positions(0, cols).input } : {}),
          ...(rows < order ? { output: positions(rows, 0).output } : {}),
        })
      : chirp(part);
  return scaleOutputs(scaleInputs(whole, scaleColumn), scaleRow);
}

/** `ω^(jk) = c(j)·c(k)/c(k - j)` for the chirp `c(t) = exp(-πi·t²/order)`: a Toeplitz matrix between two diagonals. */
function chirp({ order, rows, cols }: FourierPart): ButterflyProduct {
  const size = fourierSize(rows + cols - 1);
  const at = (t: number): ComplexNumber => rootOfUnity((t * t) % (2 * order), 2 * order);
  const column = { re: zeros("float64", size), im: zeros("float64", size) };
  for (let difference = 1 - cols; difference < rows; difference++) {
    const { re, im } = at(difference);
    const index = (difference + size) % size;
    column.re[index] = re;
    column.im[index] = -im;
  }
  const toeplitz = circulantProduct(column, positions(rows, cols));
  return scaleOutputs(scaleInputs(toeplitz, at), at);
}
