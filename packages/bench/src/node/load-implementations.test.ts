import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadImplementations } from "./load-implementations.ts";

const folder = mkdtempSync(join(tmpdir(), "papilio-implementations-"));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(text: string, ending = "mjs"): string {
  const path = join(folder, `${count++}.${ending}`);
  writeFileSync(path, text);
  return path;
}

const one = (name: string): string =>
  `{ name: ${JSON.stringify(name)}, description: "", prepare() {} }`;

describe("a file of implementations", () => {
  it("exports one or several", async () => {
    const names = async (text: string): Promise<string[]> =>
      (await loadImplementations(file(text))).map(({ name }) => name);
    expect(await names(`export const implementation = ${one("mine")};`)).toEqual(["mine"]);
    expect(await names(`export const implementations = [${one("a")}, ${one("b-2.1")}];`)).toEqual([
      "a",
      "b-2.1",
    ]);
  });

  it.each([
    ["nothing", "export const other = 1;", /there is none/],
    ["no object", "export const implementation = 5;", /implementation: /],
    ["no prepare", 'export const implementation = { name: "a", description: "" };', /prepare/],
    ["a name for a table", `export const implementation = ${one("| a |")};`, /a name has/],
    [
      "an unknown kind of arithmetic",
      'export const implementation = { name: "a", description: "", arithmetic: "magic", prepare() {} };',
      /arithmetic/,
    ],
  ])("is refused with %s", async (_, text, reason) => {
    await expect(loadImplementations(file(text))).rejects.toMatchObject({
      code: "IMPLEMENTATION_FILE_INVALID",
      message: expect.stringMatching(reason),
    });
  });

  it("is refused when it is not there, is not a module, or throws", async () => {
    for (const path of [
      join(folder, "missing.ts"),
      file("export const = ;"),
      file('throw new Error("not today");'),
    ]) {
      await expect(loadImplementations(path)).rejects.toMatchObject({
        code: "IMPLEMENTATION_FILE_UNREADABLE",
        fix: expect.stringContaining("TypeScript"),
      });
    }
  });
});
