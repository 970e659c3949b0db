import { Butterfly, Chain, KroneckerSparse, Pattern, PermutedButterfly } from "@papilio/butterfly";
import { boftRotation, oftRotation } from "@papilio/butterfly/constructions";
import { requireStorable } from "@papilio/butterfly/numeric";
import { forEachNonZero } from "@papilio/butterfly/pattern";
import { Parameter } from "../modules/parameter.ts";
import type { Matrix } from "../operations/linear/matrix.ts";
import type {
  LohaChange,
  LokrChange,
  LoraChange,
  RotationChange,
  WeightChange,
} from "./adapter.ts";
import { addDifference, valuesOf } from "./changed-weight.ts";
import type { WeightSize } from "./low-rank-changes.ts";

/** A matrix, between permutations of features. */
export interface LiveRotation {
  readonly matrix: Matrix;
  readonly left: Uint32Array | undefined;
  readonly right: Uint32Array | undefined;
}

/**
 * The difference that an adapter adds to a weight, times its scale and another one, as a chain of two factors where that is
 * less arithmetic than a dense matrix: of low rank, or of the blocks of a Kronecker product, each stored once.
 */
export function differenceMatrix(
  change: Exclude<WeightChange, RotationChange>,
  size: WeightSize,
  scale: number,
): Matrix {
  if (change.kind === "lora") return loraMatrix(change, scale);
  if (change.kind === "lokr") return lokrMatrix(change, scale);
  return lohaMatrix(change, size, scale);
}

function loraMatrix(change: LoraChange, scale: number): Matrix {
  const [rank = 1, cols = 1] = change.a.shape;
  const [rows = 1] = change.b.shape;
  const left = change.b.toReal("float64").map((value) => value * change.scale * scale);
  return matrixOf([
    new KroneckerSparse(new Pattern(1, rows, rank, 1), left),
    new KroneckerSparse(new Pattern(1, rank, cols, 1), change.a.toReal("float64")),
  ]);
}

/** `w1 (x) w2 = (w1 (x) I)(I (x) w2)`. */
function lokrMatrix({ first, second, scale: own }: LokrChange, scale: number): Matrix {
  const left = new Pattern(1, first.rows, first.cols, second.rows);
  const right = new Pattern(first.cols, second.rows, second.cols, 1);
  const values = valuesOf(first).map((value) => value * own * scale);
  return matrixOf([
    new KroneckerSparse(left, values, { a: false, d: left.d > 1 }),
    new KroneckerSparse(right, valuesOf(second), { a: right.a > 1, d: false }),
  ]);
}

/** The product of two matrices of low rank, element by element, has the product of their ranks. */
function lohaMatrix(change: LohaChange, size: WeightSize, scale: number): Matrix {
  const { first, second } = change;
  const { outFeatures: rows, inFeatures: cols } = size;
  const ranks = [first.a.shape[1], second.a.shape[1]] as [number, number];
  const rank = ranks[0] * ranks[1];
  if (rank * (rows + cols) >= rows * cols) {
    const difference = new Float64Array(rows * cols);
    addDifference(change, difference, cols);
    const pattern = new Pattern(1, rows, cols, 1);
    return matrixOf([
      new KroneckerSparse(
        pattern,
        difference.map((value) => value * scale),
      ),
    ]);
  }
  const [a1, b1, a2, b2] = [first.a, first.b, second.a, second.b].map((one) =>
    one.toReal("float64"),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const left = new Float64Array(rows * rank);
  const right = new Float64Array(rank * cols);
  for (let p = 0; p < ranks[0]; p++) {
    for (let q = 0; q < ranks[1]; q++) {
      const at = p * ranks[1] + q;
      for (let row = 0; row < rows; row++) {
        const product = (a1[row * ranks[0] + p] as number) * (a2[row * ranks[1] + q] as number);
        left[row * rank + at] = product * change.scale * scale;
      }
      for (let col = 0; col < cols; col++) {
        right[at * cols + col] = (b1[p * cols + col] as number) * (b2[q * cols + col] as number);
      }
    }
  }
  return matrixOf([
    new KroneckerSparse(new Pattern(1, rows, rank, 1), left),
    new KroneckerSparse(new Pattern(1, rank, cols, 1), right),
  ]);
}

/** `R^T`, by which inputs are multiplied, or `R`, with its rows times the scale of the outputs. */
export function rotationMatrix(change: RotationChange): LiveRotation {
  const blocks = change.blocks();
  const { matrix, left, right } =
    change.kind === "oft"
      ? new PermutedButterfly(oftRotation(blocks, change.size))
      : boftRotation(blocks, change);
  const rotation = new PermutedButterfly(matrix, { left, right });
  if (change.side === "input") return liveRotation(rotation.transpose());
  if (change.outputScale === undefined) return liveRotation(rotation);
  const scale = change.outputScale.toReal("float64");
  // Row left[p] of the butterfly is output p.
  const ofRows = Float64Array.from(scale);
  left?.forEach((row, position) => {
    ofRows[row] = scale[position] as number;
  });
  return liveRotation(rotation.map((product) => withScaledRows(product, ofRows)));
}

function withScaledRows(
  { factors }: Butterfly<Float64Array>,
  scale: Float64Array,
): Butterfly<Float64Array> {
  const [first, ...others] = factors as [KroneckerSparse<Float64Array>];
  const scaled = first.expand().map((values) => {
    const result = values.slice();
    forEachNonZero(first.pattern, (row, _, index) => {
      result[index] = (values[index] as number) * (scale[row] as number);
    });
    return result;
  });
  return new Butterfly([scaled, ...others]);
}

function liveRotation({
  matrix,
  left,
  right,
}: PermutedButterfly<Butterfly<Float64Array>>): LiveRotation {
  return { matrix: matrixOf(matrix.factors), left, right };
}

/** A diagonal matrix: of a number for each feature, or of one number for all. */
export function diagonalMatrix(numbers: Float64Array | number, features: number): Matrix {
  const pattern = new Pattern(1, 1, 1, features);
  const shared = typeof numbers === "number";
  const values = shared ? Float64Array.of(numbers) : numbers;
  return matrixOf([new KroneckerSparse(pattern, values, { a: false, d: shared && features > 1 })]);
}

/** Rounded to float32, once. */
function matrixOf(factors: readonly KroneckerSparse<Float64Array>[]): Matrix {
  return {
    // Beside weights of few bits, what an adapter learned would be lost in their rounding.
    fewBits: false,
    chain: Chain.of(factors.map(({ pattern }) => pattern)),
    factors: factors.map(({ values, stored: { a, b, c, d } }) => {
      requireStorable(values, "F32", "A factor of an adapter");
      return Parameter.of([a, b, c, d], Float32Array.from(values));
    }),
  };
}
