import { resolve } from "node:path";
import { declaredCodes } from "@papilio/checks/declared-codes";
import { expect, it } from "vitest";
import { changelogPart } from "./changelog.ts";
import { errorCodesPart } from "./error-codes.ts";

const root = resolve(import.meta.dirname, "../../../..");

it("the page of error codes has every code that a package declares, with what to do and its messages", () => {
  const part = errorCodesPart(root);
  const listed = [...part.matchAll(/^## (\w+) \{#\1\}\n\n(\S.*) \(`[\w@/-]+`\)$/gm)].map(
    ([, code]) => code,
  );
  const declared = declaredCodes(root).map(({ code }) => code);
  expect(declared).toContain("CHAIN_NOT_CHAINABLE");
  expect(declared).toContain("RESULTS_VERSION");
  expect(listed).toEqual(declared.sort());
  expect(part).toMatch(/The batch size is ⟨\w+⟩, but it must be a whole number/);
});

it("the change log has the changesets by package", () => {
  const part = changelogPart(root);
  expect(part).toContain("## Not released yet");
  expect(part).toMatch(/### @papilio\/butterfly\n\n- /);
});
