import type { Butterfly, PermutedButterfly, StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import type { Plan } from "../planning/plan.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { requireTensor, Tensor, tensor } from "../tensor/tensor.ts";
import { scratchVectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";
import type { ButterflyMultiplication } from "./butterfly.ts";
import type { DeviceKind } from "./device-matrix.ts";
import { multiplyInMicroBatches } from "./micro-batches/multiply.ts";
import { isWithoutMemory } from "./micro-batches/retry-smaller.ts";
import { preparePermuted } from "./permuted-butterfly.ts";
import { RepeatedMultiplication } from "./repeated-multiplication.ts";

interface RealOptions {
  readonly bias: Float32Array | undefined;
  readonly plan: ((shape: InputShape) => Plan | undefined) | undefined;
}

/** A real matrix, whose values are not changed any more, on a device. */
export function realKind(
  gpu: DeviceContext,
  matrix: PermutedButterfly<Butterfly>,
  { bias, plan }: RealOptions,
): DeviceKind<Float32Array, Tensor> {
  const { rows, cols } = matrix;
  const { chain } = matrix.matrix;
  const prepare = (shape: InputShape): ButterflyMultiplication =>
    preparePermuted(gpu, matrix, shape, { bias, plan: plan?.(shape) });
  return {
    rows,
    cols,
    dtypes: Object.keys(FLOAT_FORMATS) as StorageDtype[],
    prepare: (shape) =>
      new RepeatedMultiplication(
        gpu,
        prepare(shape),
        scratchVectors({ ...shape, features: cols }, "input"),
        scratchVectors({ ...shape, features: rows }, "output"),
      ),
    requireTensor(x) {
      requireTensor(x);
      assertShape(x, x, cols, "input");
    },
    output: (shape) => new Tensor(gpu, { ...shape, features: rows, label: `output of ${chain}` }),
    multiplyOnHost: (x, shape, options = {}, multiply, releaseUnused) =>
      multiplyInMicroBatches(gpu, chain, x, shape, options, prepare, async () => {
        try {
          using input = tensor(gpu, x, { ...shape, features: cols });
          using output = await multiply(input);
          return await output.data();
        } catch (error) {
          if (!isWithoutMemory(error)) throw error;
          releaseUnused();
          return undefined;
        }
      }),
  };
}
