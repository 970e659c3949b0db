import { updateKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { UpdateOperation } from "./operation.ts";

/** What is packed of the parameter is packed again. */
export function lowerUpdate(
  { parameter, gradient, momentum, squares, settings, rule, output }: UpdateOperation,
  to: DeviceLowering,
): void {
  const numbers = to.trained(parameter);
  const { memory, dtype } = to.of(gradient);
  const states = [momentum, squares].filter((value) => value !== undefined);
  to.push(updateKernel({ length: parameter.length, dtype, ...rule }), [
    ...[numbers.memory, memory],
    ...states.map((value) => to.of(value).memory),
    to.of(settings).memory,
  ]);
  to.alias(output, numbers);
  to.repack(parameter);
}
