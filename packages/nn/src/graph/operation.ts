import type { Check } from "../arguments/checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { Value } from "./value.ts";

/** One step of a graph, as data. The kinds of operations are in `operations/`, which a graph does not know. */
export interface GraphOperation<K extends string = string> {
  readonly kind: K;
  /** Dotted path of the module that it belongs to. */
  readonly path: string;
  readonly output: Value;
}

/** What there is to know about a kind of operation, whatever computes it. */
export interface OperationDefinition<O extends GraphOperation> {
  readonly kind: O["kind"];
  /** What each field must be, beside kind, path and output. */
  readonly fields: { readonly [F in Exclude<keyof O, keyof GraphOperation>]-?: Check };
  /** The values that it reads. */
  operands(operation: O): readonly Value[];
  /** The parameters that it reads as they are. */
  parameters?(operation: O): readonly (Parameter | undefined)[];
  /** Non-zeros of the sparse matrix that it reads. */
  nonZeros?(operation: O): number;
  /** Its arithmetic, roughly; a few operations for each element of the output unless given. */
  flops?(operation: O): number;
}
