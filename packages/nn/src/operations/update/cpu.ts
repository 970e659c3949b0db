import { update } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { UpdateOperation } from "./operation.ts";

/** What is packed of the parameter is packed again. */
export function lowerUpdateOnCpu(
  { parameter, gradient, momentum, squares, settings, rule, output }: UpdateOperation,
  to: CpuLowering,
): void {
  const numbers = to.trained(parameter);
  const states = [momentum, squares].filter((value) => value !== undefined);
  to.push(update({ length: parameter.length, ...rule }), [
    ...[numbers, to.of(gradient)],
    ...states.map((value) => to.state(value, "rows")),
    to.of(settings),
  ]);
  to.alias(output, numbers);
  to.repack(parameter);
}
