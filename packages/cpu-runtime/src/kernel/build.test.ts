import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CONSTANTS, compileBinaries, compileConstants } from "../../assembly/build.ts";

const committed = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

it("the binaries are what the sources compile to, byte by byte", async () => {
  expect(await compileBinaries()).toBe(committed("binaries.ts"));
}, 60_000);

it.each(Object.entries(CONSTANTS))(
  "the constants of %s are those of the sources",
  async (from, to) => {
    expect(await compileConstants(from as keyof typeof CONSTANTS)).toBe(committed(to));
  },
  60_000,
);
