import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { adjacencyOf } from "../adjacency/adjacency.ts";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { Llama } from "../models/llama.ts";
import { llama2cTokenizer } from "../tokenizers/llama2c.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { assignStateDict } from "../weights/assign-state-dict.ts";
import { readLlama2c } from "../weights/llama2c.ts";

/** A file of the package's test data. */
function testFile(path: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(resolve(import.meta.dirname, "../../testdata", path)));
}

function json<T>(path: string): T {
  return JSON.parse(new TextDecoder().decode(testFile(path))) as T;
}

/** Zachary's karate club: its adjacency. */
export function karate(): SparseMatrix {
  return adjacencyOf(json<{ nodes: number; edges: number[] }>("karate/karate.json"));
}

/** The Cora graph: its adjacency and a row of features for each node. */
export function cora(): {
  readonly graph: SparseMatrix;
  readonly features: Float32Array<ArrayBuffer>;
  readonly inFeatures: number;
  readonly classes: number;
} {
  const data = json<{
    nodes: number;
    features: number;
    classes: number;
    edges: number[];
    featureRows: number[][];
  }>("planetoid/cora.json");
  const features = new Float32Array(data.nodes * data.features);
  data.featureRows.forEach((columns, node) => {
    for (const column of columns) features[node * data.features + column] = 1;
  });
  const graph = adjacencyOf({ nodes: data.nodes, edges: data.edges });
  return { graph, features, inFeatures: data.features, classes: data.classes };
}

/** RadiX-Net: `y = W x` of each layer, the images as vectors, and the categories that are left. */
export function radixNet(): {
  readonly layers: readonly SparseMatrix[];
  readonly images: Float32Array<ArrayBuffer>;
  readonly vectors: number;
  readonly bias: number;
  readonly clip: number;
  readonly categories: readonly number[];
  readonly sum: number;
} {
  const meta = json<{
    neurons: number;
    layers: number;
    nnzPerRow: number;
    weight: number;
    bias: number;
    clip: number;
    images: number;
    sumAfter30: number;
    expectedCategories0based: number[];
  }>("radixnet1024/meta.json");
  const { neurons, nnzPerRow, images: vectors } = meta;
  const columns = new Uint16Array(
    testFile("radixnet1024/layers30_1024x32_colidx_u16le.bin").buffer,
  );
  const each = neurons * nnzPerRow;
  const layers = Array.from({ length: meta.layers }, (_, layer) => {
    const outputs = columns.subarray(layer * each, (layer + 1) * each);
    const inputs = Uint32Array.from(outputs, (_output, entry) => Math.floor(entry / nnzPerRow));
    const values = new Float32Array(each).fill(meta.weight);
    // The files have W[input][output], for Y = X W; a layer here is its transpose.
    return SparseMatrix.fromEntries([neurons, neurons], { rows: outputs, columns: inputs }, values);
  });
  const starts = new Uint32Array(testFile("radixnet1024/images1200_rowptr_u32le.bin").buffer);
  const pixels = new Uint16Array(testFile("radixnet1024/images1200_colidx_u16le.bin").buffer);
  const images = new Float32Array(vectors * neurons);
  for (let image = 0; image < vectors; image++) {
    for (let at = starts[image] as number; at < (starts[image + 1] as number); at++) {
      images[image * neurons + (pixels[at] as number)] = 1;
    }
  }
  return {
    layers,
    images,
    vectors,
    bias: meta.bias,
    clip: meta.clip,
    categories: meta.expectedCategories0based,
    sum: meta.sumAfter30,
  };
}

/** The trained Llama of 260,000 parameters, its tokenizer, and what it says. */
export function stories260K(): {
  readonly model: Llama;
  readonly tokenizer: Tokenizer;
  readonly reference: {
    readonly greedyIds: readonly number[];
    readonly text: string;
    readonly logitsAfterBOS: readonly number[];
  };
} {
  const { config, tensors } = readLlama2c(testFile("stories260K/stories260K.bin"));
  const model = new Llama(config);
  assignStateDict(model.namedParameters(), tensors);
  return {
    model,
    tokenizer: llama2cTokenizer(testFile("stories260K/tok512.bin")),
    reference: json("stories260K/reference.json"),
  };
}
