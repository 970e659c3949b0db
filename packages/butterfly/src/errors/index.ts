/**
 * Checks of arguments, and words for messages: for packages that build on this one.
 *
 * @module
 */

export {
  arrayTag,
  requireArray,
  requireBoolean,
  requireFunction,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requireOptions,
  requireProgress,
  requireSignal,
  requireText,
  requireWhole,
  wrongArgument,
} from "./argument-checks.ts";
export { describeValue } from "./describe-value.ts";
export { didYouMean } from "./did-you-mean.ts";
export { formatBytes } from "./format-bytes.ts";
export {
  requireAnyButterfly,
  requireButterfly,
  requireChain,
  requireComplexButterfly,
  requireComplexFactor,
  requireFactor,
  requireListOf,
  requirePattern,
} from "./matrix-checks.ts";
export { matrixDisposed } from "./matrix-disposed.ts";
