import type { Butterfly, FloatArray, PermutedButterfly } from "@papilio/butterfly";
import {
  ButterflyProduct,
  circulant,
  convolution,
  cosine,
  type ExactButterfly,
  fourier,
  hadamard,
  hankel,
  hartley,
  inverseFourier,
  permutation,
  type RealProduct,
  RealTransform,
  reversal,
  rootOfUnity,
  sine,
  toeplitz,
} from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";

/** The largest error of an output, over the root mean square of the outputs. */
export interface ConstructionRow {
  readonly name: string;
  readonly n: number;
  readonly float64: number;
  readonly float32: number;
}

/** Outputs that are compared with the definition: all of a small one, some of a large one. */
const COMPARED = 64;
const SHAPE = { batch: 1, layout: "batch-first" } as const;

/** The entry of a definition at a row and a column, its real part. */
type Entry = (row: number, column: number) => number;
type Apply = (x: FloatArray) => FloatArray;

/** Every construction at three sizes, on a random vector. */
export function constructionErrors(): ConstructionRow[] {
  return [2 ** 8, 2 ** 12, 2 ** 16].flatMap((n) => all(n));
}

function all(n: number): ConstructionRow[] {
  const column = draw(n, 3);
  const row = draw(n, 4);
  const part = (j: number, k: number, of: number): { re: number; im: number } =>
    rootOfUnity((j * k) % of, of);
  const real = (
    transform: RealTransform | RealProduct | Butterfly<Float64Array>,
  ): [Apply, Apply] => {
    const single = transform.convert("float32");
    return [
      (x) => referenceProduct(transform, x, SHAPE),
      (x) => referenceProduct(single, x, SHAPE),
    ];
  };
  const complex = (transform: PermutedButterfly<ExactButterfly>): [Apply, Apply] =>
    real(new RealTransform(new ButterflyProduct([transform])));
  const cases: [string, [Apply, Apply], Entry][] = [
    ["Fourier", complex(fourier(n)), (k, j) => part(j, k, n).re],
    ["inverse Fourier", complex(inverseFourier(n)), (k, j) => part(j, k, n).re / n],
    ["Hartley", real(hartley(n)), (k, j) => part(j, k, n).re - part(j, k, n).im],
    ["Hadamard", real(hadamard(n)), sign],
    ["cosine II", real(cosine(n, 2)), (k, j) => 2 * part(k, 2 * j + 1, 4 * n).re],
    ["cosine III", real(cosine(n, 3)), (k, j) => (j === 0 ? 1 : 2) * part(j, 2 * k + 1, 4 * n).re],
    ["cosine IV", real(cosine(n, 4)), (k, j) => 2 * part(2 * j + 1, 2 * k + 1, 8 * n).re],
    ["sine II", real(sine(n, 2)), (k, j) => -2 * part(k + 1, 2 * j + 1, 4 * n).im],
    [
      "sine III",
      real(sine(n, 3)),
      (k, j) => (j === n - 1 ? -1 : -2) * part(j + 1, 2 * k + 1, 4 * n).im,
    ],
    ["sine IV", real(sine(n, 4)), (k, j) => -2 * part(2 * j + 1, 2 * k + 1, 8 * n).im],
    ["circulant", real(circulant(column)), (i, j) => column[(i - j + n) % n] as number],
    [
      "Toeplitz",
      real(toeplitz(column, row)),
      (i, j) => (i >= j ? column[i - j] : row[j - i]) as number,
    ],
    [
      "Hankel",
      real(hankel(column, row)),
      (i, j) => (i + j < n ? column[i + j] : row[i + j - n + 1]) as number,
    ],
    [
      "convolution (same)",
      real(convolution(column, n, "same")),
      (i, j) => column[i - j + Math.floor((n - 1) / 2)] ?? 0,
    ],
    ["permutation", real(permutation(reversal(n))), (i, j) => (i + j === n - 1 ? 1 : 0)],
  ];
  return cases.map(([name, [exact, single], entry]) => {
    const row = { name, n, ...errorsOf(n, exact, single, entry) };
    console.error(`${name} ${n}: ${row.float64}, ${row.float32}`);
    return row;
  });
}

function errorsOf(
  n: number,
  exact: Apply,
  single: Apply,
  entry: Entry,
): { float64: number; float32: number } {
  // A vector of numbers that single precision holds: what is compared is the arithmetic.
  const x = Float64Array.from(Float32Array.from(draw(n, 5)));
  const [y, z] = [exact(x), single(Float32Array.from(x))];
  const step = Math.max(1, Math.floor(n / COMPARED));
  let [float64, float32, squares, count] = [0, 0, 0, 0];
  for (let row = 0; row < n; row += step, count++) {
    const expected = x.reduce((sum, value, column) => sum + value * entry(row, column), 0);
    float64 = Math.max(float64, Math.abs((y[row] as number) - expected));
    float32 = Math.max(float32, Math.abs((z[row] as number) - expected));
    squares += expected ** 2;
  }
  const scale = Math.sqrt(squares / count);
  return { float64: float64 / scale, float32: float32 / scale };
}

/** Hadamard's sign: the parity of the common bits. */
function sign(row: number, column: number): number {
  let bits = row & column;
  for (let shift = 16; shift >= 1; shift /= 2) bits ^= bits >>> shift;
  return 1 - 2 * (bits & 1);
}

function draw(length: number, seed: number): Float64Array {
  return Float64Array.from({ length }, uniform(seed));
}
