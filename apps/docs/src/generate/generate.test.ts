import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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

it("the change log has what was released by package, and the changesets that wait", () => {
  expect(changelogPart(root)).toMatch(/^## @papilio\/butterfly\n\n### 0\.1\.0$/m);
  const folder = mkdtempSync(join(tmpdir(), "papilio-changes-"));
  try {
    expect(changelogPart(folder)).toBe("## Not released yet\n\nNothing yet.\n");
    mkdirSync(join(folder, ".changeset"));
    const change = '---\n"@papilio/nn": minor\n"papilio": patch\n---\n\nReads `<s>`\nas text.\n';
    writeFileSync(join(folder, ".changeset/reads.md"), change);
    expect(changelogPart(folder)).toBe(
      "## Not released yet\n\n### @papilio/nn\n\n- Reads `&lt;s>` as text.\n\n### papilio\n\n- Reads `&lt;s>` as text.\n",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
