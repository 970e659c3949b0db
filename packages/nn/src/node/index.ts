export type { NnErrorCodes } from "../errors/error-codes.ts";
export {
  type LoadCheckpointOptions,
  loadCheckpoint,
  saveCheckpoint,
} from "./checkpoint-file.ts";
export { type LoadAdapterOptions, loadAdapter, loadAdapterFiles } from "./load-adapter.ts";
export { type LoadNodeStateDictOptions, loadStateDict } from "./load-state-dict.ts";
export { saveStateDict } from "./save-state-dict.ts";
