import {
  type Butterfly,
  type Complex,
  type ComplexButterfly,
  PapilioError,
  type PermutedButterfly,
} from "@papilio/butterfly";
import { requireFunction, requireOptions } from "@papilio/butterfly/errors";
import { withPermutations } from "@papilio/butterfly/matrix";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Plan } from "../planning/plan.ts";
import type { ComplexTensor } from "../tensor/complex-tensor.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { complexKind } from "./complex-kind.ts";
import { DeviceMatrix } from "./device-matrix.ts";
import { requireBias } from "./epilogue-operands.ts";
import { realKind } from "./real-kind.ts";

/** How a real matrix is compiled for a device; a complex one takes none of these. */
export interface DeviceCompileOptions {
  /** Added to every output: `rows` elements. */
  readonly bias?: Float32Array;
  /** How to multiply vectors of a shape; the cost model's choice for the device unless given. */
  readonly plan?: (shape: InputShape) => Plan | undefined;
}

/** A matrix on a device, real or complex, with values of its own. */
export function compileForDevice(
  gpu: DeviceContext,
  matrix: PermutedButterfly<Butterfly | ComplexButterfly>,
  options: DeviceCompileOptions = {},
): DeviceMatrix<Float32Array, Tensor> | DeviceMatrix<Complex, ComplexTensor> {
  requireGpu(gpu);
  requireOptions("The options", options);
  const own = withPermutations(matrix).copy();
  const { bias, plan } = options;
  if (plan !== undefined) requireFunction("The plan", plan);
  requireBias(bias, own.rows, "The matrix");
  gpu.assertReady();
  if (!("conjugate" in own.matrix)) {
    const real = own as PermutedButterfly<Butterfly>;
    return new DeviceMatrix(gpu, realKind(gpu, real, { plan, bias: bias?.slice() }));
  }
  if (bias !== undefined || plan !== undefined) {
    throw new PapilioError(
      "OPTION_INVALID",
      `A complex matrix is given ${bias === undefined ? "a plan" : "a bias"}, which only a real one can have on a device.`,
      "Leave it out.",
    );
  }
  return new DeviceMatrix(gpu, complexKind(gpu, own as PermutedButterfly<ComplexButterfly>));
}
