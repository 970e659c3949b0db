/// <reference lib="dom" preserve="true" />
export { type InstalledAdapter, listInstalled } from "./adapters.ts";
export { type OpenNodeGpuOptions, openGpu } from "./open.ts";
export { openTuningCache, type TuningCacheOptions } from "./tuning-cache.ts";
