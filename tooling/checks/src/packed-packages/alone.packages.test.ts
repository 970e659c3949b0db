import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installAlone, projectOf, shortName } from "./alone.ts";
import { configureTypes, runIn } from "./consumer.ts";
import { packAll } from "./pack.ts";
import { hadamardProduct } from "./programs/hadamard-product.ts";
import { hasOtherRuntimes, installRuntimes, type Runtime, runtimesIn } from "./runtimes.ts";

const repository = resolve(import.meta.dirname, "../../../..");
const programs = join(import.meta.dirname, "programs");
const stories = join(repository, "packages/nn/testdata/stories260K");
const temporary = mkdtempSync(join(tmpdir(), "papilio-alone-"));
const packages = packAll(repository, temporary);
const runtimes = runtimesIn(join(temporary, "runtimes"));
const managers = ["npm", "pnpm"] as const;
const libraries = packages.map(({ manifest }) => manifest).filter(({ bin }) => bin === undefined);

beforeAll(() => {
  installRuntimes(join(temporary, "runtimes"));
  for (const manager of managers) installAlone(join(temporary, manager), packages, manager);
});
afterAll(() => rmSync(temporary, { recursive: true }));

/** Runs a file in a project, and returns what it writes to stdout. */
function run(project: string, runtime: Runtime, ...args: string[]): string {
  return runIn(project, runtime.program, ...runtime.args, ...args);
}

describe.each(managers)("each package alone, by %s", (manager) => {
  const folder = join(temporary, manager);

  it.runIf(manager === "pnpm")("has nothing but what it declares", () => {
    for (const { manifest } of packages) {
      const found = readdirSync(join(projectOf(folder, manifest.name), "node_modules"));
      expect(found.filter((name) => !/^\.|^@types$/.test(name))).toEqual([
        manifest.name.split("/")[0],
      ]);
    }
    expect(existsSync(join(folder, "node_modules/.pnpm/node_modules"))).toBe(false);
  });

  describe.each(libraries)("$name", ({ name, exports = {} }) => {
    const project = projectOf(folder, name);
    const program = `${shortName(name)}.ts`;

    beforeAll(() => {
      for (const file of [program, "hadamard-product.ts"]) {
        copyFileSync(join(programs, file), join(project, file));
      }
      copyFileSync(
        join(repository, "results/chains-swiftshader.jsonl"),
        join(project, "results.jsonl"),
      );
    });

    it.each([
      // As bundlers' templates have it, and as a server's project does, without the DOM.
      ["for browsers", ["es2022", "dom"], []],
      ["for Node", ["es2022"], ["node"]],
    ])("type-checks %s, all declarations with it", (_, lib, types) => {
      const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
      const imports = entries.map((entry, index) => {
        return `export * as entry${index} from ${JSON.stringify(entry.replace(".", name))};`;
      });
      expect(imports).not.toEqual([]);
      writeFileSync(join(project, "entries.ts"), imports.join("\n"));
      configureTypes(project, "entries.ts", { lib, types, skipLibCheck: false });
      expect(runIn(project, join(repository, "node_modules/.bin/tsc"), "-p", ".")).toBe("");
    });

    it.each(runtimes)("runs on $name", (runtime) => {
      const found = JSON.parse(run(project, runtime, program).trim()) as Record<string, unknown>;
      expect(Object.keys(found).length).toBeGreaterThan(1);
      expect(
        Object.entries(found).filter(([, value]) => value === false || value === "undefined"),
      ).toEqual([]);
      if (name === "@papilio/cpu-runtime") expect(found.threads).toBe(2);
    });
  });

  describe("the command line", () => {
    const project = projectOf(folder, "papilio");
    const main = "node_modules/papilio/dist/main.js";

    // The slowest by far, and what it runs on is what the packages' own programs above do.
    it.runIf(manager === "pnpm").each(runtimes)("measures on $name", (runtime) => {
      const results = join(project, `${runtime.name}.json`);
      const flags = [
        "--pattern",
        "2,8,8,2",
        "--batch",
        "16",
        "--implementation",
        "kronecker-sparse,dense",
      ];
      const quick = ["--adapter", "software", "--rounds", "3", "--no-energy"];
      run(project, runtime, main, "bench", ...flags, ...quick, "--json", results);
      expect(readFileSync(results, "utf8")).toContain('"status":"timed"');
    });

    it.each(runtimes)("factorizes and multiplies on $name", (runtime) => {
      const at = (file: string): string => join(project, `${runtime.name}-${file}`);
      const identity = Float32Array.from({ length: 256 }, (_, index) => Number(index % 17 === 0));
      const x = Float32Array.from({ length: 256 }, (_, index) => (index % 7) - 3);
      writeNpy(at("matrix.npy"), Float32Array.from(hadamardProduct(16, identity)));
      writeNpy(at("x.npy"), x);
      const [factors, y] = [at("factors.safetensors"), at("y.npy")];
      const chain = ["--chain", "dyadic", "--adapter", "software"];
      run(project, runtime, main, "factorize", at("matrix.npy"), ...chain, "--out", factors);
      const files = ["--input", at("x.npy"), "--out", y];
      run(project, runtime, main, "multiply", factors, ...files, "--backend", "cpu");
      const product = readNpy(y);
      const expected = hadamardProduct(16, x);
      expect(product).toHaveLength(expected.length);
      // 16 products of whole numbers up to 3, by four factors of values that are rounded to float32.
      const bound = 16 * 3 * 4 * 2 * 2 ** -23;
      for (const [index, value] of expected.entries()) {
        expect(Math.abs(value - (product[index] as number))).toBeLessThan(bound);
      }
    });

    it.each(runtimes)("generates on $name", (runtime) => {
      const { greedyIds } = JSON.parse(readFileSync(join(stories, "reference.json"), "utf8"));
      const model = join(stories, "stories260K.bin");
      const flags = ["--max-tokens", "5", "--backend", "cpu", "--json"];
      const generated = run(project, runtime, main, "generate", model, ...flags);
      expect(JSON.parse(generated)).toMatchObject({ ids: greedyIds.slice(0, 5) });
    });
  });
});

it.runIf(hasOtherRuntimes)("runs on the oldest Node that the packages allow, and says so", () => {
  for (const { manifest } of packages) expect(manifest.engines).toEqual({ node: ">=22.18" });
  const [oldest] = runtimes;
  expect(runIn(temporary, (oldest as Runtime).program, "--version").trim()).toBe("v22.18.0");
});

/** A square matrix of 16 rows in the format of numpy, version 1.0. */
function writeNpy(path: string, values: Float32Array): void {
  const dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (16, 16), }";
  const header = `${dictionary.padEnd(117)}\n`;
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00", "latin1"),
      Buffer.from([118, 0]),
      Buffer.from(header),
      Buffer.from(values.buffer),
    ]),
  );
}

function readNpy(path: string): Float32Array {
  const bytes = readFileSync(path);
  const begin = 10 + bytes.readUInt16LE(8);
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + bytes.length),
  );
}
