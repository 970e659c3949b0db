import { PapilioError } from "@papilio/butterfly";
import { distilledTask } from "@papilio/nn/training";
import { folderOf, loadAnyModel, readConfig } from "../models/model-folder.ts";
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
  { temperature }: TrainingChoice,
  signal: AbortSignal,
): Promise<Prepared> {
  const config = await readConfig(await folderOf(path));
  const teacher = await loadAnyModel(path, config, signal);
  const { task, digest } = prepared;
  const graph = prepared.teacherGraph(teacher);
  if (graph === undefined) {
    throw new PapilioError(
      "MODEL_KIND",
      `The teacher in ${path} is of the type ${config.model_type}.`,
      "Give a language model as the teacher of one, a vision transformer as that of another, a classifier of nodes as that of one, and one of tables as that of another.",
    );
  }
  const numbers = [...teacher.namedParameters().values()].map(({ values }) => values);
  return {
    ...prepared,
    task: distilledTask(task, { teacher: graph, temperature, kernels: "wasm" }),
    digest: `${digest} ${digestOf(...numbers)}`,
  };
}
