import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { listWorkspace } from "./workspace.ts";

/** What a registry shows of a package, and what a provenance statement is checked against. */
interface Metadata {
  readonly author?: unknown;
  readonly license?: unknown;
  readonly homepage?: unknown;
  readonly repository?: { readonly url?: unknown };
  readonly bugs?: unknown;
}

const repository = resolve(import.meta.dirname, "../../..");
const read = (path: string) => JSON.parse(readFileSync(join(repository, path), "utf8")) as object;

/** The root's package.json is the one place where the repository's address is decided. */
const root = read("package.json") as Metadata;
const published = listWorkspace(repository).filter(({ manifest }) => manifest.private !== true);

it("the root's package.json names the repository", () => {
  expect(root.repository?.url).toMatch(/^git\+https:\/\/\S+\.git$/);
  expect(published.map(({ manifest }) => manifest.name)).toContain("@papilio/butterfly");
});

describe.each(published)("$manifest.name", ({ folder }) => {
  it("says where it comes from, as the root's package.json has it", () => {
    const address = String(root.repository?.url).replace(/^git\+|\.git$/g, "");
    expect(read(`${folder}/package.json`)).toMatchObject({
      author: root.author,
      license: root.license,
      homepage: `${address}/tree/main/${folder}#readme`,
      repository: { type: "git", url: root.repository?.url, directory: folder },
      bugs: root.bugs,
      publishConfig: { access: "public", provenance: true },
    });
  });
});

it("all published packages have one version, and a release raises them together", () => {
  const { fixed, linked } = read(".changeset/config.json") as Record<string, unknown>;
  expect({ fixed, linked }).toEqual({ fixed: [["papilio", "@papilio/*"]], linked: undefined });
  const versions = published.map(
    ({ folder }) => (read(`${folder}/package.json`) as { version: string }).version,
  );
  expect(new Set(versions).size).toBe(1);
});
