import { PapilioError } from "@papilio/butterfly";
import { classifiesNodes, type ModelConfig } from "../models/model-folder.ts";
import { takesTable } from "../models/table-model.ts";

/** @throws PapilioError `MODEL_KIND` for a model whose inputs are no arrays of rows that jobs divide */
export function requireJobModel(path: string, config: ModelConfig): void {
  const what = takesTable(config)
    ? "takes tables with names of columns"
    : classifiesNodes(config) && "classifies the nodes of one graph";
  if (!what) return;
  throw new PapilioError(
    "MODEL_KIND",
    `The model in ${path} is a ${config.model_type}, which ${what}: its inputs are not divided among workers.`,
    "Run it with `papilio run` without --nats.",
  );
}
