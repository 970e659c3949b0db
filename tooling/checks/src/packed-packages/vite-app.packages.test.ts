import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { environmentOf, findChromium } from "@papilio/testing/chromium";
import { type Browser, chromium } from "playwright";
import type * as Vite from "vite";
import * as vite8 from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked, runIn } from "./consumer.ts";
import { packAll } from "./pack.ts";

const repository = resolve(import.meta.dirname, "../../../..");
const temporary = mkdtempSync(join(tmpdir(), "papilio-vite-"));
const app = join(temporary, "app");
/** What the documentation recommends, and no more. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const found = await findChromium();

describe.skipIf("reason" in found)("an isolated page of a Vite app", () => {
  let browser: Browser;
  let vite7: typeof Vite;

  beforeAll(async () => {
    mkdirSync(app);
    const packed = packAll(repository, temporary).filter(({ manifest }) =>
      ["@papilio/butterfly", "@papilio/cpu-runtime"].includes(manifest.name),
    );
    installPacked(app, packed, { vite: "7.3.6" });
    const program = join(app, "node_modules/vite/dist/node/index.js");
    vite7 = (await import(pathToFileURL(program).href)) as typeof Vite;
    writeFileSync(
      join(app, "index.html"),
      `<!doctype html><title></title><script type="module" src="/page.ts"></script>`,
    );
    for (const file of ["page.ts", "hadamard-product.ts"]) {
      copyFileSync(join(import.meta.dirname, "programs", file), join(app, file));
    }
    if ("reason" in found) return;
    browser = await chromium.launch({
      executablePath: found.executable,
      env: environmentOf(found),
      args: ["--no-sandbox"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(temporary, { recursive: true });
  });

  /** What the page says, twice: the second time from the browser's cache, and the server's. */
  async function expectToCompute(url: string): Promise<void> {
    const page = await browser.newPage();
    for (let visit = 0; visit < 2; visit++) {
      await page.goto(url);
      await page.waitForFunction(() => document.title !== "");
      expect(await page.title()).toBe(
        JSON.stringify({ isolated: true, threads: 2, exact: true, factorized: true }),
      );
    }
    await page.close();
  }

  /** Each version with files of its own, so that none finds what another has bundled. */
  const settings = (version: string): Vite.InlineConfig => ({
    root: app,
    configFile: false,
    logLevel: "silent",
    cacheDir: join(temporary, `cache-${version}`),
    build: { outDir: join(temporary, `built-${version}`), target: "es2022" },
    server: { headers, port: 0 },
    preview: { headers, port: 0 },
  });

  describe.each([
    ["8", () => vite8],
    ["7", () => vite7],
  ] as const)("of version %s", (version, viteOf) => {
    it("computes in threads on the development server", async () => {
      const server = await viteOf().createServer(settings(version));
      await server.listen();
      await expectToCompute(server.resolvedUrls?.local[0] as string);
      await server.close();
    });

    it("computes in threads once it is built", async () => {
      await viteOf().build(settings(version));
      const server = await viteOf().preview(settings(version));
      await expectToCompute(server.resolvedUrls?.local[0] as string);
      await server.close();
    });
  });

  it("computes in threads in one file of esbuild, which knows no workers", async () => {
    const folder = join(temporary, "esbuild");
    mkdirSync(folder);
    const flags = ["--bundle", "--format=esm", "--target=es2022", "--log-level=error"];
    runIn(app, "node_modules/.bin/esbuild", "page.ts", ...flags, `--outfile=${folder}/page.js`);
    writeFileSync(
      join(folder, "index.html"),
      `<!doctype html><title></title><script type="module" src="/page.js"></script>`,
    );
    const serve: RequestListener = ({ url = "/" }, response) => {
      const file = join(folder, url === "/" ? "index.html" : url);
      const type = extname(file) === ".html" ? "text/html" : "text/javascript";
      try {
        const content = readFileSync(file);
        response.writeHead(200, { ...headers, "Content-Type": type }).end(content);
      } catch {
        response.writeHead(404, headers).end();
      }
    };
    const server = createServer(serve).listen(0);
    await expectToCompute(`http://localhost:${(server.address() as AddressInfo).port}/`);
    server.close();
  });
});
