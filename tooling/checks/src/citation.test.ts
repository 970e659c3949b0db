import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { readYaml } from "./github/workflows.ts";

const root = resolve(import.meta.dirname, "../../..");

it("CITATION.cff names the software, and the paper as what is cited first", () => {
  const { homepage } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as {
    homepage: string;
  };
  const released = readFileSync(resolve(root, "apps/cli/package.json"), "utf8");
  expect(readYaml(root, "CITATION.cff")).toMatchObject({
    "cff-version": "1.2.0",
    message: expect.any(String),
    type: "software",
    version: (JSON.parse(released) as { version: string }).version,
    authors: [{ name: "The Papilio authors" }],
    license: "MIT",
    "repository-code": homepage.replace("#readme", ""),
    "preferred-citation": {
      type: "conference-paper",
      authors: ["Gonon", "Zheng", "Carrivain", "Le"].map((name) => ({ "family-names": name })),
      identifiers: [{ type: "other", value: "arXiv:2405.15013" }],
    },
  });
});
