import { join } from "node:path";
import { expectAgreement } from "@papilio/testing/quickstart";
import { expect, it } from "vitest";
import { runSnippet } from "./testing/run-snippet.ts";

it("the quickstart for Node multiplies the same on the GPU and on the CPU", () => {
  const [line, ...others] = runSnippet("node.ts");
  expectAgreement(line as string);
  expect(others).toEqual([]);
});

it("the quickstart for browsers multiplies where there is a navigator.gpu", () => {
  const shim = join(import.meta.dirname, "testing/navigator-gpu.ts");
  const [line] = runSnippet("browser.ts", `--import=${shim}`);
  expect(line).toMatch(/Float32Array\(32768\)/);
});
