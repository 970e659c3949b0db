import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ErrorCode, PapilioError } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { listWorkspace, type PathTree, pathsIn } from "../workspace.ts";
import { codesIn, declaredCodes, sourcesOf } from "./declared-codes.ts";

const root = resolve(import.meta.dirname, "../../../..");
const published = listWorkspace(root).filter(({ manifest }) => manifest.private !== true);
const declared = declaredCodes(root);
const read = (path: string) => readFileSync(join(root, path), "utf8");

it("reads each code with when it is thrown and what to do, examples apart", () => {
  const source = `
/** The codes.
 *
 *     OF_AN_EXAMPLE: true;
 */
interface ErrorCodes {
  /**
   * The device was
   * lost, and more. Open \`another\` one.
   */
  GPU_LOST: true;
  BARE: true;
}`;
  const [lost, bare] = codesIn(source, "one");
  expect(lost).toEqual({
    code: "GPU_LOST",
    name: "one",
    when: "The device was lost, and more.",
    remedy: "Open `another` one.",
  });
  expect(bare).toEqual({ code: "BARE", name: "one", when: "", remedy: "" });
});

it("each code is declared once, by a package of its own layer", () => {
  const codes = declared.map(({ code }) => code);
  expect(codes).toContain("GPU_LOST");
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  expect(codes).not.toContain("MY_IMPLEMENTATION_FAILED");
});

it("each code says when it is thrown, and what to do", () => {
  expect(
    declared.filter(({ when, remedy }) => when === "" || !/^[A-Z`].*\.$/.test(remedy)),
  ).toEqual([]);
});

it("each code is used by its own package", () => {
  const unused = published.flatMap(({ folder, manifest }) => {
    const sources = sourcesOf(root, folder)
      .filter((path) => !path.endsWith("/error-codes.ts"))
      .map(read);
    return declared.filter(
      ({ name, code }) =>
        name === manifest.name &&
        !sources.some((source) => source.includes(`"${code}"`) || source.includes(`${code}:`)),
    );
  });
  expect(unused.map(({ name, code }) => `${name}: ${code}`)).toEqual([]);
});

describe("entries", () => {
  const sourcesIn = (tree: PathTree): string[] =>
    typeof tree === "string"
      ? []
      : Object.entries(tree).flatMap(([key, below]) =>
          key === "@papilio/source" ? pathsIn(below) : sourcesIn(below),
        );
  const entries = published.flatMap(({ folder, manifest }) =>
    sourcesIn(manifest.exports ?? {})
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `${folder}/${path}`)
      // Its codes are those of the union itself, which its root exports.
      .filter((path) => !/^packages\/butterfly\/src\/.*\//.test(path)),
  );

  it.each(entries)(
    "%s exports its package's codes, so that they are in the union wherever it is imported",
    (path) => {
      expect(read(path)).toMatch(
        /export type \{[^}]*\bErrorCodes\b[^}]*\}|export type \{ \w+ErrorCodes \}/,
      );
    },
  );
});

it("a code that no package declares does not compile", () => {
  const known: ErrorCode = "PATTERN_INVALID";
  // @ts-expect-error: a typo
  const typo: ErrorCode = "PATERN_INVALID";
  // @ts-expect-error: a typo
  const error = new PapilioError("PATTERN_INVALIDE", "It is not valid.", "Correct it.");
  const codes = declared.map(({ code }) => code);
  expect(codes).toContain(known);
  expect(codes).not.toContain(typo);
  expect(codes).not.toContain(error.code);
});
