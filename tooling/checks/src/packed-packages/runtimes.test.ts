import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { hasOtherRuntimes, runtimesIn } from "./runtimes.ts";

it.runIf(hasOtherRuntimes)("the guide names what packages are tried on", () => {
  const guide = resolve(import.meta.dirname, "../../../../apps/docs/guide/where-it-runs.md");
  const rows = readFileSync(guide, "utf8").match(/^\| (Node|Bun|Deno) [\d.]+/gm) ?? [];
  const names = rows
    .map((row) => row.slice(2))
    .filter((name) => name !== `Node ${process.versions.node}`);
  const others = runtimesIn("").filter(({ program }) => program !== process.execPath);
  expect(names).toEqual(others.map(({ name }) => name));
});
