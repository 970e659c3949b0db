/**
 * Compiles the WebAssembly and writes it into src/kernel/binaries.ts, for engines with relaxed SIMD and for
 * others.
 *
 *     pnpm build:wasm
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

/** Pages of 64 KiB: all that 32 bits can address. The memory that is imported may have fewer. */
const MOST_PAGES = 65536;

const OPTIONS = [
  ...["--runtime", "stub", "--noAssert", "--noColors", "--disableWarning", "112"],
  ...["--optimizeLevel", "3", "--shrinkLevel", "0"],
  ...["--importMemory", "--noExportMemory", "--sharedMemory", "--maximumMemory", `${MOST_PAGES}`],
  ...["--enable", "simd,threads,bulk-memory"],
];

/** The source of binaries.ts, the same on every machine. */
export async function compileBinaries(): Promise<string> {
  const relaxed = await compile(["--enable", "relaxed-simd"]);
  const plain = await compile([]);
  return `// Compiled from assembly/index.ts by pnpm build:wasm; a test holds the two together. Base64.

/** For engines with relaxed SIMD, whose multiply-add rounds once where the machine has it. */
export const RELAXED_SIMD =
  "${relaxed}";

/** For engines with plain SIMD. */
export const PLAIN_SIMD =
  "${plain}";
`;
}

async function compile(features: readonly string[]): Promise<string> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      "assembly/index.ts",
      ...OPTIONS,
      ...features,
      ...["--baseDir", join(import.meta.dirname, "..")],
      ...["--outFile", "kernel.wasm"],
    ],
    {
      writeFile: (_, contents) => {
        binary = contents as Uint8Array;
      },
    },
  );
  if (error || binary === undefined) throw new Error(`${error?.message}\n${stderr.toString()}`);
  return Buffer.from(binary).toString("base64");
}

if (import.meta.main) {
  const file = join(import.meta.dirname, "../src/kernel/binaries.ts");
  writeFileSync(file, await compileBinaries());
}
