/**
 * More about patterns and chains: costs, supports and presets.
 *
 * @module
 */

export { type Chainability, chainability } from "./chainability.ts";
export { denseFlops, type FactorCost, type ImplementationName, rewritingBytes } from "./cost.ts";
export type { MonarchShape, Radices } from "./presets.ts";
export { forEachNonZero, isSupported, type SupportPicture, supportPicture } from "./support.ts";
