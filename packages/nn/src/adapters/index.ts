export type { NnErrorCodes } from "../errors/error-codes.ts";
export type {
  Adapter,
  AdapterLayer,
  AdapterTarget,
  AdapterType,
  KroneckerTerm,
  LohaChange,
  LokrChange,
  LoraChange,
  Magnitude,
  RotationChange,
  StoredProduct,
  WeightChange,
} from "./adapter.ts";
export { withAdapterHead } from "./adapter-head.ts";
export { type AppliedAdapter, applyAdapters } from "./apply-adapters.ts";
export { mergeAdapter } from "./merge-adapter.ts";
export { type AdapterFiles, readAdapter } from "./read-adapter.ts";
