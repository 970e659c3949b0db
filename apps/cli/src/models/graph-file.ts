import { PapilioError } from "@papilio/butterfly";
import { parseJsonText } from "@papilio/butterfly/files";
import { bagsOfWords } from "@papilio/nn/adjacency";
import { readBytes } from "../files/input-file.ts";

/** A graph, and the features of its nodes. */
export interface GraphData {
  readonly nodes: number;
  readonly inFeatures: number;
  /** `[nodes, inFeatures]`. */
  readonly features: Float32Array;
  /** Both ends of each, one after another. */
  readonly edges: readonly number[];
}

/** A graph whose nodes have classes, and which of them are for what. */
export interface LabelledGraph extends GraphData {
  readonly classes: number;
  readonly labels: Uint32Array;
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/** Nodes, edges and words, at most. */
const MOST = 2 ** 24;
const MOST_BYTES = 2 ** 28;

/**
 * A graph of a JSON file with `nodes`, `features`, the ends of undirected `edges` one after another, and in `featureRows` the
 * features of each node that are 1.
 *
 * @throws PapilioError `DATA_INVALID`, `INPUT_UNREADABLE`
 */
export async function readGraph(file: string): Promise<GraphData> {
  return graphOf(await GraphFile.read(file));
}

/**
 * A graph that has `classes` and `labels` too, and nodes for `train` and `val`: lists, or `[from, to]` without `to`.
 *
 * @throws PapilioError `DATA_INVALID`, `INPUT_UNREADABLE`
 */
export async function readLabelledGraph(file: string): Promise<LabelledGraph> {
  const fields = await GraphFile.read(file);
  const graph = graphOf(fields);
  const classes = fields.size("classes");
  const labels = fields.list("labels", classes);
  if (labels.length !== graph.nodes) throw fields.invalid(`labels are not ${graph.nodes}`);
  const train = fields.part("train", graph.nodes);
  const validation = fields.part("val", graph.nodes);
  if (train.length === 0) throw fields.invalid("no node is for training");
  const known = new Set(train);
  if (validation.some((node) => known.has(node))) {
    throw fields.invalid("nodes of val are trained on, too");
  }
  return { ...graph, classes, labels: Uint32Array.from(labels), train, validation };
}

function graphOf(fields: GraphFile): GraphData {
  const [nodes, inFeatures] = [fields.size("nodes"), fields.size("features")];
  const edges = fields.list("edges", nodes);
  if (edges.length % 2 !== 0) {
    throw fields.invalid(`its edges have ${edges.length} ends, an odd number`);
  }
  const words = fields.rows("featureRows", nodes, inFeatures);
  return { nodes, inFeatures, edges, features: bagsOfWords(words, inFeatures) };
}

/** The fields of a file, each checked when it is asked for. */
class GraphFile {
  readonly #file: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  private constructor(file: string, fields: Readonly<Record<string, unknown>>) {
    this.#file = file;
    this.#fields = fields;
  }

  static async read(file: string): Promise<GraphFile> {
    return new GraphFile(file, parsed(file, await readBytes(file, MOST_BYTES)));
  }

  invalid(problem: string): PapilioError {
    return new PapilioError(
      "DATA_INVALID",
      `${this.#file} is not a graph that can be used: ${problem}.`,
      "Give a JSON file with nodes, features, edges and featureRows; for training with classes, labels, train and val, too.",
    );
  }

  size(name: string): number {
    const value = this.#fields[name];
    if (Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST) {
      return value as number;
    }
    throw this.invalid(`${name} is not a whole number from 1 to ${MOST}`);
  }

  list(name: string, below: number): number[] {
    return this.#whole(name, this.#fields[name], below);
  }

  rows(name: string, count: number, below: number): number[][] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || value.length !== count) {
      throw this.invalid(`${name} is not a list of ${count}`);
    }
    return value.map((row, at) => this.#whole(`${name}[${at}]`, row, below));
  }

  /** A list, or `[from, to]` without `to`. */
  part(name: string, nodes: number): Uint32Array {
    const given = this.list(name, nodes + 1);
    const [from = 0, to = 0] = given;
    const range = given.length === 2 && from < to;
    const all = range ? Array.from({ length: to - from }, (_, at) => from + at) : given;
    return Uint32Array.from(this.#whole(name, all, nodes));
  }

  #whole(name: string, value: unknown, below: number): number[] {
    if (!Array.isArray(value) || value.length > 2 * MOST)
      throw this.invalid(`${name} is not a list`);
    const wrong = value.findIndex((one) => !Number.isInteger(one) || one < 0 || one >= below);
    if (wrong === -1) return value as number[];
    throw this.invalid(`entry ${wrong} of ${name} is not a whole number from 0 to ${below - 1}`);
  }
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
