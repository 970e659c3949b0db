import { defineConfig } from "vitest/config";

/** Packages' `exports` name their sources under this condition, so that tests need no build. */
const sourceCondition = "@papilio/source";

const fromSource = {
  resolve: { conditions: [sourceCondition, "module", "node"] },
  ssr: { resolve: { conditions: [sourceCondition, "module", "node"] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: "unit",
          include: ["{packages,apps}/*/{src,snippets}/**/*.test.ts", "tooling/**/*.test.ts"],
          exclude: [
            "**/*.gpu.test.ts",
            "**/*.packages.test.ts",
            "**/node_modules/**",
            "**/dist/**",
          ],
        },
      },
      {
        ...fromSource,
        test: {
          name: "gpu",
          include: ["{packages,apps}/*/{src,snippets}/**/*.gpu.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          // A child process has its own main thread: the embedded Vulkan driver is chosen by
          // environment variables, which a worker thread only has a copy of.
          pool: "forks",
          // One device at a time: a software adapter already uses every core.
          fileParallelism: false,
          globalSetup: ["tooling/testing/src/announce-adapter.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "packages",
          include: ["tooling/**/*.packages.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
