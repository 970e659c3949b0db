import { availableParallelism } from "node:os";
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

const notTests = ["**/node_modules/**", "**/dist/**"];

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
            exclude: notTests,
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

/** Tests without a device, in files `name.test.ts`, or `name.long.test.ts`. */
function pureProject(
  name: string,
  kind: "" | ".long",
  testTimeout: number,
): TestProjectInlineConfiguration {
  return {
    ...fromSource,
    test: {
      name,
      testTimeout,
      include: [
        `{packages,apps}/*/{src,snippets}/**/*${kind}.test.ts`,
        `tooling/**/*${kind}.test.ts`,
      ],
      exclude: [
        ...["gpu", "browser", "packages", "site"].map((other) => `**/*.${other}.test.ts`),
        ...notTests,
        ...(kind === "" ? ["**/*.long.test.ts"] : []),
      ],
      // Files share a process for each core, which starts once and evaluates each module once.
      isolate: false,
      maxWorkers: availableParallelism(),
    },
  };
}

/** Tests on a device in Node, in files `name.gpu.test.ts`, or `name.long.gpu.test.ts`. */
function deviceProject(
  name: string,
  kind: "" | ".long",
  testTimeout: number,
): TestProjectInlineConfiguration {
  return {
    ...fromSource,
    test: {
      name,
      testTimeout,
      hookTimeout: testTimeout,
      include: [`{packages,apps}/*/{src,snippets}/**/*${kind}.gpu.test.ts`],
      exclude: [...notTests, ...(kind === "" ? ["**/*.long.gpu.test.ts"] : [])],
      // A child process has its own main thread: the embedded Vulkan driver is chosen by
      // environment variables, which a worker thread only has a copy of.
      pool: "forks",
      // Two processes, each with one device at a time: between dispatches, while kernels are compiled
      // and results verified, a software adapter uses one core.
      isolate: false,
      maxWorkers: 2,
      sequence: { groupOrder: 1 },
      globalSetup: ["tooling/testing/src/announce-adapter.ts"],
    },
  };
}

/** Of the built site: its links without a browser, all else where there is one. */
const siteProject: TestProjectInlineConfiguration = {
  ...fromSource,
  test: {
    name: "site",
    include: ["apps/docs/src/**/*.site.test.ts"],
    exclude: [...notTests, ...("reason" in chromium ? ["**/!(links).site.test.ts"] : [])],
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
      pureProject("unit", "", 30_000),
      deviceProject("gpu", "", 120_000),
      // Long variants of both, which `pnpm test:all` runs too.
      pureProject("long", ".long", 600_000),
      deviceProject("long-gpu", ".long", 900_000),
      ...browserProjects,
      siteProject,
      {
        test: {
          name: "packages",
          include: ["tooling/**/*.packages.test.ts"],
          exclude: notTests,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
