import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compileBinaries, compileDenseBinary } from "../../assembly/build.ts";

const committed = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

it("the binaries are what the sources compile to, byte by byte", async () => {
  expect(await compileBinaries()).toBe(committed("binaries.ts"));
}, 60_000);

it("the loops of dense linear algebra are what their source compiles to", async () => {
  expect(await compileDenseBinary()).toBe(committed("dense-binary.ts"));
}, 60_000);
