import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compileBinaries } from "../../assembly/build.ts";

it("is what its sources compile to, byte by byte", async () => {
  const committed = readFileSync(join(import.meta.dirname, "binaries.ts"), "utf8");
  expect(await compileBinaries()).toBe(committed);
}, 60_000);
