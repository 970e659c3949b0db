/// <reference lib="dom" preserve="true" />

export type { GpuRuntimeErrorCodes } from "../errors/error-codes.ts";
export { type InstalledAdapter, listInstalled } from "./adapters.ts";
export { outputFailed, unwritable } from "./files/output-error.ts";
export { OutputFile, type OutputKind } from "./files/output-file.ts";
export {
  type TemporaryFile,
  type TemporaryFileOptions,
  writeTemporary,
} from "./files/temporary-file.ts";
export { type OpenNodeGpuOptions, openGpu } from "./open.ts";
export { openTuningCache, type TuningCacheOptions } from "./tuning-cache.ts";
