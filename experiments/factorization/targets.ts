import type { Complex } from "@papilio/butterfly";
import { bitReversal, cosine, fourier, hadamard } from "@papilio/butterfly/constructions";
import { uniform } from "@papilio/butterfly/numeric";
import { matrix } from "../../packages/butterfly/src/linear-algebra/dense-matrix.ts";
import { leadingEigenvectors } from "../../packages/butterfly/src/linear-algebra/hermitian-eigen.ts";

/** A matrix of `n` rows and columns to factorize. */
export interface NamedMatrix {
  readonly name: string;
  readonly n: number;
  readonly values: Float64Array | Complex<Float64Array>;
}

const N = 256;

/** Matrices that are butterflies exactly, that are nearly, and that are not. */
export function targets(): NamedMatrix[] {
  const { re, im } = fourier(N).dense();
  const reversed = bitReversal(N);
  const byColumns = (values: Float64Array): Float64Array =>
    fill((row, column) => values[row * N + (reversed[column] as number)] as number);
  const next = uniform(1);
  return [
    { name: "random", n: N, values: fill(() => next()) },
    { name: "Fourier", n: N, values: { re, im } },
    {
      name: "Fourier, columns in bit-reversed order",
      n: N,
      values: { re: byColumns(re), im: byColumns(im) },
    },
    { name: "Hadamard", n: N, values: hadamard(N).dense() },
    { name: "cosine transform (II)", n: N, values: cosine(N, 2).dense() },
    { name: "1/(1+|i-j|)", n: N, values: fill((i, j) => 1 / (1 + Math.abs(i - j))) },
    { name: "eigenvectors of a graph Laplacian", n: N, values: graphFourier() },
  ];
}

function fill(entry: (row: number, column: number) => number): Float64Array {
  return Float64Array.from({ length: N * N }, (_, index) =>
    entry(Math.floor(index / N), index % N),
  );
}

/**
 * The Fourier transform of a graph: sensors at random places of the unit square, neighbours up to 0.15
 * apart, in the order of their first coordinate.
 */
function graphFourier(): Float64Array {
  const next = uniform(2);
  const places = Array.from({ length: N }, () => [next() / 2, next() / 2] as const).sort(
    (p, q) => p[0] - q[0],
  );
  const laplacian = matrix(N, N, false);
  for (const [p, [x, y]] of places.entries()) {
    for (const [q, [u, v]] of places.entries()) {
      if (p === q || Math.hypot(x - u, y - v) > 0.15) continue;
      laplacian.re[p * N + q] = -1;
      laplacian.re[p * (N + 1)] = (laplacian.re[p * (N + 1)] as number) + 1;
    }
  }
  return leadingEigenvectors(laplacian, N).re;
}
