import {
  type Dropout,
  dropoutKeeps,
  dropoutThreshold,
  requireWord,
} from "@papilio/butterfly/numeric";
import { type Check, objectOf, optional } from "../../arguments/checks.ts";
import { indicesCheck } from "../../graph/operand-checks.ts";
import type { Indices } from "../../graph/value.ts";
import type { ReferenceContext } from "../reference-context.ts";

/** Weights of edges that become 0, numbered by edge and head; the others are divided by the share that is kept. */
export interface EdgeDropout extends Dropout {
  /** One number: another one for each step. */
  readonly seed: Indices;
}

export const edgeDropoutCheck: Check = optional(
  objectOf({
    rate: (_, rate) => void dropoutThreshold(rate as number),
    stream: requireWord,
    seed: indicesCheck,
  }),
);

/** What dropout makes of a number of an edge and a head: the number itself where there is none. */
export function dropoutOfEdges(
  { dropout, heads }: { readonly dropout?: EdgeDropout | undefined; readonly heads: number },
  context: ReferenceContext,
): (number: number, edge: number, head: number) => number {
  if (dropout === undefined) return (number) => number;
  const keeps = dropoutKeeps(dropout, context.indices(dropout.seed)[0] as number);
  return (number, edge, head) => (keeps(edge * heads + head) ? number / (1 - dropout.rate) : 0);
}
