import { requireArray, requireFloats } from "../errors/argument-checks.ts";
import { requireButterfly } from "../errors/matrix-checks.ts";
import { type FloatDtype, formatOf } from "../numeric/dtype.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";
import { Butterfly } from "./butterfly.ts";
import { referenceProduct } from "./reference-product.ts";

/**
 * What an element of `W x` loses at most where a device takes the subnormal values and inputs as zero, as
 * WGSL allows (section 15.7.2): `|W1| ... |WL| |x|` less the same of normal numbers. It is what
 * `errorBound` and `verify` take as `subnormalOperands`.
 *
 * @param x the inputs, in the layout of `shape`; they and the values of the factors as rounded to `dtype`
 * @param magnitude `|W1| ... |WL| |x|` in float64, in the same layout
 * @throws PapilioError `INPUT_LENGTH`, `OUTPUT_LENGTH`, `BATCH_INVALID`, `LAYOUT_INVALID`, `OPTION_INVALID`
 */
export function subnormalOperands(
  matrix: Butterfly<FloatArray>,
  x: FloatArray,
  magnitude: Float64Array,
  options: BatchShape & { readonly dtype: FloatDtype },
): number {
  requireButterfly("The matrix", matrix);
  requireFloats("The input", x);
  requireArray("The magnitude", magnitude, "Float64Array");
  stridesOf(options, matrix.chain.cols); // refuses a bad shape
  const { factors, chain } = matrix;
  const { dtype, ...shape } = options;
  requireVectors("input", x.length, chain.cols, shape.batch);
  requireVectors("output", magnitude.length, chain.rows, shape.batch);
  const { smallestNormal } = formatOf(dtype);
  const isSubnormal = (value: number): boolean => value !== 0 && Math.abs(value) < smallestNormal;
  const arrays = [x, ...factors.map(({ values }) => values)];
  if (!arrays.some((values) => values.some(isSubnormal))) return 0;
  const normal = (value: number): number => (isSubnormal(value) ? 0 : Math.abs(value));
  const kept = referenceProduct(
    new Butterfly(
      factors.map((factor) => factor.map((values) => Float64Array.from(values, normal))),
    ),
    Float64Array.from(x, normal),
    shape,
  );
  return magnitude.reduce(
    (most, value, index) => Math.max(most, value - (kept[index] as number)),
    0,
  );
}
