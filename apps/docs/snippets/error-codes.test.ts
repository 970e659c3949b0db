import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

it("the guide lists the runtime's error codes, and no others", () => {
  const sources = globSync("packages/gpu-runtime/src/**/*.ts", { cwd: root })
    .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
    .map((path) => readFileSync(resolve(root, path), "utf8"))
    .filter((source) => source.includes("PapilioError"));
  // Names that begin with VK_ are variables of the Vulkan loader.
  const thrown = sources.flatMap((source) =>
    [...source.matchAll(/"((?!VK_)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g)].map(([, code]) => code),
  );
  const guide = readFileSync(resolve(root, "apps/docs/guide/when-things-go-wrong.md"), "utf8");
  const listed = [...guide.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
  expect(thrown).toContain("GPU_LOST");
  expect(listed.toSorted()).toEqual([...new Set(thrown)].sort());
});
