import { PapilioError } from "@papilio/butterfly";
import { parseJsonText } from "@papilio/butterfly/files";
import { GAT, GCN, GraphSAGE } from "@papilio/nn";
import { adjacencyOf, bagsOfWords } from "@papilio/nn/adjacency";
import type { Graph } from "@papilio/nn/graph";
import { Linear, type LinearFactory, linearByName } from "@papilio/nn/layers";
import { readBytes } from "../files/input-file.ts";
import type { TrainingChoice } from "./train-model.ts";

/** A classifier of the nodes of a graph. */
export type NodeModel = GAT | GCN | GraphSAGE;

/** A graph whose nodes have classes, and which of them are for what. */
interface NodeData {
  readonly nodes: number;
  readonly classes: number;
  readonly inFeatures: number;
  /** `[nodes, inFeatures]`. */
  readonly features: Float32Array;
  readonly edges: readonly number[];
  readonly labels: Uint32Array;
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/** Nodes, edges and words, at most. */
const MOST = 2 ** 24;
const MOST_BYTES = 2 ** 28;
/** Layers with fewer inputs or outputs than this are dense: they have few weights. */
const SMALL = 16;

/**
 * A graph of a JSON file, and a new model for it. The file has `nodes`, `features` and `classes`, the ends of undirected
 * `edges` one after another, in `featureRows` the features of each node that are 1, `labels`, and nodes for `train` and `val`:
 * lists, or `[from, to]` without `to`.
 *
 * @throws PapilioError `DATA_INVALID`, `INPUT_UNREADABLE`; what making the model throws
 */
export async function readNodes(
  choice: TrainingChoice,
  kind: "gcn" | "graphsage" | "gat",
): Promise<{
  readonly config: Readonly<Record<string, unknown>>;
  readonly model: NodeModel;
  readonly data: NodeData;
  readonly trace: (use: "training" | "evaluation") => Graph;
}> {
  const data = await readData(choice.data);
  const { inFeatures, classes, nodes, edges } = data;
  const { features: hidden, layers, heads, seed, dropout } = choice;
  const make = linearByName(choice.linear);
  const linear: LinearFactory = (shape) =>
    Math.min(shape.inFeatures, shape.outFeatures) < SMALL ? new Linear(shape) : make(shape);
  const sizes = { inFeatures, classes, hidden, layers };
  const options = { ...sizes, linear, seed };
  if (kind === "gat" && hidden % heads !== 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      `The ${heads} heads of attention do not divide ${hidden} features.`,
      "Give --features that is a multiple of --heads.",
    );
  }
  const model =
    kind === "gat"
      ? new GAT({ ...options, heads })
      : kind === "gcn"
        ? new GCN(options)
        : new GraphSAGE(options);
  const adjacency = adjacencyOf({ nodes, edges });
  return {
    config: {
      model_type: kind,
      papilio: { linear: choice.linear },
      ...sizes,
      ...(kind === "gat" && { heads }),
    },
    model,
    data,
    trace: (use) =>
      model.trace({ adjacency, ...(use === "training" && dropout > 0 && { dropout }) }),
  };
}

async function readData(file: string): Promise<NodeData> {
  const read = parsed(file, await readBytes(file, MOST_BYTES));
  const invalid = (problem: string): PapilioError =>
    new PapilioError(
      "DATA_INVALID",
      `${file} cannot be trained on: ${problem}.`,
      "Give a JSON file with nodes, features, classes, edges, featureRows, labels, train and val.",
    );
  const size = (name: string): number => {
    const value = read[name];
    if (Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST) {
      return value as number;
    }
    throw invalid(`${name} is not a whole number from 1 to ${MOST}`);
  };
  const list = (name: string, value: unknown, below: number): number[] => {
    if (!Array.isArray(value) || value.length > 2 * MOST) throw invalid(`${name} is not a list`);
    const wrong = value.findIndex((one) => !Number.isInteger(one) || one < 0 || one >= below);
    if (wrong === -1) return value as number[];
    throw invalid(`entry ${wrong} of ${name} is not a whole number from 0 to ${below - 1}`);
  };
  const [nodes, inFeatures, classes] = [size("nodes"), size("features"), size("classes")];
  const edges = list("edges", read.edges, nodes);
  if (edges.length % 2 !== 0) throw invalid(`its edges have ${edges.length} ends, an odd number`);
  const labels = list("labels", read.labels, classes);
  const rows: unknown = read.featureRows;
  if (!Array.isArray(rows) || rows.length !== nodes || labels.length !== nodes) {
    throw invalid(`featureRows and labels are not lists of ${nodes}`);
  }
  const words = rows.map((row, node) => list(`featureRows[${node}]`, row, inFeatures));
  const part = (name: string): Uint32Array => {
    const given = list(name, read[name], nodes + 1);
    const [from = 0, to = 0] = given;
    const range = given.length === 2 && from < to;
    const all = range ? Array.from({ length: to - from }, (_, at) => from + at) : given;
    return Uint32Array.from(list(name, all, nodes));
  };
  const [train, validation] = [part("train"), part("val")];
  if (train.length === 0) throw invalid("no node is for training");
  const known = new Set(train);
  if (validation.some((node) => known.has(node))) throw invalid("nodes of val are trained on, too");
  return {
    ...{ nodes, classes, inFeatures, edges, train, validation },
    features: bagsOfWords(words, inFeatures),
    labels: Uint32Array.from(labels),
  };
}

function parsed(file: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = parseJsonText(bytes);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
    throw new Error("it is no object");
  } catch (cause) {
    throw new PapilioError(
      "DATA_INVALID",
      `${file} is not a graph in JSON: ${(cause as Error).message}.`,
      "Give a JSON file with the nodes, edges and labels of a graph, as it is or compressed with gzip.",
      { cause },
    );
  }
}
