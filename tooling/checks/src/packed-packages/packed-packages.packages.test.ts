import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expectAgreement } from "@papilio/testing/quickstart";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathsIn } from "../workspace.ts";
import { bundleForBrowser, nodeOnly } from "./bundle.ts";
import { configureTypes, installPacked, runIn } from "./consumer.ts";
import { type PackedPackage, packAll } from "./pack.ts";

const repository = resolve(import.meta.dirname, "../../../..");
const temporary = mkdtempSync(join(tmpdir(), "papilio-packed-"));
const packages = packAll(repository, temporary);
afterAll(() => rmSync(temporary, { recursive: true }));

const ownTools = resolve(import.meta.dirname, "../../node_modules/.bin");
const rootTools = join(repository, "node_modules/.bin");

describe.each(packages)("$manifest.name, packed", ({ manifest, tarball, files }: PackedPackage) => {
  it("passes publint --strict", () => {
    expect(runIn(temporary, join(ownTools, "publint"), "--strict", tarball)).toContain("All good!");
  });

  it("passes attw --profile esm-only", () => {
    // It exits with a failure when a resolution that counts has a problem.
    const attw = (): string =>
      runIn(temporary, join(ownTools, "attw"), "--profile", "esm-only", tarball);
    expect(attw).not.toThrow();
  });

  it("holds each file that its package.json names, and the license", () => {
    const named = [...pathsIn(manifest.exports), ...pathsIn(manifest.bin)];
    expect(named).not.toEqual([]);
    expect(files).toEqual(expect.arrayContaining([...named, "package.json", "LICENSE"]));
  });

  it("holds the source of each built file, which source maps point at, and no test", () => {
    const built = files.filter((path) => /^dist\/.*\.js$/.test(path));
    expect(built).not.toEqual([]);
    const sources = built.map((path) => path.replace(/^dist\//, "src/").replace(/\.js$/, ".ts"));
    expect(files).toEqual(expect.arrayContaining(sources));
    expect(files.filter((path) => /\.test\.|tsbuildinfo/.test(path))).toEqual([]);
  });
});

describe("a project outside the workspace", () => {
  const project = join(temporary, "project");

  beforeAll(() => {
    mkdirSync(project);
    // What a Node project in TypeScript has anyway.
    installPacked(project, packages, { "@types/node": "24.19.2" });
    for (const snippet of ["node.ts", "browser.ts"]) {
      copyFileSync(join(repository, "apps/docs/snippets", snippet), join(project, snippet));
    }
  });

  it("type-checks the quickstart for browsers, and the packages' declarations with it", () => {
    const lib = ["es2024", "esnext.disposable", "dom"];
    configureTypes(project, "browser.ts", { lib, types: [], skipLibCheck: false });
    expect(runIn(project, join(rootTools, "tsc"), "-p", ".")).toBe("");
  });

  it("type-checks the quickstart for Node", () => {
    // A server's project has no DOM, where the WebGPU types are, and skips checking declarations.
    const lib = ["es2024", "esnext.disposable"];
    configureTypes(project, "node.ts", { lib, types: ["node"], skipLibCheck: true });
    expect(runIn(project, join(rootTools, "tsc"), "-p", ".")).toBe("");
  });

  it("multiplies on the GPU and on the CPU, and the results agree", () => {
    expectAgreement(runIn(project, process.execPath, "node.ts").trim());
  });

  it("factorizes in threads, whose file is found", () => {
    const program = `
      import { Chain } from "@papilio/butterfly";
      import { factorize } from "@papilio/butterfly/factorization";
      const dense = Float64Array.from({ length: 4096 }, (_, index) => 1 / (1 + (index % 65)));
      const [one, two] = await Promise.all(
        [1, 2].map((threads) => factorize(dense, Chain.squareDyadic(64), { threads })),
      );
      console.log(one.error === two.error && one.error > 0);`;
    const output = runIn(project, process.execPath, "--input-type=module", "--eval", program);
    expect(output.trim()).toBe("true");
  });

  it("runs the command line", () => {
    expect(runIn(project, "node_modules/.bin/papilio", "--help")).toContain("bench");
  });

  const entries = packages
    .filter(({ manifest }) => manifest.bin === undefined)
    .flatMap(({ manifest: { name, exports = {} } }) =>
      Object.keys(exports)
        .filter((entry) => !/^\.\/(node|package\.json)$/.test(entry))
        .map((entry): [specifier: string, name: string] => [entry.replace(".", name), name]),
    );
  it.each(entries)("bundles %s for browsers without anything of Node", async (specifier, name) => {
    const modules = await bundleForBrowser(project, specifier);
    expect(modules.filter((id) => id.includes(`${name}/dist/`))).not.toEqual([]);
    expect(nodeOnly(modules)).toEqual([]);
  });

  it("would notice Node in a bundle", async () => {
    const modules = await bundleForBrowser(project, "@papilio/gpu-runtime/node");
    expect(nodeOnly(modules)).not.toEqual([]);
  });
});
