import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expectAgreement } from "@papilio/testing/quickstart";
import { expect, it, vi } from "vitest";
import { withNavigatorGpu } from "./testing/navigator-gpu.ts";
import { promisedLines, runSnippet } from "./testing/run-snippet.ts";

it("the quickstart for Node multiplies the same on the GPU and on the CPU", async () => {
  const [line, ...others] = await runSnippet("node.ts");
  expectAgreement(line as string);
  expect(others).toEqual([]);
});

it("the quickstart for browsers multiplies where there is a navigator.gpu", async () => {
  const [line] = await withNavigatorGpu(() => runSnippet("browser.ts"));
  expect(line).toMatch(/Float32Array\(32768\)/);
});

it("the guide to deploying multiplies with an adapter and without", async () => {
  expect(await withNavigatorGpu(() => runSnippet("fallback.ts"))).toEqual(["1024"]);
  expect(await runSnippet("fallback.ts")).toEqual(["1024"]);
});

it("the memory guide multiplies within its budget", async () => {
  const lines = await runSnippet("memory.ts");
  expect(lines[0]).toMatch(/^1024 x 1024, 10 factors, .*: \d passes over memory$/);
  const [, outputs, peak] = /^(\d+) outputs, (\d+) bytes/.exec(lines.at(-1) as string) ?? [];
  expect(Number(outputs)).toBe(20_000 * 1024);
  expect(Number(peak)).toBeLessThanOrEqual(8 * 2 ** 20);
});

it("the tuning guide finds a variant, and the next time in the cache", async () => {
  const caches = mkdtempSync(join(tmpdir(), "papilio-docs-"));
  vi.stubEnv("XDG_CACHE_HOME", caches);
  try {
    for (const from of ["measurement", "cache"]) {
      expect(await runSnippet("tuning.ts")).toEqual([
        expect.stringMatching(new RegExp(`^[\\w-]+ from the ${from}, \\d+ bytes of weights$`)),
      ]);
    }
  } finally {
    vi.unstubAllEnvs();
    rmSync(caches, { recursive: true });
  }
});

it.each(["recover.ts", "complex.ts", "kernel.ts", "replace-layer.ts"])(
  "%s prints what it says",
  async (name) => {
    const promised = promisedLines(name);
    expect(promised).not.toEqual([]);
    expect(await runSnippet(name)).toEqual(promised);
  },
);

const commands = readFileSync(join(import.meta.dirname, "command-line.sh"), "utf8")
  .trim()
  .split("\n");

it.each(commands)("%s works", (command) => {
  const [npx, papilio, ...args] = command.split(" ");
  expect([npx, papilio]).toEqual(["npx", "papilio"]);
  const main = resolve(import.meta.dirname, "../../cli/src/main.ts");
  const output = execFileSync(process.execPath, ["--conditions=@papilio/source", main, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  expect(output).not.toBe("");
});
