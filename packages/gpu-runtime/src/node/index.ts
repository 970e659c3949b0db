export { type InstalledAdapter, listInstalled } from "./adapters.ts";
export { type OpenNodeGpuOptions, openGpu } from "./open.ts";
