import { execFile } from "node:child_process";
import { accessSync, constants, createReadStream, createWriteStream } from "node:fs";
import { chmod, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar";
// By its file: the configuration of the tests runs this before anything is built.
import { unpackedFolder } from "../../../packages/gpu-runtime/src/node/unpacked-files.ts";
import { CHROMIUM_FILES, CHROMIUM_VERSION } from "./chromium-files.ts";

/** A Chromium that starts here. */
export interface Chromium {
  readonly executable: string;
  /** Folder of the shared libraries that it brings along, or null when it uses the system's. */
  readonly libraries: string | null;
}

/** Why there is none. */
export interface NoChromium {
  readonly reason: string;
}

const require = createRequire(import.meta.url);
const INSTALLED = ["/usr/bin/chromium", "/usr/bin/google-chrome"];

/**
 * Looks for the browser of the browser tests: the one that `PAPILIO_CHROMIUM` names (none when it is
 * empty), else an installed one, else the one in the package `@sparticuz/chromium`, which needs no
 * system package.
 *
 * @throws Error when `PAPILIO_CHROMIUM` names no executable file.
 */
export async function findChromium(
  environment: { readonly PAPILIO_CHROMIUM?: string | undefined } = process.env,
  installed: readonly string[] = INSTALLED,
): Promise<Chromium | NoChromium> {
  const named = environment.PAPILIO_CHROMIUM;
  if (named === "") return { reason: "PAPILIO_CHROMIUM is empty" };
  if (named !== undefined) {
    if (!isExecutable(named)) {
      throw new Error(
        `PAPILIO_CHROMIUM names ${named}, which is not an executable file. ` +
          "Name a Chromium's executable, or unset it to have one looked for.",
      );
    }
    return { executable: named, libraries: null };
  }
  const executable = installed.find(isExecutable);
  if (executable !== undefined) return { executable, libraries: null };
  if (process.platform !== "linux" || process.arch !== "x64") {
    return {
      reason:
        `no Chromium is installed, and the embedded one is not for ${process.platform}-${process.arch}; ` +
        "PAPILIO_CHROMIUM can name one",
    };
  }
  try {
    return at(await unpack());
  } catch (error) {
    return {
      reason: `no Chromium is installed, and the embedded one does not start: ${(error as Error).message}`,
    };
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function at(folder: string): { executable: string; libraries: string } {
  return { executable: join(folder, "chromium"), libraries: join(folder, "lib") };
}

/** Environment in which a browser finds its libraries. */
export function environmentOf({ libraries }: Chromium): Record<string, string> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  if (libraries === null) return inherited;
  const path = [libraries, inherited.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return { ...inherited, LD_LIBRARY_PATH: path };
}

/**
 * The folder of the browser, unpacked once and verified each time. The package's own function writes to
 * names in the temporary folder that every user shares, and leaves the libraries out.
 */
async function unpack(): Promise<string> {
  const home = join(dirname(require.resolve("@sparticuz/chromium")), "..");
  const manifest = await readFile(join(home, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  if (version !== CHROMIUM_VERSION) {
    throw new Error(`it is of version ${version}, and ${CHROMIUM_VERSION} is known to be safe`);
  }
  return await unpackedFolder({
    name: `chromium-${version}`,
    files: CHROMIUM_FILES,
    unpack: async (folder) => {
      const inflate = (name: string, into: NodeJS.WritableStream): Promise<void> =>
        pipeline(createReadStream(join(home, "bin", name)), createBrotliDecompress(), into);
      await Promise.all([
        inflate("chromium.br", createWriteStream(at(folder).executable)),
        inflate("al2023.tar.br", extract({ cwd: folder, strict: true })),
        inflate("swiftshader.tar.br", extract({ cwd: folder, strict: true })),
      ]);
      const unpacked = at(folder);
      await chmod(unpacked.executable, 0o700);
      // What does not start is not kept.
      await promisify(execFile)(unpacked.executable, ["--version"], {
        env: environmentOf(unpacked),
      });
    },
    onTemporary: (reason) =>
      console.warn(`The embedded Chromium is unpacked for this run alone: ${reason}`),
  });
}
