/**
 * Compiles the WebAssembly and writes it into src/wasm/binaries.ts, for engines with relaxed SIMD and for
 * others, and that of factorizations into dense-binary.ts; writes the constants that TypeScript needs too
 * beside it.
 *
 *     pnpm build:wasm
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

/** Pages of 64 KiB: all that 32 bits can address. The memory that is imported may have fewer. */
const MOST_PAGES = 65536;

const OPTIONS = ["--runtime", "stub", "--noAssert", "--noColors", "--disableWarning", "112"];

const KERNEL_OPTIONS = [
  ...["--optimizeLevel", "3", "--shrinkLevel", "0"],
  ...["--importMemory", "--noExportMemory", "--sharedMemory", "--maximumMemory", `${MOST_PAGES}`],
  ...["--enable", "simd,threads,bulk-memory"],
];

const DENSE_OPTIONS = [
  ...["--optimizeLevel", "3", "--shrinkLevel", "0"],
  ...["--importMemory", "--noExportMemory", "--enable", "simd"],
];

/** The source of binaries.ts, the same on every machine. */
export async function compileBinaries(): Promise<string> {
  const kernel = async (simd: "relaxed" | "plain"): Promise<string> =>
    Buffer.from(await compileKernel("index.ts", simd)).toString("base64");
  const relaxed = await kernel("relaxed");
  const plain = await kernel("plain");
  return `// Compiled from assembly/index.ts by pnpm build:wasm; a test holds the two together. Base64.

/** For engines with relaxed SIMD, whose multiply-add rounds once where the machine has it. */
export const RELAXED_SIMD =
  "${relaxed}";

/** For engines with plain SIMD. */
export const PLAIN_SIMD =
  "${plain}";
`;
}

/** The source of dense-binary.ts, the same on every machine. */
export async function compileDenseBinary(): Promise<string> {
  const binary = Buffer.from(await compile("dense.ts", DENSE_OPTIONS)).toString("base64");
  return `// Compiled from assembly/dense.ts by pnpm build:wasm; a test holds the two together. Base64.

/** Loops of dense linear algebra, for memory of one thread. */
export const DENSE =
  "${binary}";
`;
}

/** Files of assembly/ whose constants TypeScript needs: each becomes a file of src/wasm. */
export const CONSTANTS = {
  "kernel-options.ts": "kernel-options.ts",
  "program.ts": "constants.ts",
  "kernel-ids.ts": "kernel-ids.ts",
  "run-states.ts": "run-states.ts",
} as const;

/** The source of a file of constants: what `from` exports, as it is compiled, with its comments. */
export async function compileConstants(from: keyof typeof CONSTANTS): Promise<string> {
  const compiled = new WebAssembly.Module(await compile(from, ["--noExportMemory"]));
  const { exports } = new WebAssembly.Instance(compiled);
  const source = readFileSync(join(import.meta.dirname, from), "utf8");
  const constants = [...source.matchAll(/(\/\*\* .* \*\/)\nexport const (\w+)/g)].map(
    ([, comment = "", name = ""]) => {
      const { value } = exports[name] as WebAssembly.Global;
      return `${comment.replace(/\{@link (\w+)\}/, "`$1`")}\nexport const ${name} = ${value};\n`;
    },
  );
  return `// Generated from assembly/${from} by pnpm build:wasm; a test holds the two together.

${constants.join("")}`;
}

/** A file of assembly/ with the options of the kernels; it imports `env.memory`. */
export function compileKernel(
  entry: string,
  simd: "relaxed" | "plain",
): Promise<Uint8Array<ArrayBuffer>> {
  const features = simd === "relaxed" ? ["--enable", "relaxed-simd"] : [];
  return compile(entry, [...KERNEL_OPTIONS, ...features]);
}

async function compile(
  entry: string,
  options: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    [
      `assembly/${entry}`,
      ...OPTIONS,
      ...options,
      ...["--baseDir", join(import.meta.dirname, "..")],
      ...["--outFile", "module.wasm"],
    ],
    {
      writeFile: (_, contents) => {
        binary = contents as Uint8Array<ArrayBuffer>;
      },
    },
  );
  if (error || binary === undefined) throw new Error(`${error?.message}\n${stderr.toString()}`);
  return binary;
}

if (import.meta.main) {
  const kernel = join(import.meta.dirname, "../src/wasm");
  writeFileSync(join(kernel, "binaries.ts"), await compileBinaries());
  writeFileSync(join(kernel, "dense-binary.ts"), await compileDenseBinary());
  for (const from of Object.keys(CONSTANTS) as (keyof typeof CONSTANTS)[]) {
    writeFileSync(join(kernel, CONSTANTS[from]), await compileConstants(from));
  }
}
