import type { Indices } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** A lowering, which knows where indices and parameters lie. */
interface Places<Operand> {
  indices(indices: Indices): Operand;
  parameter(parameter: Parameter): Operand;
}

/** Memory of what is there. */
export function memoryOf<Operand>(
  to: Places<Operand>,
  ...parts: readonly (Parameter | Indices | undefined)[]
): Operand[] {
  return parts
    .filter((part) => part !== undefined)
    .map((part) => ("graph" in part ? to.indices(part) : to.parameter(part)));
}
