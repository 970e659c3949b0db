export type { NnErrorCodes } from "../errors/error-codes.ts";
export { type LoadNodeStateDictOptions, loadStateDict } from "./load-state-dict.ts";
export { saveStateDict } from "./save-state-dict.ts";
