import * as adapters from "../adapters/index.ts";
import * as adjacency from "../adjacency/index.ts";
import * as backends from "../backends/index.ts";
import * as onnx from "../backends/onnx/index.ts";
import * as conversion from "../conversion/index.ts";
import * as graph from "../graph/index.ts";
import * as root from "../index.ts";
import * as layers from "../layers/index.ts";
import * as models from "../models/index.ts";
import * as operations from "../operations/index.ts";
import * as placement from "../placement/index.ts";
import * as tokenizers from "../tokenizers/index.ts";
import * as training from "../training/index.ts";
import * as weights from "../weights/index.ts";

/** What each entry of the package exports, by the entry's name in package.json, but that for Node. */
export const entries = {
  ".": root,
  "./adapters": adapters,
  "./adjacency": adjacency,
  "./backends": backends,
  "./conversion": conversion,
  "./graph": graph,
  "./layers": layers,
  "./models": models,
  "./onnx": onnx,
  "./operations": operations,
  "./placement": placement,
  "./tokenizers": tokenizers,
  "./training": training,
  "./weights": weights,
};

export * from "../adapters/index.ts";
export * from "../adjacency/index.ts";
export * from "../backends/index.ts";
export * from "../backends/onnx/index.ts";
export * from "../conversion/index.ts";
export * from "../graph/index.ts";
export * from "../index.ts";
export * from "../layers/index.ts";
export * from "../models/index.ts";
export * from "../operations/index.ts";
export * from "../placement/index.ts";
export * from "../tokenizers/index.ts";
export * from "../training/index.ts";
export * from "../weights/index.ts";
