import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { PapilioError } from "@papilio/butterfly";
import { unpackedFolder } from "./unpacked-files.ts";

/** The version of `@sparticuz/chromium` whose files these are, as its archive's `sha256sum` gives them. */
const VERSION = "153.0.0";
const FILES = {
  "libvk_swiftshader.so": "2f3ceffaaca7d031bc3943f8eacf398a5d9c42c5fe0d15d8840b9acfa630b58e",
  "libvulkan.so.1": "8ee5ac00fd7968e863b05e0f6808057db16a00ad322777e5a05bed51d4f84085",
  "vk_swiftshader_icd.json": "c9eef28b6b984fec220ef0abfecc40b502d46946706e47bfe97707027cb818bd",
};

/** Library loader flag of glibc: the library stays mapped after the handle is closed. */
const RTLD_NODELETE = 0x1000;

let loading: Promise<string> | undefined;

/**
 * Loads SwiftShader, a Vulkan driver that computes on the CPU, out of the optional package
 * `@sparticuz/chromium`, so that a Linux machine without any driver has an adapter.
 *
 * Must be used in the main thread: the Vulkan loader reads environment variables, and the
 * `process.env` of a worker is a copy.
 *
 * @returns the path of its manifest, for `withVulkanDriver`
 * @throws PapilioError `SWIFTSHADER_UNAVAILABLE` on other platforms, or without the package.
 */
export function loadSwiftShader(): Promise<string> {
  loading ??= load();
  return loading;
}

async function load(): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw unavailable(`it is built for linux-x64, and this is ${process.platform}-${process.arch}`);
  }
  const archive = locateArchive();
  // Optional, as the archive is: projects for browsers leave both out.
  const { extract } = await import("tar").catch((cause: unknown) => {
    throw unavailable("the package tar is not installed", cause, "Run npm install tar.");
  });
  const folder = await unpack(archive, extract).catch((error: Error) => {
    throw unavailable(
      `it cannot be unpacked: ${error.message}`,
      error,
      "Set XDG_CACHE_HOME or TMPDIR to a folder of yours with 10 MB of room, or install a Vulkan driver.",
    );
  });
  const manifest = join(folder, "vk_swiftshader_icd.json");
  // Dawn opens "libvulkan.so.1". Where the system has none, glibc hands it the library of that
  // name that is already in memory: this one. Where the system has one, the manifest is enough.
  try {
    process.dlopen(
      { exports: {} },
      join(folder, "libvulkan.so.1"),
      constants.dlopen.RTLD_NOW | RTLD_NODELETE,
    );
  } catch (error) {
    // It is not a Node addon, and Node says so after loading it.
    if (!/self-register/.test((error as Error).message)) {
      throw unavailable(`its Vulkan loader cannot be loaded: ${(error as Error).message}`, error);
    }
  }
  return manifest;
}

function locateArchive(): string {
  // The package exports its main module alone; the archive lies in a folder beside it.
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium"));
  } catch (cause) {
    throw unavailable("the package @sparticuz/chromium is not installed", cause);
  }
  for (;;) {
    const archive = join(folder, "bin", "swiftshader.tar.br");
    if (existsSync(archive)) return archive;
    const parent = dirname(folder);
    if (parent === folder) throw unavailable("@sparticuz/chromium holds no swiftshader.tar.br");
    folder = parent;
  }
}

/** @throws Error when the files cannot be unpacked, or are not what they should be */
async function unpack(archive: string, extract: typeof import("tar")["extract"]): Promise<string> {
  const manifest = await readFile(join(dirname(archive), "..", "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  if (version !== VERSION) {
    throw new Error(
      `@sparticuz/chromium is of version ${version}, and ${VERSION} is known to be safe`,
    );
  }
  return await unpackedFolder({
    name: `swiftshader-${version}`,
    files: FILES,
    unpack: (cwd) =>
      pipeline(
        createReadStream(archive),
        createBrotliDecompress(),
        extract({ cwd, strict: true, filter: (path) => path.replace(/^\.\//, "") in FILES }),
      ),
    onTemporary: (reason) =>
      process.emitWarning(
        `The embedded Vulkan driver is unpacked for this run alone, since no cache folder can be used: ${reason}`,
        "PapilioWarning",
      ),
  });
}

function unavailable(
  reason: string,
  cause?: unknown,
  fix = "Install a Vulkan driver (on Debian or Ubuntu: mesa-vulkan-drivers 25 or newer).",
): PapilioError {
  return new PapilioError(
    "SWIFTSHADER_UNAVAILABLE",
    `The embedded SwiftShader cannot be used: ${reason}.`,
    fix,
    { cause },
  );
}
