import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { PapilioError } from "@papilio/butterfly";
import { extract } from "tar";

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
 * @throws SWIFTSHADER_UNAVAILABLE on other platforms, or without the package.
 */
export function loadSwiftShader(): Promise<string> {
  loading ??= load();
  return loading;
}

async function load(): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw unavailable(`it is built for linux-x64, and this is ${process.platform}-${process.arch}`);
  }
  const folder = await unpack(locateArchive());
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
    // It is no Node addon, and Node says so after loading it.
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

/** Unpacks once for each user and version. Concurrent processes each unpack; the first rename wins. */
async function unpack(archive: string): Promise<string> {
  const { version } = JSON.parse(
    await readFile(join(dirname(archive), "..", "package.json"), "utf8"),
  ) as { version: string };
  const user = process.getuid?.() ?? 0;
  const target = join(tmpdir(), `papilio-swiftshader-${version}-${user}`);
  const existing = await stat(target).catch(() => undefined);
  if (existing !== undefined) {
    // The temporary folder is shared: another user's library is not ours to run.
    if (existing.uid === user && existing.isDirectory()) return target;
    throw unavailable(`${target} belongs to another user`);
  }
  const fresh = await mkdtemp(`${target}-`);
  try {
    await pipeline(
      createReadStream(archive),
      createBrotliDecompress(),
      extract({ cwd: fresh, strict: true }),
    );
    await rename(fresh, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

function unavailable(reason: string, cause?: unknown): PapilioError {
  return new PapilioError(
    "SWIFTSHADER_UNAVAILABLE",
    `The embedded SwiftShader cannot be used: ${reason}.`,
    "Install a Vulkan driver (on Debian or Ubuntu: mesa-vulkan-drivers 25 or newer).",
    { cause },
  );
}
