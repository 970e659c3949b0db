export {
  DeviceKroneckerSparseLinear,
  KroneckerSparseLinear,
  type LinearInitialization,
} from "./kronecker-sparse-linear.ts";
