/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export * from "./adjacency/index.ts";
export * from "./backends/cpu/index.ts";
export * from "./backends/device/index.ts";
export * from "./backends/onnx/index.ts";
export * from "./conversion/index.ts";
export type { NnErrorCodes } from "./errors/error-codes.ts";
export * from "./generation/index.ts";
export * from "./graph/index.ts";
export * from "./layers/index.ts";
export * from "./models/index.ts";
export * from "./modules/index.ts";
export * from "./operations/index.ts";
export * from "./placement/index.ts";
export * from "./tokenizers/index.ts";
export * from "./weights/index.ts";
