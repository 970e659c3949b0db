import { PapilioError } from "@papilio/butterfly";
import { type RotatedLayer, rotateLayers } from "@papilio/nn/conversion";
import { ButterflyLinear } from "@papilio/nn/layers";
import { outlineFromHuggingFace } from "@papilio/nn/models";
import { saveStateDict } from "@papilio/nn/weights";
import { loadModel, type ModelConfig } from "../models/model-folder.ts";

/** A model whose dense layers have rotated inputs. */
export interface RotatedModel {
  readonly layers: readonly RotatedLayer[];
  /** config.json and the files of its weights, by their names. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/**
 * Rotates the inputs of all layers of a model that `papilio.linear` of a config.json names.
 *
 * @param path the folder of the model, or a safetensors file in it
 * @throws PapilioError `MODEL_KIND` where there are no such layers; what loading the model throws
 */
export async function rotateModel(
  path: string,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<RotatedModel> {
  const named = namedLayers(path, config);
  const model = await loadModel(path, config, signal);
  signal.throwIfAborted();
  const layers = rotateLayers(model, { layers: (layer) => named.has(ofFirst(layer)) });
  if (layers.length === 0) {
    throw new PapilioError(
      "MODEL_KIND",
      `The model in ${path} has no layer with an even number of inputs.`,
      "Quantize it as it is.",
    );
  }
  const linear = [...new Set(layers.map(({ product }) => product))].join(" | ");
  const rotated = { ...config, papilio: { linear } };
  const files = new Map<string, string | Uint8Array>(saveStateDict(model.namedParameters()));
  return { layers, files: files.set("config.json", JSON.stringify(rotated, null, 2)) };
}

/** The layers that a config.json names: those that are butterflies where it says so. */
function namedLayers(path: string, config: ModelConfig): ReadonlySet<string> {
  const { linear = "dense" } = Object(config.papilio);
  const outline =
    linear === "dense"
      ? outlineFromHuggingFace({ ...config, papilio: { linear: "monarch" } })
      : undefined;
  if (outline === undefined) {
    throw new PapilioError(
      "MODEL_KIND",
      linear === "dense"
        ? `The model in ${path} is of the type ${config.model_type}, whose layers cannot be rotated.`
        : `The model in ${path} has butterflies, and only dense layers are rotated.`,
      "Give a llama, gpt2, vit or bert with dense layers.",
    );
  }
  const butterflies = [...outline.namedModules()].filter(
    ([, module]) => module instanceof ButterflyLinear,
  );
  return new Set(butterflies.map(([name]) => ofFirst(name)));
}

/** The name of a layer as the first block of the model has it. */
function ofFirst(name: string): string {
  return name.replace(/\.\d+\./, ".0.");
}
