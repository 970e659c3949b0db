import type {
  Butterfly,
  Complex,
  ComplexButterfly,
  PermutedButterfly,
  Place,
} from "@papilio/butterfly";
import { DeviceContext } from "../device/device-context.ts";
import {
  compileForDevice,
  type DeviceCompileOptions,
} from "../multiplication/compile-for-device.ts";
import type { DeviceMatrix } from "../multiplication/device-matrix.ts";
import type { ComplexTensor } from "../tensor/complex-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * A WebGPU device as a place to multiply: what `compile` of `@papilio/butterfly` takes.
 *
 * Whoever opens it disposes of it. A device that the caller handed in is never destroyed here.
 *
 * @example
 * ```ts
 * using gpu = await openGpu();
 * using weights = await compile(Butterfly.random(Chain.monarch(1024), { seed: 0 }), gpu);
 * const y = await weights.multiply(x, { batch: 128, layout: "batch-last" });
 * ```
 */
export class Gpu
  extends DeviceContext
  implements
    Place<
      Float32Array,
      DeviceMatrix<Float32Array, Tensor>,
      DeviceMatrix<Complex, ComplexTensor>,
      DeviceCompileOptions
    >
{
  /**
   * Copies the values: what `compile` calls. They are packed and uploaded, and the program is recorded, at
   * the first multiplication of each shape.
   *
   * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`, `BIAS_LENGTH`, `GPU_DISPOSED`, `GPU_LOST`
   */
  compileMatrix(
    matrix: PermutedButterfly<Butterfly>,
    options?: DeviceCompileOptions,
  ): Promise<DeviceMatrix<Float32Array, Tensor>>;
  compileMatrix(
    matrix: PermutedButterfly<ComplexButterfly>,
    options?: DeviceCompileOptions,
  ): Promise<DeviceMatrix<Complex, ComplexTensor>>;
  compileMatrix(
    matrix: PermutedButterfly<Butterfly | ComplexButterfly>,
    options?: DeviceCompileOptions,
  ): Promise<DeviceMatrix<Float32Array, Tensor> | DeviceMatrix<Complex, ComplexTensor>> {
    return new Promise((resolve) => resolve(compileForDevice(this, matrix, options)));
  }
}
