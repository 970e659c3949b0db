import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listWorkspace } from "../workspace.ts";
import { type FolderOrder, folderOrders } from "./folder-order.ts";
import { checkFolders } from "./folders.ts";

const repository = resolve(import.meta.dirname, "../../../..");

describe("folders of a package", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "papilio-folders-"));
    plant("tensor/tensor.ts", "export type Tensor = number;\n");
    plant("program/program.ts", 'import type { Tensor } from "../tensor/tensor.ts";\n');
    plant("index.ts", 'export * from "./program/program.ts";\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function plant(path: string, source: string): void {
    const file = join(root, "packages/planted/src", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, source);
  }

  const check = (declared: FolderOrder = { order: ["tensor", "program"] }): string[] =>
    checkFolders(root, ["packages/planted"], { "packages/planted": declared });

  it("may import themselves and those below them", () => {
    plant("program/replay.ts", 'import "./program.ts";\nimport "@papilio/butterfly";\n');
    expect(check()).toEqual([]);
  });

  it.each([
    ["an import", 'import { run } from "../program/run.ts";'],
    ["an import of a type", 'import type { Run } from "../program/run.ts";'],
    ["an import over two lines", 'import {\n  run } from "../program/run.ts";'],
    ["an import for its effect", 'import "../program/run.ts";'],
    ["an export", 'export { run } from "../program/run.ts";'],
    ["an export of all", 'export * from "../program/run.ts";'],
    ["a dynamic import", 'export const run = () => import("../program/run.ts");'],
    ["a type by import()", 'export type Run = import("../program/run.ts").Run;'],
    ["a worker", 'new Worker(new URL("../program/run.ts", import.meta.url));'],
  ])("must not go upwards by %s", (_, statement) => {
    plant("program/program.ts", "export {};\n");
    plant("tensor/planted.ts", `export {};\n${statement}\n`);
    const line = statement.startsWith("import {\n") ? 3 : 2;
    expect(check()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^packages/planted/src/tensor/planted\\.ts:${line}: tensor/ imports program/run\\.ts, and program/ stands above it: move `,
        ),
      ),
    ]);
  });

  it("must not go upwards in the script of a component", () => {
    plant("program/program.ts", "export {};\n");
    plant(
      "tensor/Planted.vue",
      '<template>\n  <p>import "../program/no.ts"</p>\n</template>\n<script setup lang="ts">\nimport "../program/run.ts";\n</script>\n',
    );
    expect(check()).toEqual([
      expect.stringMatching(/^packages\/planted\/src\/tensor\/Planted\.vue:5: .*program\/run\.ts/),
    ]);
  });

  it("ignore imports in comments and strings", () => {
    plant(
      "tensor/planted.ts",
      '// import "../program/run.ts";\nexport const text = `import "../program/run.ts"`;\n',
    );
    expect(check()).toEqual([]);
  });

  it("must not import the files of src itself", () => {
    plant("version.ts", "export {};\n");
    plant("program/planted.ts", 'import "../version.ts";\n');
    expect(check()).toEqual([
      expect.stringMatching(/program\/planted\.ts:1: program\/ imports version\.ts/),
    ]);
  });

  it("must not form a circle, whatever their order", () => {
    plant("tensor/planted.ts", 'import "../program/program.ts";\n');
    expect(check()).toEqual([
      expect.stringMatching(
        /tensor\/planted\.ts:1: tensor\/ imports program\/program\.ts in a circle, for packages\/planted\/src\/program\/program\.ts:1 leads back: move /,
      ),
    ]);
    expect(check({ order: ["program", "tensor"] })).toEqual([
      expect.stringMatching(/program\/program\.ts:1: .* in a circle, .*tensor\/planted\.ts:1/),
    ]);
  });

  it("must not form a circle of three", () => {
    plant("rates/rates.ts", 'import "../program/program.ts";\n');
    plant("tensor/planted.ts", 'import "../rates/rates.ts";\n');
    expect(check({ order: ["tensor", "program", "rates"] })).toEqual([
      expect.stringMatching(/tensor\/planted\.ts:1: .* in a circle, .*rates\/rates\.ts:1/),
    ]);
  });

  it("must not form a circle within a folder", () => {
    plant("program/bind/bind.ts", 'import "../replay/replay.ts";\n');
    plant("program/replay/replay.ts", "export {};\n");
    expect(check()).toEqual([]);
    plant("program/replay/replay.ts", 'import "../bind/bind.ts";\n');
    const circle = [
      expect.stringMatching(/program\/bind\/bind\.ts:1: program\/bind\/ .* in a circle/),
      expect.stringMatching(/program\/replay\/replay\.ts:1: program\/replay\/ .* in a circle/),
    ];
    expect(check()).toEqual(circle);
  });

  it("may have places of their own within a folder", () => {
    plant("program/device/lower.ts", "export {};\n");
    plant("operations/gpu.ts", 'import "../program/device/lower.ts";\n');
    plant("program/table.ts", 'import "../operations/gpu.ts";\n');
    expect(check({ order: ["tensor", "program/device", "operations", "program"] })).toEqual([]);
    plant("program/device/planted.ts", 'import "../table.ts";\n');
    expect(check({ order: ["tensor", "program/device", "operations", "program"] })).toEqual([
      expect.stringMatching(/program\/device\/planted\.ts:1: program\/device\/ imports/),
    ]);
  });

  it("are open to tests and testing/, which nothing else imports", () => {
    plant("tensor/tensor.test.ts", 'import "../program/program.ts";\n');
    plant("testing/draw.ts", 'import "../program/program.ts";\n');
    plant("browser/only.browser.test.ts", 'import "../index.ts";\n');
    expect(check()).toEqual([]);
    plant("program/planted.ts", 'import "../testing/draw.ts";\nimport "../tensor/a.test.ts";\n');
    expect(check()).toEqual([
      expect.stringMatching(/program\/planted\.ts:1: only tests may import testing\/draw\.ts/),
      expect.stringMatching(/program\/planted\.ts:2: only tests may import tensor\/a\.test\.ts/),
    ]);
  });

  it("need a place", () => {
    plant("rates/rates.ts", "export {};\n");
    expect(check()).toEqual([
      expect.stringMatching(
        /^packages\/planted\/src\/rates has no place in the order of folders; add it to .*folder-order\.ts/,
      ),
    ]);
    expect(checkFolders(root, ["packages/planted"], {})).toEqual([
      expect.stringMatching(/^packages\/planted: the folders of src have no order; add them to /),
    ]);
  });

  it("lose their place when they are gone", () => {
    expect(check({ order: ["tensor", "rates", "program"] })).toEqual([
      expect.stringMatching(/^packages\/planted\/src\/rates is gone: remove it from the order/),
    ]);
    const declared = { "packages/planted": { order: ["tensor", "program"] } };
    expect(checkFolders(root, [], declared)).toEqual([
      expect.stringMatching(/^packages\/planted is gone: remove it from /),
    ]);
  });

  it("may break the order only where the list says so, and while they do", () => {
    plant("tensor/planted.ts", 'import "../program/program.ts";\n');
    const order = ["tensor", "program"];
    expect(check({ order, known: ["tensor -> program"] })).toEqual([]);
    expect(check({ order, known: ["tensor -> ."] })).toHaveLength(2);
    plant("tensor/planted.ts", "export {};\n");
    expect(check({ order, known: ["tensor -> program"] })).toEqual([
      expect.stringMatching(
        /^packages\/planted: no import needs tensor -> program any more: remove it from /,
      ),
    ]);
  });

  it("are not passed over when a file does not parse", () => {
    plant("tensor/planted.ts", "import {\n");
    expect(() => check()).toThrow("tensor/planted.ts");
  });

  it("of this repository are in order", () => {
    const packages = listWorkspace(repository)
      .map(({ folder }) => folder)
      .filter((folder) => !folder.startsWith("tooling/"));
    expect(checkFolders(repository, packages, folderOrders)).toEqual([]);
  });
});
