import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { GCN } from "@papilio/nn";
import { adjacencyOf, bagsOfWords } from "@papilio/nn/adjacency";
import { ButterflyLinear, Linear, type LinearFactory } from "@papilio/nn/layers";
import type { ModelSubject } from "../models/subject.ts";

/** What is read of the file: see `data/README.md`. */
interface Cora {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  /** `u, v, u, v, ...`. */
  readonly edges: readonly number[];
  /** The words of each node. */
  readonly featureRows: readonly (readonly number[])[];
}

const NODES = 2708;
/** 16 x 1440, which the features are padded to: an eighth of the weights. */
const BUTTERFLY = "1,8,12,2; 12,2,120,1";

/** A graph convolutional network on the citation network Cora, of the usual sizes (arXiv 1609.02907). */
export function gcnOnCora(): ModelSubject {
  return {
    name: "gcn-cora",
    description:
      "a graph convolutional network of 16 hidden features on the citation network Cora, its first layer a butterfly",
    unit: "nodes",
    units: NODES,
    most: NODES,
    verified: null,
    build: (kind, seed) => {
      const { nodes, edges, features, classes } = cora();
      const linear: LinearFactory = (shape) =>
        kind === "butterfly" && shape.inFeatures === features
          ? new ButterflyLinear({ ...shape, weight: BUTTERFLY })
          : new Linear(shape);
      const model = new GCN({ inFeatures: features, classes, linear, seed });
      const adjacency = adjacencyOf({ nodes, edges });
      return { model, trace: () => model.trace({ adjacency }) };
    },
    given: () => {
      const { featureRows, features } = cora();
      return { features: bagsOfWords(featureRows, features) };
    },
  };
}

let read: Cora | undefined;

function cora(): Cora {
  const file = new URL("../../data/cora.json.gz", import.meta.url);
  read ??= JSON.parse(gunzipSync(readFileSync(file)).toString()) as Cora;
  return read;
}
