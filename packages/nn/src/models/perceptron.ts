import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  anyNumber,
  callback,
  count,
  map,
  number,
  objectOf,
  optional,
} from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import { dense } from "../layers/linear.ts";
import type { LinearFactory, LinearLayer } from "../layers/linear-layer.ts";
import { seedsFrom } from "../modules/random.ts";
import { activate } from "../operations/activation/operation.ts";
import { assignStateDict } from "../weights/assign-state-dict.ts";
import { MOST_LAYERS } from "../weights/most-layers.ts";
import { ConfigFields } from "./hugging-face/config-fields.ts";
import { Model } from "./model.ts";
import { linearUnlessSmall, type NodeClassifierOptions } from "./node-classifier-config.ts";
import type { VectorsShape } from "./sparse-network.ts";
import { withoutTraining } from "./without-training.ts";

export interface PerceptronConfig {
  /** Numbers of each row. */
  readonly inFeatures: number;
  /** Between the layers: 64 by default. */
  readonly hidden?: number;
  /** Linear layers: 2 by default. */
  readonly layers?: number;
  /** Without it the model predicts a number. */
  readonly classes?: number | undefined;
  readonly linear?: LinearFactory;
  readonly seed?: number;
}

const configCheck = objectOf({
  inFeatures: anyNumber,
  hidden: optional(anyNumber),
  layers: optional(count),
  classes: optional(anyNumber),
  linear: optional(callback),
  seed: optional(number),
});

/** A multilayer perceptron: linear layers with GELU between them, for classes or for a number. */
export class Perceptron extends Model<VectorsShape> {
  readonly #inFeatures: number;
  readonly #output: "logits" | "prediction";
  readonly #layers: readonly LinearLayer[];

  constructor(config: PerceptronConfig) {
    super();
    configCheck("a perceptron", config);
    const { inFeatures, hidden = 64, layers = 2, classes, linear = dense } = config;
    const seeds = seedsFrom(config.seed ?? 0);
    this.#inFeatures = inFeatures;
    this.#output = classes === undefined ? "prediction" : "logits";
    const made = Array.from({ length: layers }, (_, index) =>
      linear({
        inFeatures: index === 0 ? inFeatures : hidden,
        outFeatures: index + 1 === layers ? (classes ?? 1) : hidden,
        seed: seeds(),
      }),
    );
    this.#layers = this.childList("layers", made);
  }

  /** Input `features`, output `logits` of each class, or one number `prediction`. */
  trace(shape: VectorsShape): Graph {
    objectOf({ vectors: anyNumber })("the shape of vectors", shape);
    const graph = new Graph();
    let x = graph.input("features", { vectors: shape.vectors, features: this.#inFeatures });
    for (const [index, layer] of this.#layers.entries()) {
      const active = index === 0 ? x : activate(x, { kind: "gelu", approximate: "none" });
      x = layer.forward(active);
    }
    graph.output(this.#output, x);
    return graph;
  }
}

/**
 * The perceptron that a config.json of `papilio train` describes: of the `model_type` `mlp`, with `inFeatures`, `hidden`, `layers`
 * and, where it classifies, `classes`. Layers are made as for `nodeClassifier`.
 *
 * @param config contents of config.json, parsed
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`; `STATE_DICT_MISMATCH` for weights of another model
 *
 * @example
 * ```ts
 * const model = perceptron({ model_type: "mlp", inFeatures: 64, classes: 10 });
 * ```
 */
export function perceptron(config: unknown, options: NodeClassifierOptions = {}): Perceptron {
  const fields = new ConfigFields(config);
  objectOf({ state: optional(map), seed: optional(anyNumber) })("perceptron", options);
  const { state, seed = 0 } = options;
  const kind = fields.text("model_type") ?? "";
  if (kind !== "mlp") {
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      `The model_type of config.json is ${describeValue(kind)}, which is no perceptron.`,
      "Use a model of the type mlp.",
    );
  }
  const model = new Perceptron({
    inFeatures: fields.size("inFeatures"),
    hidden: fields.size("hidden", 64),
    layers: fields.size("layers", 2, MOST_LAYERS),
    classes: fields.sizeIfAny("classes"),
    linear: linearUnlessSmall(fields),
    seed,
  });
  if (state !== undefined) assignStateDict(model.namedParameters(), withoutTraining(state));
  return model;
}
