import { type Check, callback, objectOf, optional } from "../arguments/checks.ts";
import type { Graph } from "../graph/graph.ts";
import type { LinearFactory } from "../layers/linear-layer.ts";
import { Module } from "../modules/module.ts";

/** A whole model: modules, and what they compute of inputs of a shape. */
export abstract class Model<Shape> extends Module {
  /** The operations for inputs of a shape, to be run on the CPU or on a device, or to be exported. */
  abstract trace(shape: Shape): Graph;
}

/** Refuses what are not {@link LinearChoices}, or none of them. */
export const linearChoicesCheck: Check = optional(
  objectOf({ projection: optional(callback), ffn: optional(callback) }),
);

/** By what the linear layers of a transformer are made; dense ones where nothing is given. */
export interface LinearChoices {
  /** Queries, keys, values and what follows attention. */
  readonly projection?: LinearFactory;
  /** The layers of the feed-forward part. */
  readonly ffn?: LinearFactory;
}
