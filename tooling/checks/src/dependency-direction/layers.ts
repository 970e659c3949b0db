/** What every package above the runtimes may use. */
const runtimes = ["@papilio/butterfly", "@papilio/cpu-runtime", "@papilio/gpu-runtime"] as const;

/**
 * Which workspace packages each one may depend on at run time. The order is the direction: what a
 * package may use stands above it.
 *
 * `biome.json` holds the same table for the imports in source files; a test keeps the two equal.
 */
export const layers = {
  "@papilio/butterfly": [],
  "@papilio/cpu-runtime": ["@papilio/butterfly"],
  "@papilio/gpu-runtime": ["@papilio/butterfly"],
  "@papilio/nn": runtimes,
  "@papilio/bench": [...runtimes, "@papilio/nn"],
  "@papilio/server": [...runtimes, "@papilio/nn"],
  papilio: [...runtimes, "@papilio/nn", "@papilio/bench", "@papilio/server"],
  "@papilio/docs": [...runtimes, "@papilio/nn", "@papilio/bench", "@papilio/server"],
} as const satisfies Record<string, readonly string[]>;
