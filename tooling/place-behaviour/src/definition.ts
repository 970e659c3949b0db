import type {
  Butterfly,
  Complex,
  ComplexButterfly,
  KroneckerSparse,
  PermutedButterfly,
} from "../../../packages/butterfly/src/index.ts";
import type { AnyMatrix } from "../../../packages/butterfly/src/matrix/index.ts";

/*
 * Products by the definition, in float64 and with dense matrices: `W[(i, j, k), (i, l, k)]` is the value
 * `[i, j, l, k]` of a factor, a butterfly is the product of its factors, and position `p` of what a
 * permutation leaves is position `map[p]` of what it takes. Nothing here calls a multiplication of ours.
 */

/** A dense matrix of complex numbers, row-major; the imaginary part of a real one is zero. */
interface Dense {
  readonly rows: number;
  readonly cols: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function zeros(rows: number, cols: number): Dense {
  return { rows, cols, re: new Float64Array(rows * cols), im: new Float64Array(rows * cols) };
}

function denseFactor(re: KroneckerSparse, im: KroneckerSparse | undefined): Dense {
  const { a, b, c, d, rows, cols } = re.pattern;
  const dense = zeros(rows, cols);
  let index = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++, index++) {
          const at = ((i * b + j) * d + k) * cols + (i * c + l) * d + k;
          dense.re[at] = re.values[index] as number;
          dense.im[at] = im?.values[index] ?? 0;
        }
      }
    }
  }
  return dense;
}

function product(p: Dense, q: Dense): Dense {
  const result = zeros(p.rows, q.cols);
  for (let row = 0; row < p.rows; row++) {
    for (let column = 0; column < q.cols; column++) {
      const at = row * q.cols + column;
      for (let t = 0; t < p.cols; t++) {
        const [m, n] = [row * p.cols + t, t * q.cols + column];
        const [a, b] = [p.re[m] as number, p.im[m] as number];
        const [c, d] = [q.re[n] as number, q.im[n] as number];
        (result.re[at] as number) += a * c - b * d;
        (result.im[at] as number) += a * d + b * c;
      }
    }
  }
  return result;
}

/** Every part of every number as the sum of the absolute values of both: of which bounds are made. */
function absolute({ re, im, ...sizes }: Dense): Dense {
  const sums = re.map((value, index) => Math.abs(value) + Math.abs(im[index] as number));
  return { ...sizes, re: sums, im: new Float64Array(sums.length) };
}

function permutedRows(map: Uint32Array | undefined, dense: Dense): Dense {
  if (map === undefined) return dense;
  const result = zeros(dense.rows, dense.cols);
  map.forEach((from, row) => {
    for (const part of ["re", "im"] as const) {
      const values = dense[part].subarray(from * dense.cols, (from + 1) * dense.cols);
      result[part].set(values, row * dense.cols);
    }
  });
  return result;
}

/** A batch of vectors as the columns of a dense matrix. */
function columnsOf(
  { re, im }: { re: Float32Array; im: Float32Array | undefined },
  batch: number,
  layout: "batch-first" | "batch-last",
): Dense {
  const features = re.length / batch;
  const result = zeros(features, batch);
  for (let f = 0; f < features; f++) {
    for (let n = 0; n < batch; n++) {
      const at = layout === "batch-first" ? n * features + f : f * batch + n;
      result.re[f * batch + n] = re[at] as number;
      result.im[f * batch + n] = im?.[at] ?? 0;
    }
  }
  return result;
}

/** What `W x` is, and the product of absolute values, by columns: `[rows, batch]`. */
export function byDefinition(
  matrix: AnyMatrix<Float32Array>,
  x: Float32Array | Complex,
  shape: { readonly batch: number; readonly layout: "batch-first" | "batch-last" },
): { readonly y: Dense; readonly magnitude: Float64Array } {
  const { left, right } = matrix as Partial<PermutedButterfly>;
  const inner = "matrix" in matrix ? matrix.matrix : matrix;
  const factors =
    "factors" in inner ? [...(inner as Butterfly | ComplexButterfly).factors] : [inner];
  const dense = factors.map((factor) =>
    "re" in factor
      ? denseFactor(factor.re, factor.im)
      : denseFactor(factor as KroneckerSparse, undefined),
  );
  const vectors = "re" in x ? columnsOf(x, shape.batch, shape.layout) : undefined;
  const given =
    vectors ?? columnsOf({ re: x as Float32Array, im: undefined }, shape.batch, shape.layout);
  const of = (change: (one: Dense) => Dense): Dense =>
    permutedRows(
      left,
      dense.reduceRight(
        (between, factor) => product(change(factor), between),
        permutedRows(right, change(given)),
      ),
    );
  return { y: of((one) => one), magnitude: of(absolute).re };
}

/** The largest error over its bound: at most 1 where each sum of a stage has an error of its length. */
export function worstRatio(
  actual: Float32Array | Complex,
  expected: ReturnType<typeof byDefinition>,
  shape: { readonly batch: number; readonly layout: "batch-first" | "batch-last" },
  terms: readonly number[],
): number {
  const given =
    "re" in actual
      ? columnsOf(actual, shape.batch, shape.layout)
      : columnsOf({ re: actual, im: undefined }, shape.batch, shape.layout);
  const { y, magnitude } = expected;
  if (given.re.length !== y.re.length) return Number.POSITIVE_INFINITY;
  // Each of the roundings of float32, of 2^-23 in WGSL, is of a part of the sum of absolute values.
  const roundings = terms.reduce((sum, count) => sum + count + 1, 1);
  let worst = 0;
  for (const part of ["re", "im"] as const) {
    y[part].forEach((value, index) => {
      const bound = 1.01 * roundings * 2 ** -23 * (magnitude[index] as number) + 2 ** -126;
      const ratio = Math.abs((given[part][index] as number) - value) / bound;
      worst = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : Math.max(worst, ratio);
    });
  }
  return worst;
}
