import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { anyNumber, map, objectOf, optional } from "../arguments/checks.ts";
import { Linear } from "../layers/linear.ts";
import { linearByName } from "../layers/linear-by-name.ts";
import type { LinearFactory } from "../layers/linear-layer.ts";
import { assignStateDict } from "../weights/assign-state-dict.ts";
import { MOST_LAYERS } from "../weights/most-layers.ts";
import type { StateDict } from "../weights/stored-tensor.ts";
import { ConfigFields } from "./hugging-face/config-fields.ts";
import { GAT, GCN, GraphSAGE } from "./node-classifiers.ts";
import { withoutTraining } from "./without-training.ts";

/** A classifier of the nodes of a graph. */
export type NodeClassifierModel = GAT | GCN | GraphSAGE;

/** The `model_type` of classifiers of nodes. */
export const NODE_CLASSIFIERS = ["gcn", "graphsage", "gat"] as const;

export interface NodeClassifierOptions {
  /** Its weights; those that training begins with unless given. */
  readonly state?: StateDict | undefined;
  /** Of the first numbers; 0 unless given. */
  readonly seed?: number;
}

/** Layers with fewer inputs or outputs than this are dense: they have few weights. */
const SMALL = 16;

/**
 * The classifier of nodes that a config.json of `papilio train` describes: of the `model_type` `gcn`, `graphsage` or `gat`, with
 * `inFeatures`, `classes`, `hidden`, `layers` and `heads`, and in `papilio.linear` of what its layers are made, as `linearByName`
 * has it; layers of fewer than 16 inputs or outputs are dense.
 *
 * @param config contents of config.json, parsed
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`; `STATE_DICT_MISMATCH` for weights of another model
 *
 * @example
 * ```ts
 * const sizes = { inFeatures: 1433, classes: 7, hidden: 16, layers: 2 };
 * const model = nodeClassifier({ model_type: "gcn", ...sizes, papilio: { linear: "dense" } });
 * ```
 */
export function nodeClassifier(
  config: unknown,
  options: NodeClassifierOptions = {},
): NodeClassifierModel {
  const fields = new ConfigFields(config);
  objectOf({ state: optional(map), seed: optional(anyNumber) })("nodeClassifier", options);
  const { state, seed = 0 } = options;
  const kind = fields.text("model_type") ?? "";
  if (!NODE_CLASSIFIERS.some((known) => known === kind)) {
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      `The model_type of config.json is ${describeValue(kind)}, which classifies no nodes.`,
      `Use a model of ${NODE_CLASSIFIERS.join(", ")}.`,
    );
  }
  const sizes = {
    inFeatures: fields.size("inFeatures"),
    classes: fields.size("classes"),
    hidden: fields.size("hidden", 16),
    layers: fields.size("layers", 2, MOST_LAYERS),
    linear: linearUnlessSmall(fields),
    seed,
  };
  const model =
    kind === "gat"
      ? new GAT({ ...sizes, heads: fields.size("heads", 8) })
      : kind === "gcn"
        ? new GCN(sizes)
        : new GraphSAGE(sizes);
  if (state !== undefined) assignStateDict(model.namedParameters(), withoutTraining(state));
  return model;
}

/** What `papilio.linear` names, and dense layers where they are small. */
export function linearUnlessSmall(fields: ConfigFields): LinearFactory {
  const make = linearByName(fields.within("papilio")?.text("linear") ?? "dense");
  return (shape) =>
    Math.min(shape.inFeatures, shape.outFeatures) < SMALL ? new Linear(shape) : make(shape);
}
