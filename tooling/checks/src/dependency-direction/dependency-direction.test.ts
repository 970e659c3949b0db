import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listWorkspace, type WorkspacePackage } from "../workspace.ts";
import { checkImports } from "./imports.ts";
import { layers } from "./layers.ts";
import { checkManifests } from "./manifests.ts";

const repository = resolve(import.meta.dirname, "../../../..");

/** Where the sources of each package with checked imports live. */
const folders = {
  "@papilio/butterfly": "packages/butterfly",
  "@papilio/cpu-runtime": "packages/cpu-runtime",
  "@papilio/gpu-runtime": "packages/gpu-runtime",
  "@papilio/nn": "packages/nn",
  "@papilio/bench": "packages/bench",
  "@papilio/server": "packages/server",
  papilio: "apps/cli",
} as const;

describe("imports", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "papilio-direction-"));
    for (const file of ["biome.json", ".gitignore"]) {
      copyFileSync(join(repository, file), join(root, file));
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function plant(path: string, source: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  }

  it("agree with the layers for every pair of packages", () => {
    const targets = Object.keys(layers);
    for (const folder of Object.values(folders)) {
      plant(
        `${folder}/src/planted.ts`,
        targets.map((target) => `import ${JSON.stringify(target)};\n`).join(""),
      );
    }
    const found = checkImports(root)
      .filter(({ rule }) => rule === "noRestrictedImports")
      .map(({ path, line }) => `${path} imports ${targets[line - 1]}`);
    const expected = Object.entries(folders).flatMap(([name, folder]) =>
      targets
        .filter(
          (target) => !(layers[name as keyof typeof folders] as readonly string[]).includes(target),
        )
        .map((target) => `${folder}/src/planted.ts imports ${target}`),
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it("must not go by a path into another package", () => {
    plant("packages/nn/src/planted.ts", 'export * from "../../bench/src/index.ts";\n');
    expect(checkImports(root)).toMatchObject([
      { path: "packages/nn/src/planted.ts", line: 1, rule: "noRestrictedImports" },
    ]);
  });

  it("must not form a cycle of files", () => {
    plant(
      "packages/butterfly/src/first.ts",
      'import { two } from "./second.ts";\nexport const one = (): number => two();\n',
    );
    plant(
      "packages/butterfly/src/second.ts",
      'import { one } from "./first.ts";\nexport const two = (): number => one();\n',
    );
    const cycles = checkImports(root).filter(({ rule }) => rule === "noImportCycles");
    expect(cycles.map(({ path }) => path).toSorted()).toEqual([
      "packages/butterfly/src/first.ts",
      "packages/butterfly/src/second.ts",
    ]);
  });

  it.each(["node:fs", "fs/promises", "webgpu", "@papilio/gpu-runtime/node", "./node/open.ts"])(
    "must not bring %s into a browser's bundle",
    (specifier) => {
      plant("packages/bench/src/planted.ts", `import ${JSON.stringify(specifier)};\n`);
      expect(checkImports(root)).toMatchObject([
        { path: "packages/bench/src/planted.ts", line: 1 },
      ]);
    },
  );

  it("must not use Node's globals in a browser's bundle", () => {
    plant(
      "packages/gpu-runtime/src/planted.ts",
      "export const home = process.env;\nexport const bytes = Buffer.from([1]);\n",
    );
    expect(checkImports(root)).toMatchObject([
      { line: 1, rule: "noProcessGlobal" },
      { line: 2, rule: "noRestrictedGlobals" },
    ]);
  });

  it("may use Node below src/node and in tests", () => {
    const source = 'import "node:fs";\nimport "webgpu";\nexport const home = process.env;\n';
    plant("packages/gpu-runtime/src/node/planted.ts", source);
    plant("packages/gpu-runtime/src/planted.test.ts", 'import "node:fs";\nimport "webgpu";\n');
    plant("apps/cli/src/planted.ts", source);
    expect(checkImports(root)).toEqual([]);
  });

  it("fails loudly on a configuration that Biome refuses", () => {
    writeFileSync(join(root, "biome.json"), '{ "linter": { "rules": { "noSuchGroup": {} } } }');
    plant("packages/bench/src/planted.ts", 'import "node:fs";\n');
    expect(() => checkImports(root)).toThrow();
  });
});

describe("manifests", () => {
  const from = (name: string, field: string, dependency: string): WorkspacePackage[] => [
    { folder: "packages/butterfly", manifest: { name: "@papilio/butterfly" } },
    { folder: "packages/bench", manifest: { name: "@papilio/bench" } },
    { folder: "tooling/checks", manifest: { name: "@papilio/checks" } },
    { folder: "packages/planted", manifest: { name, [field]: { [dependency]: "workspace:*" } } },
  ];

  it.each(["dependencies", "optionalDependencies", "peerDependencies"])(
    "must not point upwards in %s",
    (field) => {
      expect(checkManifests(from("@papilio/nn", field, "@papilio/bench"))).toEqual([
        "packages/planted/package.json: @papilio/nn must not depend on @papilio/bench",
      ]);
      expect(checkManifests(from("@papilio/nn", field, "@papilio/butterfly"))).toEqual([]);
    },
  );

  it("must not need tooling at run time", () => {
    expect(checkManifests(from("@papilio/nn", "dependencies", "@papilio/checks"))).toHaveLength(1);
  });

  it("must have a layer", () => {
    expect(checkManifests(from("@papilio/unheard-of", "dependencies", "vite"))).toEqual([
      "packages/planted: @papilio/unheard-of has no layer; add it to layers.ts and biome.json",
    ]);
  });

  it("of this repository are in order", () => {
    const packages = listWorkspace(repository);
    expect(packages.map(({ manifest }) => manifest.name)).toEqual(
      expect.arrayContaining(["@papilio/butterfly", "@papilio/gpu-runtime", "@papilio/nn"]),
    );
    expect(checkManifests(packages)).toEqual([]);
  });

  it("name layers that have no cycle", () => {
    const order = Object.keys(layers);
    for (const [name, allowed] of Object.entries(layers)) {
      for (const dependency of allowed) {
        expect(order.indexOf(dependency)).toBeLessThan(order.indexOf(name));
      }
    }
  });
});
