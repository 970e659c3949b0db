import { expect, it } from "vitest";
import {
  acdc,
  channelConvolution,
  chirpFourier,
  circulant,
  convolution,
  cosine,
  daubechies4,
  fastfood,
  fourier,
  haar,
  hadamardDiagonals,
  hankel,
  hartley,
  inverseFourier,
  kroneckerOfButterflies,
  kroneckerProduct,
  permutation,
  realButterfly,
  sine,
  toeplitz,
  walsh,
} from "../../../packages/butterfly/src/constructions/index.ts";
import { compile, type Place } from "../../../packages/butterfly/src/index.ts";

/** Numbers that are the same each time: the fractional parts of multiples of the golden ratio. */
function draw(length: number, start: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => (((index + start) * 0.618034) % 1) - 0.5);
}

const column = (n: number): Float64Array => draw(n, 1);

/** Each construction at a size that is no power of two, where there is one, and at the size of a chirp. */
const CASES = {
  "Fourier, 12": fourier(12),
  "Fourier, 15, as a Monarch chain": fourier(15, { radices: [5, 3], orthonormal: true }),
  "inverse Fourier, 7": inverseFourier(7),
  "Fourier by a chirp, 7": chirpFourier(7),
  "Fourier of two dimensions, 3 x 4": kroneckerOfButterflies([fourier(3), fourier(4)]),
  "cosine I, 7": cosine(7, 1),
  "cosine II, 9": cosine(9, 2),
  "cosine IV, 11": cosine(11, 4),
  "cosine II of two dimensions, 4 x 3": kroneckerOfButterflies([
    realButterfly(cosine(4, 2)),
    realButterfly(cosine(3, 2)),
  ]),
  "sine I, 6": sine(6, 1),
  "sine III, 10": sine(10, 3),
  "Hartley, 14": hartley(14),
  "circulant, 13": circulant(column(13)),
  "Toeplitz, 5 x 3": toeplitz(column(5), column(3)),
  "Hankel, 3 x 6": hankel(column(3), column(6)),
  "convolution, 9": convolution(column(4), 9, "same"),
  "convolution of two dimensions, 5 x 4, between 3 and 2 channels": channelConvolution(
    { shape: [2, 3, 3, 3], values: column(54) },
    [5, 4],
    { mode: "same", correlate: true },
  ),
  "permutation, 6": permutation(Uint32Array.of(3, 0, 5, 1, 4, 2)),
  "Walsh, 16": walsh(16),
  "Kronecker product, 6 x 4": kroneckerProduct([
    { rows: 2, cols: 2, values: column(4) },
    { rows: 3, cols: 2, values: column(6) },
  ]),
  "Haar, 12": haar(12),
  "Daubechies, 8": daubechies4(8),
  "Hadamard times diagonals, 8": hadamardDiagonals([column(8), draw(8, 4)]),
  "Fastfood, 8": fastfood({
    scale: column(8),
    gaussian: draw(8, 5),
    permutation: Uint32Array.of(7, 6, 5, 4, 3, 2, 1, 0),
    signs: draw(8, 6).map(Math.sign),
  }),
  "ACDC, 5": acdc([{ a: column(5), d: draw(5, 2) }]),
};

type Numbers = Float64Array | { readonly re: Float64Array; readonly im: Float64Array };
type Single = Float32Array | { readonly re: Float32Array; readonly im: Float32Array };

const partsOf = (numbers: Numbers | Single): readonly (Float64Array | Float32Array)[] =>
  "re" in numbers ? [numbers.re, numbers.im] : [numbers];

/** What places have in common for exact constructions: they multiply by their dense forms, in float64. */
export function describeConstructions(placeOfSuite: () => Place): void {
  it.each(Object.entries(CASES))("multiplies by a construction: %s", async (_, matrix) => {
    const dense = matrix.dense() as Numbers;
    const single =
      "matrix" in matrix
        ? matrix.map((one) => one.convert("float32") as never)
        : matrix.convert("float32");
    using weights = await compile(single as never, placeOfSuite());
    const { rows, cols } = weights;
    const shape = { batch: 2, layout: "batch-last" } as const;
    const complex = "re" in dense;
    const re = Float32Array.from(draw(2 * cols, 7));
    const im = Float32Array.from(draw(2 * cols, 8));
    const y = partsOf(
      (await weights.multiply((complex ? { re, im } : re) as never, shape)) as Single,
    );
    const [wr, wi] = partsOf(dense) as [Float64Array, Float64Array?];
    for (let row = 0; row < rows; row++) {
      for (let vector = 0; vector < 2; vector++) {
        const sum = [0, 0];
        for (let j = 0; j < cols; j++) {
          const at = row * cols + j;
          const [p, q] = [wr[at] as number, wi?.[at] ?? 0];
          const [u, v] = [
            re[2 * j + vector] as number,
            complex ? (im[2 * j + vector] as number) : 0,
          ];
          sum[0] = (sum[0] as number) + p * u - q * v;
          sum[1] = (sum[1] as number) + p * v + q * u;
        }
        for (const [part, values] of y.entries()) {
          expect(values[2 * row + vector]).toBeCloseTo(sum[part] as number, 4);
        }
      }
    }
  });
}
