import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RealTransform } from "../matrix/butterfly-product.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import type { Complex } from "../numeric/complex.ts";
import {
  ButterflyProduct,
  channelConvolution,
  chirpFourier,
  circulant,
  convolution,
  cosine,
  fourier,
  hadamard,
  hankel,
  inverseFourier,
  kroneckerOfButterflies,
  realButterfly,
  sine,
  toeplitz,
} from "./index.ts";

/** What SciPy found, by `testing/make-fixtures.py`. */
interface Found {
  readonly [name: string]: number[] | { re: number[]; im: number[] } | null;
}
const file = join(import.meta.dirname, "testing/scipy-transforms.json");
const { sizes, image } = JSON.parse(readFileSync(file, "utf8")) as {
  sizes: Record<string, Found>;
  image: Found;
};

const vector = { batch: 1, layout: "batch-first" } as const;
const real = (found: Found, name: string): Float64Array =>
  Float64Array.from(found[name] as number[]);

function expectClose(actual: Float64Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs((actual[index] as number) - value)).toBeLessThan(1e-13 * largest);
  }
}

function expectComplex(actual: Complex<Float64Array>, expected: Found[string]): void {
  const { re, im } = expected as { re: number[]; im: number[] };
  expectClose(actual.re, re);
  expectClose(actual.im, im);
}

describe.each(Object.keys(sizes).map(Number))("of %i points", (n) => {
  const found = sizes[n] as Found;
  const [x, other] = [real(found, "x"), real(found, "other")];
  const none = new Float64Array(n);
  const times = (matrix: RealTransform): Float64Array => referenceProduct(matrix, x, vector);

  it("Fourier transforms are SciPy's", () => {
    const given = { re: x, im: none };
    const transforms = [fourier(n), chirpFourier(n)] as const;
    for (const one of transforms) {
      const product = "matrix" in one ? new ButterflyProduct([one]) : one;
      expectComplex(referenceProduct(product, given, vector), found.fourier ?? null);
    }
    const unitary = fourier(n, { orthonormal: true });
    expectComplex(referenceProduct(unitary, given, vector), found.unitary ?? null);
    const { re, im } = found.fourier as { re: number[]; im: number[] };
    const spectrum = { re: Float64Array.from(re), im: Float64Array.from(im) };
    expectClose(referenceProduct(inverseFourier(n), spectrum, vector).re, [...x]);
  });

  it("cosine and sine transforms are SciPy's", () => {
    for (const type of [1, 2, 3, 4] as const) {
      for (const orthonormal of [false, true]) {
        const name = `${type}${orthonormal ? " orthonormal" : ""}`;
        expectClose(times(cosine(n, type, { orthonormal })), found[`cosine ${name}`] as number[]);
        expectClose(times(sine(n, type, { orthonormal })), found[`sine ${name}`] as number[]);
      }
    }
  });

  it("matrices and convolutions are SciPy's", () => {
    expectClose(times(circulant(other)), found.circulant as number[]);
    const last = Float64Array.from(
      { length: n },
      (_, index) => Math.round(((((index + 9) * 0.618034) % 1) - 0.5) * 1e6) / 1e6,
    );
    expectClose(times(toeplitz(other, last)), found.toeplitz as number[]);
    expectClose(times(hankel(other, last)), found.hankel as number[]);
    for (const mode of ["full", "same", "valid"] as const) {
      const kernel = real(found, "kernel");
      expectClose(times(convolution(kernel, n, mode)), found[`convolution ${mode}`] as number[]);
    }
    const signs = found.hadamard;
    if (signs) expectClose(referenceProduct(hadamard(n), x, vector), signs as number[]);
  });
});

it("of images, transforms and convolutions are SciPy's", () => {
  const [x, values] = [real(image, "x"), real(image, "kernel")];
  const transform = kroneckerOfButterflies([fourier(5), fourier(7)]);
  const spectrum = referenceProduct(transform, { re: x, im: new Float64Array(35) }, vector);
  expectComplex(spectrum, image.spectrum ?? null);
  const cosines = kroneckerOfButterflies([
    realButterfly(cosine(5, 2)),
    realButterfly(cosine(7, 2)),
  ]);
  expectClose(referenceProduct(cosines, x, vector), image.cosine as number[]);
  const kernel = { shape: [1, 1, 3, 2], values };
  for (const mode of ["full", "same", "valid"] as const) {
    const product = channelConvolution(kernel, [5, 7], { mode });
    expectClose(referenceProduct(product, x, vector), image[mode] as number[]);
  }
  const correlation = channelConvolution(kernel, [5, 7], { mode: "valid", correlate: true });
  expectClose(referenceProduct(correlation, x, vector), image.correlation as number[]);
});
