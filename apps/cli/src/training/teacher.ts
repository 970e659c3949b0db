import { PapilioError } from "@papilio/butterfly";
import { VisionTransformer } from "@papilio/nn";
import { Decoder } from "@papilio/nn/models";
import { distilledTask } from "@papilio/nn/training";
import { folderOf, loadModel, readConfig } from "../models/model-folder.ts";
import { digestOf } from "./digest.ts";
import type { Prepared, TrainingChoice } from "./train-model.ts";

/**
 * What is prepared, with the logits of a teacher in its loss.
 *
 * @param path the folder of the teacher
 * @throws PapilioError `MODEL_KIND` for one of another kind, `GRAPH_SHAPE` for one of other classes or tokens; what reading
 *   it throws
 */
export async function withTeacher(
  prepared: Prepared,
  path: string,
  { batch, context, temperature }: TrainingChoice,
  signal: AbortSignal,
): Promise<Prepared> {
  const config = await readConfig(await folderOf(path));
  const teacher = await loadModel(path, config, signal);
  const { model, task, digest } = prepared;
  const graph =
    model instanceof VisionTransformer
      ? teacher instanceof VisionTransformer && teacher.trace({ images: batch })
      : teacher instanceof Decoder && teacher.trace({ sequences: batch, tokens: context });
  if (graph === false) {
    throw new PapilioError(
      "MODEL_KIND",
      `The teacher in ${path} is of the type ${config.model_type}.`,
      "Give a language model as the teacher of one, and a vision transformer as that of another.",
    );
  }
  const numbers = [...teacher.namedParameters().values()].map(({ values }) => values);
  return {
    ...prepared,
    task: distilledTask(task, { teacher: graph, temperature, kernels: "wasm" }),
    digest: `${digest} ${digestOf(...numbers)}`,
  };
}
