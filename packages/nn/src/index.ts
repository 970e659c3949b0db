export * from "./cpu/index.ts";
export * from "./generation/index.ts";
export * from "./gpu/index.ts";
export * from "./graph/index.ts";
export * from "./layers/index.ts";
export * from "./models/index.ts";
export * from "./modules/index.ts";
export {
  DeviceKroneckerSparseLinear,
  KroneckerSparseLinear,
  type LinearInitialization,
} from "./kronecker-sparse-linear.ts";
export * from "./tokenizers/index.ts";
export * from "./weights/index.ts";
