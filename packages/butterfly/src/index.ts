/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines symbols that classes of all packages name methods by, where an engine lacks them.
import "./disposal/dispose-symbols.ts";

export { DisposableStack } from "./disposal/disposable-stack.ts";
export type { ErrorCode, ErrorCodes } from "./errors/error-codes.ts";
export { PapilioError } from "./errors/papilio-error.ts";
export { Butterfly } from "./matrix/butterfly.ts";
export { type CompiledMatrix, compile, type Place } from "./matrix/compile.ts";
export { ComplexButterfly } from "./matrix/complex-butterfly.ts";
export { ComplexKroneckerSparse } from "./matrix/complex-kronecker-sparse.ts";
export { KroneckerSparse } from "./matrix/kronecker-sparse.ts";
export {
  type AnyButterfly,
  type Permutations,
  PermutedButterfly,
} from "./matrix/permuted-butterfly.ts";
export { reference } from "./matrix/reference.ts";
export type { Complex } from "./numeric/complex.ts";
export type { FloatDtype, StorageDtype } from "./numeric/dtype.ts";
export type { FloatArray } from "./numeric/float-array.ts";
export { type BatchShape, LAYOUTS, type Layout } from "./numeric/layout.ts";
export { type Verification, verify } from "./numeric/tolerance.ts";
export { Chain } from "./pattern/chain.ts";
export { type Cost, chainCost, cost } from "./pattern/cost.ts";
export { Pattern } from "./pattern/pattern.ts";
