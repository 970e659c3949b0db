/**
 * Which workspace packages each one may depend on at run time. The order is the direction: what a
 * package may use stands above it.
 *
 * `biome.json` holds the same table for the imports in source files; a test keeps the two equal.
 */
export const layers = {
  "@papilio/butterfly": [],
  "@papilio/gpu-runtime": ["@papilio/butterfly"],
  "@papilio/nn": ["@papilio/butterfly", "@papilio/gpu-runtime"],
  "@papilio/bench": ["@papilio/butterfly", "@papilio/gpu-runtime", "@papilio/nn"],
  papilio: ["@papilio/butterfly", "@papilio/gpu-runtime", "@papilio/nn", "@papilio/bench"],
  "@papilio/docs": ["@papilio/butterfly", "@papilio/gpu-runtime", "@papilio/nn", "@papilio/bench"],
} as const satisfies Record<string, readonly string[]>;
