import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import type { Vite } from "vitest/node";
import { environmentOf, findChromium } from "./tooling/testing/src/chromium.ts";

/** Packages' `exports` name their sources under this condition, so that tests need no build. */
const sourceCondition = "@papilio/source";

const fromSource = {
  resolve: { conditions: [sourceCondition, "module", "node"] },
  ssr: { resolve: { conditions: [sourceCondition, "module", "node"] } },
};

const chromium = await findChromium();

/** The tests that run in a browser, where there is one. */
const browserProjects: TestProjectInlineConfiguration[] =
  "reason" in chromium
    ? []
    : [
        {
          resolve: { conditions: [sourceCondition, "module", "browser"] },
          // Memory is shared with workers in isolated pages alone.
          server: {
            headers: {
              "Cross-Origin-Opener-Policy": "same-origin",
              "Cross-Origin-Embedder-Policy": "require-corp",
            },
          },
          test: {
            name: "browser",
            include: ["{packages,tooling}/*/src/**/*.browser.test.ts"],
            exclude: ["**/node_modules/**", "**/dist/**"],
            // One device at a time, as for the GPU tests in Node.
            fileParallelism: false,
            testTimeout: 120_000,
            hookTimeout: 120_000,
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: {
                  executablePath: chromium.executable,
                  env: environmentOf(chromium),
                  // Without a sandbox it starts as root and in containers; WebGPU on a software
                  // adapter counts as unsafe; nothing here needs the network.
                  args: [
                    "--no-sandbox",
                    "--enable-unsafe-webgpu",
                    "--disable-background-networking",
                  ],
                },
              }),
              instances: [{ browser: "chromium" }],
            },
          },
        },
      ];

/** Of the built site: its links without a browser, all else where there is one. */
const siteProject: TestProjectInlineConfiguration = {
  ...fromSource,
  test: {
    name: "site",
    include: ["apps/docs/src/**/*.site.test.ts"],
    exclude: ["**/node_modules/**", ...("reason" in chromium ? ["**/!(links).site.test.ts"] : [])],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...("reason" in chromium ? {} : { provide: { chromium } }),
  },
};

/** Says why there are no browser tests in a run that would have them. */
function announceNoBrowser(reason: string): Vite.Plugin {
  return {
    name: "announce-no-browser",
    // Called for each project: the first that is asked for speaks.
    configureVitest({ vitest, project }) {
      const { project: asked } = vitest.config;
      const first = asked.find((name) => name !== "browser") ?? "unit";
      const expected =
        asked.length === 0 || ["browser", "site"].some((name) => asked.includes(name));
      if (expected && project.name === first) console.log(`Browser tests skipped: ${reason}`);
    },
  };
}

export default defineConfig({
  plugins: "reason" in chromium ? [announceNoBrowser(chromium.reason)] : [],
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: "unit",
          // Some take seconds by themselves, and wait for others where there are few cores.
          testTimeout: 30_000,
          include: ["{packages,apps}/*/{src,snippets}/**/*.test.ts", "tooling/**/*.test.ts"],
          exclude: [
            "**/*.gpu.test.ts",
            "**/*.browser.test.ts",
            "**/*.packages.test.ts",
            "**/*.site.test.ts",
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
      ...browserProjects,
      siteProject,
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
