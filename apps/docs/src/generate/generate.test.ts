import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { changelogPart } from "./changelog.ts";
import { errorCodesPart } from "./error-codes.ts";

const root = resolve(import.meta.dirname, "../../../..");

it("the error codes are all that the guide to failures has, and those of other packages", () => {
  const part = errorCodesPart(root);
  const guide = readFileSync(resolve(root, "apps/docs/guide/when-things-go-wrong.md"), "utf8");
  const inGuide = [...guide.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
  const missing = inGuide.filter((code) => !part.includes(`## ${code} {#${code}}`));
  expect(missing).toEqual([]);
  expect(part).toContain("{#CHAIN_NOT_CHAINABLE}");
  expect(part).toContain("{#RESULTS_VERSION}");
  expect(part).toMatch(/The batch size is ⟨batch⟩, but it must be a whole number/);
});

it("the change log has the changesets by package", () => {
  const part = changelogPart(root);
  expect(part).toContain("## Not released yet");
  expect(part).toMatch(/### @papilio\/butterfly\n\n- /);
});
