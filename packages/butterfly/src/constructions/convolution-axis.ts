import { requireOneOf } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { fourierSize, isCheapFourier } from "./fourier-size.ts";
import { requireSize } from "./size.ts";

const CONVOLUTION_MODES = ["full", "same", "valid", "circular"] as const;

/** Which outputs of a convolution are kept, as in SciPy; `circular` wraps around. */
export type ConvolutionMode = (typeof CONVOLUTION_MODES)[number];

/** How the vectors of a convolution lie in those of a circulant matrix. */
interface ConvolutionAxis {
  /** Size of the circulant matrix: inputs are its first ones. */
  readonly size: number;
  /** Where the first output lies; the others follow, around the end. */
  readonly start: number;
  readonly count: number;
  /** Where in the matrix's first column a number of the kernel lies. */
  indicesOf(tap: number): readonly number[];
}

/**
 * @param n numbers along an axis
 * @param length numbers of the kernel along it
 * @param options `correlate` for `Σ kernel[t]·x[i + t]` rather than `Σ kernel[t]·x[i - t]`
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function convolutionAxis(
  n: number,
  length: number,
  options: { readonly mode: ConvolutionMode; readonly correlate?: boolean },
): ConvolutionAxis {
  const { mode, correlate = false } = options;
  requireOneOf("The mode of a convolution", mode, CONVOLUTION_MODES);
  requireSize(n);
  requireSize(length);
  const wraps = mode === "circular";
  if ((wraps || mode === "valid") && length > n) throw tooLong(length, n);
  const circular = isCheapFourier(n) ? n : fourierSize(2 * n - 1);
  const size = wraps ? circular : fourierSize(n + length - 1);
  const around = (index: number): number => (index + size) % size;
  const half = Math.floor((length - 1) / 2);
  const [start, count] = {
    full: [correlate ? 1 - length : 0, n + length - 1],
    same: [correlate ? -half : half, n],
    valid: [correlate ? 0 : length - 1, n - length + 1],
    circular: [0, n],
  }[mode] as [number, number];
  return {
    size,
    start: around(start),
    count,
    indicesOf: (tap) => {
      const offset = correlate ? -tap : tap;
      // Around the end of the vectors is before their start.
      const isTwice = wraps && tap > 0 && size > n;
      return isTwice ? [around(offset), around(offset - Math.sign(offset) * n)] : [around(offset)];
    },
  };
}

function tooLong(length: number, n: number): PapilioError {
  return new PapilioError(
    "CONSTRUCTION_SIZE",
    `The kernel has ${length} numbers, but the vectors only ${n}.`,
    "Use a shorter kernel, or the mode full or same.",
  );
}
