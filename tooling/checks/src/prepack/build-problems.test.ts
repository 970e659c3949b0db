import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listWorkspace } from "../workspace.ts";
import { buildProblems } from "./build-problems.ts";

const manifest = {
  name: "example",
  exports: { ".": { "@papilio/source": "./src/index.ts", default: "./dist/index.js" } },
  publishConfig: { exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } } },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "papilio-prepack-"));
  for (const path of ["src/index.ts", "src/part/one.ts", "src/one.test.ts", "src/testing/it.ts"]) {
    put(path);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text = ""): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function build(): void {
  for (const path of ["dist/index.js", "dist/index.d.ts", "dist/part/one.js"]) put(path);
}

describe("a package that is packed", () => {
  it("is in order when everything that it names and compiles is built", () => {
    build();
    expect(buildProblems(folder, manifest)).toEqual([]);
  });

  it("names what a build would make", () => {
    expect(buildProblems(folder, manifest)).toEqual([
      "dist/index.js is missing",
      "dist/part/one.js is missing",
      "dist/index.d.ts is missing",
    ]);
  });

  it("names what an older build left", () => {
    build();
    put("dist/part/gone.js");
    expect(buildProblems(folder, manifest)).toEqual(["dist/part/gone.js has no source any more"]);
  });

  it("names a command that is missing", () => {
    build();
    expect(buildProblems(folder, { ...manifest, bin: { it: "./dist/it.js" } })).toEqual([
      "dist/it.js is missing",
    ]);
  });

  it("is refused by the packing itself, in one line that says what to do", () => {
    const script = resolve(import.meta.dirname, "main.ts");
    const packing = { ...manifest, version: "0.0.0", scripts: { prepack: `node "${script}"` } };
    put("package.json", JSON.stringify(packing));
    const pack = spawnSync("pnpm", ["pack"], { cwd: folder, encoding: "utf8" });
    expect(pack.status).not.toBe(0);
    expect(pack.stdout + pack.stderr).toMatch(
      /example is not packed: .*dist\/index\.js is missing, and 2 more.*Run in the repository: pnpm build/,
    );
    build();
    execFileSync("pnpm", ["pack"], { cwd: folder, stdio: "ignore" });
  });
});

it("every published package has the check", () => {
  const published = listWorkspace(resolve(import.meta.dirname, "../../../..")).filter(
    (each) => each.manifest.private !== true,
  );
  expect(published).not.toEqual([]);
  for (const each of published) {
    expect(each.manifest.scripts?.prepack).toContain(
      "node ../../tooling/checks/src/prepack/main.ts",
    );
  }
});
