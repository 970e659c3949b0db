import {
  type Complex,
  type ComplexButterfly,
  PapilioError,
  type PermutedButterfly,
} from "@papilio/butterfly";
import {
  requireArray,
  requireNumber,
  requireObject,
  requireProgress,
} from "@papilio/butterfly/errors";
import { requireDisjoint } from "@papilio/butterfly/matrix";
import { requireParts, requireVectors } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import { ComplexTensor, complexTensor } from "../tensor/complex-tensor.ts";
import { scratchComplexVectors } from "../tensor/vectors.ts";
import { prepareComplexButterfly } from "./complex-butterfly.ts";
import type { DeviceKind, DeviceMultiplyOptions } from "./device-matrix.ts";
import { putVectors, takeVectors } from "./micro-batches/vector-slices.ts";
import { RepeatedMultiplication } from "./repeated-multiplication.ts";

/** A complex matrix, whose values are not changed any more, on a device. */
export function complexKind(
  gpu: DeviceContext,
  matrix: PermutedButterfly<ComplexButterfly>,
): DeviceKind<Complex, ComplexTensor> {
  const { rows, cols } = matrix;
  return {
    rows,
    cols,
    dtypes: ["f32"],
    prepare: (shape) =>
      new RepeatedMultiplication(
        gpu,
        prepareComplexButterfly(gpu, matrix, shape),
        scratchComplexVectors(shape, cols, "input"),
        scratchComplexVectors(shape, rows, "output"),
      ),
    requireTensor(x) {
      requireObject("The input", x, "a ComplexTensor", "gpu", "features", "layout", "memory");
      if (x.dtype === "complex64" && x.features === cols) return;
      throw new PapilioError(
        "TENSOR_MISMATCH",
        `The input is ${x.dtype} with ${x.features} features, but the matrix takes complex64 with ${cols}.`,
        `Pass a ComplexTensor of vectors of ${cols} features.`,
      );
    },
    output: ({ batch, layout }) => new ComplexTensor(gpu, { batch, layout, features: rows }),
    async multiplyOnHost(x, whole, options = {}, multiply) {
      const { signal, onProgress, out, size } = required(x, whole.batch, options);
      const { batch } = whole;
      const zeros = (): Float32Array => new Float32Array(batch * rows);
      const y = out === undefined ? { re: zeros(), im: zeros() } : out;
      for (let start = 0; start < batch; start += size) {
        signal?.throwIfAborted();
        const count = Math.min(size, batch - start);
        const take = (part: Float32Array): Float32Array =>
          takeVectors(part, whole, cols, start, count);
        const shape = { batch: count, layout: whole.layout, features: cols };
        using input = complexTensor(gpu, { re: take(x.re), im: take(x.im) }, shape);
        using output = await multiply(input);
        const { re, im } = await output.data();
        putVectors(re, y.re, whole, rows, start);
        putVectors(im, y.im, whole, rows, start);
        onProgress?.(start + count, batch);
      }
      return y;
    },
  };

  /** Options of a multiplication, all checked as the vectors are. */
  function required(x: Complex, batch: number, options: DeviceMultiplyOptions<Complex>) {
    requireProgress(options);
    const { signal, onProgress, out, microBatch = Number.POSITIVE_INFINITY } = options;
    requireNumber("microBatch", microBatch);
    signal?.throwIfAborted();
    requireComplex("The input", x);
    requireVectors("input", x.re.length, cols, batch);
    if (out !== undefined) {
      requireComplex("The output", out);
      requireVectors("output", out.re.length, rows, batch);
      for (const to of [out.re, out.im]) for (const from of [x.re, x.im]) requireDisjoint(from, to);
    }
    const size = Math.min(batch, Math.max(1, Math.floor(microBatch)));
    return { signal, onProgress, out, size };
  }
}

function requireComplex(what: string, x: Complex): void {
  requireArray(`${what}'s real part`, x?.re, "Float32Array");
  requireArray(`${what}'s imaginary part`, x?.im, "Float32Array");
  requireParts(x);
}
