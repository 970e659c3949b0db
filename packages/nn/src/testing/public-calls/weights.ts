import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";

const story = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../testdata/stories260K/${name}`, import.meta.url)));

/** A matrix as it is stored. */
function tensorOf(name: string): nn.StoredTensor {
  return nn.StoredTensor.of({ name, dtype: "F32", shape: [2, 3], values: new Float32Array(6) });
}

/** Weights of a model, or of nothing. */
export function stateOf(model?: nn.Module): nn.StateDict {
  if (model === undefined) return new Map([["weight", tensorOf("weight")]]);
  return new Map(
    [...model.namedParameters()].map(([name, { shape, values }]) => [
      name,
      nn.StoredTensor.of({ name, dtype: "F32", shape, values }),
    ]),
  );
}

const file = (): Uint8Array => nn.saveStateDict(stateOf()).get("model.safetensors") as Uint8Array;

/** Of a file that is read over a connection. */
const loading = (): object => ({
  maxBytes: 2 ** 20,
  onProgress: () => undefined,
  signal: new AbortController().signal,
  timeout: 1000,
  fetch: () => Promise.resolve(new Response(file() as Uint8Array<ArrayBuffer>)),
});

const butterflies = (): nn.StateDict => {
  const tensor = { dtype: "F32", shape: [1, 2, 2, 2], values: new Float32Array(8) } as const;
  return new Map([["layer.weight", nn.StoredTensor.of({ name: "layer.weight", ...tensor })]]);
};

const saving = { maxShardBytes: 2 ** 20, dtype: "BF16", metadata: { format: "pt" } } as const;

/** Files of weights. */
export const weightCalls: PublicCalls = {
  StoredTensor: () =>
    create(nn.StoredTensor, { name: "x", dtype: "F32", shape: [1] }, 4, () => new Uint8Array(4)),
  "StoredTensor.of": () =>
    invoke(nn.StoredTensor, "of", {
      name: "x",
      dtype: "F32",
      shape: [2],
      values: Float32Array.of(1, 2),
    }),
  "StoredTensor#rename": () => invoke(tensorOf("x"), "rename", "y"),
  "StoredTensor#toReal": () => invoke(tensorOf("x"), "toReal", "float32"),
  transposeTensor: () => call(nn.transposeTensor, tensorOf("x")),
  sliceTensor: () => call(nn.sliceTensor, tensorOf("x"), 1, 0, 2),
  readLlama2c: () => call(nn.readLlama2c, story("stories260K.bin")),
  loadStateDict: () => call(nn.loadStateDict, "https://localhost/model.safetensors", loading()),
  "loadStateDict of files": () =>
    call(nn.loadStateDict, new Map([["model.safetensors", file()]]), loading()),
  saveStateDict: () => call(nn.saveStateDict, stateOf(), saving),
  assignStateDict: () =>
    call(nn.assignStateDict, new Map([["w", new nn.Parameter([2, 3])]]), stateOf(), {
      strict: true,
      rename: { weight: "w" },
      transform: (tensor: nn.StoredTensor) => tensor,
    }),
  "assignStateDict by rules": () =>
    call(nn.assignStateDict, new Map([["w", new nn.Parameter([2, 3])]]), stateOf(), {
      rename: [["weight", "w"]],
    }),
  StateDictMismatchError: () =>
    create(nn.StateDictMismatchError, {
      missing: ["a"],
      unexpected: ["b"],
      shapeMismatches: [{ name: "c", expected: [1], found: [2] }],
    }),
  storedMatrices: () => call(nn.storedMatrices, stateOf()),
  butterfliesFromStateDict: () =>
    call(nn.butterfliesFromStateDict, butterflies(), "layer", { increasingStride: true }),
};

/** Those of the entry for Node, which read and write in a folder, whatever text names one. */
export const nodeCalls = (
  node: typeof import("../../node/index.ts"),
  folder: string,
): PublicCalls => ({
  loadStateDict: () => {
    const path = join(folder, "model.safetensors");
    writeFileSync(path, file());
    return call(node.loadStateDict, path, { ...loading(), onDemand: true });
  },
  saveCheckpoint: () => {
    const save = (path: string, ...others: readonly never[]): unknown =>
      node.saveCheckpoint(
        path === "text" ? join(folder, path) : path,
        ...(others as [never, never]),
      );
    const state = { steps: 1, parameters: [], momentum: [], squares: [] };
    const checkpoint = { state, optimizer: "adamw", settings: "seed 1" };
    return call(save, join(folder, "checkpoint"), new Map(), checkpoint);
  },
  loadCheckpoint: () =>
    call(node.loadCheckpoint, join(folder, "missing"), new Map(), { settings: "seed 1" }),
  saveStateDict: () => {
    const save = (path: string, ...others: readonly never[]): unknown =>
      node.saveStateDict(path === "text" ? folder : path, ...(others as [never, never]));
    return call(save, folder, stateOf(), saving);
  },
});
