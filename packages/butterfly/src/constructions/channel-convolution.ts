import {
  requireBoolean,
  requireList,
  requireObject,
  requireOptions,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { ButterflyProduct } from "../matrix/butterfly-product.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, indices, zeros } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { type ConvolutionMode, convolutionAxis } from "./convolution-axis.ts";
import { fourier } from "./fourier.ts";
import { kroneckerOfButterflies, repeatFactor } from "./kronecker-of-butterflies.ts";
import { complexOf, type TransformOf, type Values, wrap } from "./real-or-complex.ts";
import { productOf, requireSize, requireValues } from "./size.ts";

/** The kernel of a convolution between channels. */
export interface ChannelKernel<V extends Values> {
  /** `[outputs, inputs, length]`, or `[outputs, inputs, height, width]` of two dimensions. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: V;
}

export interface ChannelConvolutionOptions {
  /** Which outputs are kept along each axis; `full` unless given. */
  readonly mode?: ConvolutionMode;
  /**
   * `Σ kernel[t]·x[i + t]`, as layers of neural networks do, rather than `Σ kernel[t]·x[i - t]`; `same` is then
   * what `padding="same"` of PyTorch is.
   */
  readonly correlate?: boolean;
}

type Axis = ReturnType<typeof convolutionAxis>;

/**
 * The convolution of signals or images of several channels: an output channel is the sum of the convolutions of
 * all input channels with kernels of their own. Vectors are `[channels, length]` or `[channels, height, width]`,
 * row-major.
 *
 * Two butterflies: the Fourier transform of every channel, then for each frequency a dense matrix
 * `outputs x inputs` and the inverse transforms. With channels inner-most, and `m` frequencies, the chain of the
 * second is `(a, r, r, d·outputs)` for each factor `(a, r, r, d)` of the transform, then
 * `(m, outputs, inputs, 1)`. Vectors are padded and cut.
 *
 * Source: Mathieu, Henaff and LeCun, "Fast training of convolutional networks through FFTs" (2014).
 *
 * @param sizes `[length]` or `[height, width]` of the inputs
 * @throws PapilioError `CONSTRUCTION_SIZE` unless shapes and sizes fit, a kernel is at most as long as the vectors
 *   for `valid` and `circular`, and the factors hold at most 2^24 values; `ARRAY_TYPE`, `COMPLEX_PARTS`,
 *   `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const kernel = { shape: [64, 3, 7, 7], values: weights };
 * const layer = channelConvolution(kernel, [32, 32], { mode: "same", correlate: true });
 * ```
 */
export function channelConvolution<V extends Values>(
  kernel: ChannelKernel<V>,
  sizes: readonly number[],
  options: ChannelConvolutionOptions = {},
): TransformOf<V> {
  requireOptions("The options", options);
  const { mode = "full", correlate = false } = options;
  requireBoolean("correlate", correlate);
  const { outputs, inputs, lengths, values } = takeApart(kernel, sizes);
  const axes = sizes.map((n, axis) =>
    convolutionAxis(n, lengths[axis] as number, { mode, correlate }),
  );
  const grid = productOf(axes.map(({ size }) => size));
  requireSize(grid * Math.max(outputs, inputs));
  const fix = "Use fewer channels, or smaller vectors.";
  requireValues(grid * outputs * inputs, fix);
  const transform = kroneckerOfButterflies(axes.map(({ size }) => fourier(size)));
  const stored = transform.matrix.factors.reduce((sum, { re }) => sum + re.values.length, 0);
  requireValues(grid * outputs * inputs + stored * (outputs + inputs), fix);
  const spectrum = referenceProduct(transform, padded(values, outputs * inputs, lengths, axes), {
    batch: outputs * inputs,
    layout: "batch-first",
  });
  const { factors } = transform.matrix;
  const between = frequencies(spectrum, transform.right, { grid, outputs, inputs });
  const inner = (channels: number) =>
    factors.map(
      ({ re, im }) =>
        new ComplexKroneckerSparse(repeatFactor(re, 1, channels), repeatFactor(im, 1, channels)),
    ) as ComplexKroneckerSparse<Float64Array>[];
  const product = new ButterflyProduct(
    [
      new PermutedButterfly(
        new ComplexButterfly([...inner(outputs).map((factor) => factor.conjugate()), between]),
      ),
      new PermutedButterfly(new ComplexButterfly(inner(inputs)).transpose()),
    ],
    {
      input: places(
        axes,
        inputs,
        sizes,
        axes.map(() => 0),
      ),
      output: places(
        axes,
        outputs,
        axes.map(({ count }) => count),
        axes.map(({ start }) => start),
      ),
    },
  );
  return wrap(kernel.values, product);
}

/** What a kernel is made of, once its shape fits. */
function takeApart(
  kernel: ChannelKernel<Values>,
  sizes: readonly number[],
): { outputs: number; inputs: number; lengths: readonly number[]; values: Complex<FloatArray> } {
  requireObject("The kernel", kernel, "an object with shape and values");
  requireList("The shape of a kernel", kernel.shape);
  requireList("The sizes", sizes);
  const values = complexOf(kernel.values);
  const [outputs, inputs, ...lengths] = kernel.shape as readonly number[];
  for (const size of [...kernel.shape, ...sizes]) requireSize(size as number);
  const fits =
    (sizes.length === 1 || sizes.length === 2) &&
    lengths.length === sizes.length &&
    productOf(kernel.shape as number[]) === values.re.length;
  if (fits) return { outputs: outputs as number, inputs: inputs as number, lengths, values };
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `A kernel of shape ${describeValue(kernel.shape)} and ${values.re.length} numbers does not fit vectors of sizes ${describeValue(sizes)}.`,
    "Give [outputs, inputs, length] and one size, or [outputs, inputs, height, width] and two.",
  );
}

/** Each kernel at its place in the first column of a circulant matrix, `[kernels, ...sizes]`. */
function padded(
  values: Complex<FloatArray>,
  kernels: number,
  lengths: readonly number[],
  axes: readonly Axis[],
): Complex<Float64Array> {
  const grid = productOf(axes.map(({ size }) => size));
  const taps = productOf(lengths);
  const column = { re: zeros("float64", kernels * grid), im: zeros("float64", kernels * grid) };
  for (let tap = 0; tap < taps; tap++) {
    let [places, rest, weight]: [readonly number[], number, number] = [[0], tap, 1];
    for (const [axis, { size, indicesOf }] of [...axes.entries()].reverse()) {
      const length = lengths[axis] as number;
      const own = indicesOf(rest % length);
      const scale = weight;
      places = places.flatMap((place) => own.map((index) => place + index * scale));
      [rest, weight] = [Math.floor(rest / length), weight * size];
    }
    for (let kernel = 0; kernel < kernels; kernel++) {
      for (const place of places) {
        column.re[kernel * grid + place] = values.re[kernel * taps + tap] as number;
        column.im[kernel * grid + place] = values.im[kernel * taps + tap] as number;
      }
    }
  }
  return column;
}

/** For each frequency, in the order of the transform's columns, the matrix between the channels, over the grid's size. */
function frequencies(
  spectrum: Complex<Float64Array>,
  order: Uint32Array | undefined,
  { grid, outputs, inputs }: { grid: number; outputs: number; inputs: number },
): ComplexKroneckerSparse<Float64Array> {
  const pattern = new Pattern(grid, outputs, inputs, 1);
  const pairs = outputs * inputs;
  const part = (from: Float64Array): KroneckerSparse<Float64Array> => {
    const values = zeros("float64", pattern.nonZeros);
    for (let frequency = 0; frequency < grid; frequency++) {
      const at = order?.[frequency] ?? frequency;
      for (let pair = 0; pair < pairs; pair++) {
        values[frequency * pairs + pair] = (from[pair * grid + at] as number) / grid;
      }
    }
    return new KroneckerSparse(pattern, values);
  };
  return new ComplexKroneckerSparse(part(spectrum.re), part(spectrum.im));
}

/** Where the numbers `[channels, ...counts]` lie in the grid with channels inner-most, from `starts` on, around the end. */
function places(
  axes: readonly Axis[],
  channels: number,
  counts: readonly number[],
  starts: readonly number[],
): Uint32Array {
  const perChannel = productOf(counts);
  return indices(channels * perChannel).map((_, number) => {
    let [rest, weight, place] = [number % perChannel, 1, 0];
    for (const [axis, { size }] of [...axes.entries()].reverse()) {
      const count = counts[axis] as number;
      place += (((starts[axis] as number) + (rest % count)) % size) * weight;
      [rest, weight] = [Math.floor(rest / count), weight * size];
    }
    return place * channels + Math.floor(number / perChannel);
  });
}
