import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { requireStorable } from "@papilio/butterfly/numeric";
import { type HuggingFaceModel, type RunInputs, VisionTransformer } from "@papilio/nn";
import { type Graph, Indices } from "@papilio/nn/graph";
import { inputShape } from "../files/csv.ts";
import type { ArrayFile } from "./array-file.ts";

/** A model traced for the inputs that it is given. */
export interface BoundModel {
  readonly graph: Graph;
  readonly inputs: RunInputs;
}

/**
 * Traces a model for the shapes of its inputs: `images` `[n, channels, height, width]` of a vision
 * transformer; `ids` `[tokens]` or `[sequences, tokens]` of a text model, and `lengths` `[sequences]` of an
 * encoder of sentences, all tokens unless given.
 *
 * @throws PapilioError `INPUT_SHAPE`, `INPUT_MISSING`, and what tracing throws
 */
export function bindInputs(
  model: HuggingFaceModel,
  arrays: ReadonlyMap<string, ArrayFile>,
): BoundModel {
  if (model instanceof VisionTransformer) {
    const images = required(arrays, "images");
    return withInputs(model.trace({ images: imagesOf(model, images) }), arrays);
  }
  const { shape, file } = required(arrays, "ids");
  const [sequences, tokens] = shape.length === 1 ? [1, shape[0]] : shape;
  if (!sequences || !tokens || shape.length > 2) {
    throw inputShape(
      `The ids of ${file} have the shape [${shape}].`,
      "Give ids of [tokens] or [sequences, tokens].",
    );
  }
  const graph = model.trace({ sequences, tokens });
  if (!graph.inputs.has("lengths") || arrays.has("lengths")) return withInputs(graph, arrays);
  const lengths = new Float64Array(sequences).fill(tokens);
  const all = { file: "lengths", shape: [sequences], values: lengths };
  return withInputs(graph, new Map([...arrays, ["lengths", all]]));
}

/**
 * How many images an array is: `[n, channels, height, width]`, one without its first axis, or vectors of
 * as many numbers.
 *
 * @throws PapilioError `INPUT_SHAPE`
 */
export function imagesOf({ imageShape }: VisionTransformer, { shape, file }: ArrayFile): number {
  const pixels = imageShape.reduce((product, size) => product * size, 1);
  const one = shape.length === 2 ? [pixels] : imageShape;
  const images = shape.length === 3 ? 1 : (shape[0] ?? 0);
  const found = shape.length === 3 ? shape : shape.slice(1);
  if (images > 0 && String(found) === String(one)) return images;
  throw inputShape(
    `The images of ${file} have the shape [${shape.join(", ")}], and the model takes images of [${imageShape.join(", ")}].`,
    "Give images of [n, channels, height, width], resized and normalized as the model wants them.",
  );
}

/** @throws PapilioError `OUTPUT_UNKNOWN` for a file of an output that the model does not have */
export function requireOutputs({ graph }: BoundModel, files: ReadonlyMap<string, string>): void {
  const unknown = [...files.keys()].find((name) => !graph.outputs.has(name));
  if (unknown === undefined) return;
  throw new PapilioError(
    "OUTPUT_UNKNOWN",
    `The model has no output ${describeValue(unknown)}.`,
    `Its outputs are ${[...graph.outputs.keys()].join(", ")}.`,
  );
}

function withInputs(graph: Graph, arrays: ReadonlyMap<string, ArrayFile>): BoundModel {
  const unknown = [...arrays.keys()].find((name) => !graph.inputs.has(name));
  if (unknown !== undefined) throw missing(unknown, [...graph.inputs.keys()]);
  const inputs = [...graph.inputs].map(([name, input]) => {
    const array = required(arrays, name);
    const length = input instanceof Indices ? input.length : input.vectors * input.features;
    if (array.values.length !== length) {
      const shape =
        input instanceof Indices ? `[${length}]` : `[${input.vectors}, ${input.features}]`;
      throw inputShape(
        `${array.file} has the shape [${array.shape}], ${array.values.length} numbers, for ${name} of ${shape}.`,
        "Give as many numbers as the model takes.",
      );
    }
    return [name, input instanceof Indices ? wholeNumbers(array) : singles(array)] as const;
  });
  return { graph, inputs: Object.fromEntries(inputs) };
}

/**
 * The numbers of a file in single precision.
 *
 * @throws PapilioError `VALUE_RANGE` for a number that it does not hold
 */
export function singles({ file, values }: ArrayFile): Float32Array {
  requireStorable(values, "F32", `The file ${file}`);
  return Float32Array.from(values);
}

function wholeNumbers({ file, values }: ArrayFile): Uint32Array {
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value >= 2 ** 32);
  if (wrong === undefined) return Uint32Array.from(values);
  throw new PapilioError(
    "INDEX_RANGE",
    `${file} has the number ${wrong}, which is not an index.`,
    "Give whole numbers from 0 on.",
  );
}

function required(arrays: ReadonlyMap<string, ArrayFile>, name: string): ArrayFile {
  const array = arrays.get(name);
  if (array !== undefined) return array;
  throw missing([...arrays.keys()].join(", ") || "none", [name]);
}

function missing(given: string, wanted: readonly string[]): PapilioError {
  return new PapilioError(
    "INPUT_MISSING",
    `The model's inputs are ${wanted.join(", ")}, and ${given} was given.`,
    `Give --input ${wanted[0] ?? "name"}=FILE.npy.`,
  );
}
