import { PapilioError } from "@papilio/butterfly";
import type { RunOutputs } from "@papilio/nn";
import type { Graph } from "@papilio/nn/graph";
import { encodeTable, type Table, type TableEncoding, tableEncodingOf } from "@papilio/nn/training";
import { parseCsvTexts } from "../files/csv.ts";
import { readInput } from "../files/input-file.ts";
import { loadPerceptron, type ModelConfig } from "./model-folder.ts";
import type { BoundModel } from "./model-inputs.ts";

/** Bytes of a table at most: its cells become texts, which take some times as many. */
const MOST_BYTES = 2 ** 28;

/** A perceptron, traced for the rows of a table. */
export interface BoundTable extends BoundModel {
  readonly encoding: TableEncoding;
  readonly rows: number;
}

/** Whether a config.json is that of a model of tables. */
export function takesTable({ model_type: type }: ModelConfig): boolean {
  return type === "mlp";
}

/** @throws PapilioError `DATA_INVALID`, `INPUT_UNREADABLE`, `INPUT_SHAPE` */
export async function readTable(file: string): Promise<Table> {
  const [names, ...rows] = parseCsvTexts(file, await readInput(file, MOST_BYTES));
  if (names !== undefined && rows.length > 0) return { names, rows };
  throw new PapilioError(
    "DATA_INVALID",
    `${file} has no rows.`,
    "Give a CSV file with a line of names, and a line for each row.",
  );
}

/** @throws PapilioError `CONFIG_INVALID`, `DATA_INVALID`; what reading the table and the model throws */
export async function bindTable(
  path: string,
  config: ModelConfig,
  file: string,
  signal: AbortSignal,
): Promise<BoundTable> {
  const encoding = tableEncodingOf(config);
  const table = await readTable(file);
  const features = encodeTable(table, encoding);
  const graph: Graph = (await loadPerceptron(path, config, signal)).trace({
    vectors: table.rows.length,
  });
  const rows = table.rows.length;
  const wanted = graph.inputs.get("features");
  if (wanted !== undefined && "features" in wanted && rows * wanted.features === features.length) {
    return { ...{ graph, encoding, rows }, inputs: { features } };
  }
  throw new PapilioError(
    "CONFIG_INVALID",
    `inFeatures of the model's config.json in ${path} is not what its columns become.`,
    "Pass the config.json that papilio train wrote, as it is.",
  );
}

/** Predicted numbers in the units of the column that was trained on; logits as they are. */
export function inUnits({ target }: TableEncoding, outputs: RunOutputs): RunOutputs {
  const { prediction } = outputs;
  if (prediction === undefined || "categories" in target) return outputs;
  const { mean, deviation } = target;
  return { prediction: (prediction as Float32Array).map((value) => value * deviation + mean) };
}

/** A CSV file of a line for each row: the class or the number that is predicted. */
export function predictionsOf({ target }: TableEncoding, values: Float32Array): string {
  const lines = [quoted(target.name)];
  if (!("categories" in target)) return `${[...lines, ...values].join("\n")}\n`;
  const { categories } = target;
  for (let first = 0; first < values.length; first += categories.length) {
    const logits = values.subarray(first, first + categories.length);
    let best = 0;
    for (const [at, logit] of logits.entries()) if (logit > (logits[best] as number)) best = at;
    lines.push(quoted(categories[best] as string));
  }
  return `${lines.join("\n")}\n`;
}

function quoted(text: string): string {
  return /[",;\s#]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
}
