import type { Indices } from "../../graph/value.ts";
import type { ReferenceContext } from "../reference-context.ts";

/** Where the first vector of a sequence stands, which may have a position of its own; 0 without a position. */
export function firstPosition(
  position: Indices | undefined,
  context: ReferenceContext,
  sequence: number = 0,
): number {
  if (position === undefined) return 0;
  const positions = context.indices(position);
  return (positions[sequence] ?? positions[0]) as number;
}
