import type { Indices } from "../../graph/value.ts";
import type { ReferenceContext } from "../reference-context.ts";

/** Where the first vector stands; 0 without a position. */
export function firstPosition(position: Indices | undefined, context: ReferenceContext): number {
  return position === undefined ? 0 : (context.indices(position)[0] as number);
}
