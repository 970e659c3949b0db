import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adjacencyOf, bagsOfWords, type SparseMatrix } from "@papilio/nn/adjacency";

/** As tkipf/gcn has it: parts are `[from, to)`, or a list. */
interface File {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  readonly edges: readonly number[];
  readonly featureRows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly train: readonly [from: number, to: number];
  readonly val: readonly [from: number, to: number];
  readonly test: readonly number[];
}

/** The citation network Cora, with its public split. */
export interface Cora {
  readonly adjacency: SparseMatrix;
  readonly inFeatures: number;
  readonly classes: number;
  /** `[nodes, inFeatures]`. */
  readonly features: Float32Array;
  readonly labels: Uint32Array;
  /** Nodes: 140, 500 and 1,000. */
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

const FILE = "../../packages/nn/testdata/planetoid/cora.json";

let read: Cora | undefined;

export function cora(): Cora {
  if (read !== undefined) return read;
  const file = JSON.parse(readFileSync(join(import.meta.dirname, FILE), "utf8")) as File;
  read = {
    adjacency: adjacencyOf({ nodes: file.nodes, edges: [...file.edges] }),
    inFeatures: file.features,
    classes: file.classes,
    features: bagsOfWords(file.featureRows, file.features),
    labels: Uint32Array.from(file.labels),
    train: range(file.train),
    validation: range(file.val),
    test: Uint32Array.from(file.test),
  };
  return read;
}

function range([from, to]: readonly [number, number]): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, at) => from + at);
}
