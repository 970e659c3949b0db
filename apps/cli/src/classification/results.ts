import type { ModelConfig } from "../models/model-folder.ts";
import { newTable } from "../render/new-table.ts";

/** A class of an image, a node or a row. */
interface Guess {
  readonly class: number;
  readonly label: string;
  readonly probability: number;
}

/** What is on an image of a file, or what a node of a graph or a row of a table is, the most likely first. */
export interface Result {
  readonly file: string;
  readonly image?: number;
  readonly node?: number;
  /** Of a table, from 1 on. */
  readonly row?: number;
  readonly classes: readonly Guess[];
}

/** Of each image, node or row a line for each class. */
export function tableOf(
  results: readonly Result[],
  what: "image" | "node" | "row" = "image",
): string {
  const table = newTable(["file", what, "class", "label", "probability"]);
  for (const { file, image, node, row, classes } of results) {
    for (const [place, guess] of classes.entries()) {
      const whose = place === 0 ? [file, image ?? node ?? row ?? ""] : ["", ""];
      table.push([...whose, guess.class, guess.label, guess.probability.toFixed(4)]);
    }
  }
  return table.toString();
}

/** The most likely classes, the most likely first. */
export function likely(
  logits: Float32Array,
  count: number,
  labels: ReadonlyMap<number, string>,
): Guess[] {
  const most = logits.reduce(
    (largest, logit) => Math.max(largest, logit),
    Number.NEGATIVE_INFINITY,
  );
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from(weights, (weight, index) => ({
    class: index,
    label: labels.get(index) ?? "",
    probability: weight / total,
  }))
    .sort((p, q) => q.probability - p.probability)
    .slice(0, count);
}

/** What config.json calls classes: nothing where adapters brought another number of them. */
export function labelsOf(
  { id2label }: ModelConfig,
  classes: number,
  adapted: boolean,
): ReadonlyMap<number, string> {
  const labels = Object.entries(typeof id2label === "object" && id2label !== null ? id2label : {});
  if (adapted && labels.length !== classes) return new Map();
  return new Map(
    labels.flatMap(([index, label]: [string, unknown]) =>
      typeof label === "string" ? [[Number(index), label] as const] : [],
    ),
  );
}
