import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type UnpackedFiles, unpackedFolder } from "./unpacked-files.ts";

const isWindows = process.platform === "win32";
const contents: Record<string, string> = { library: "code", "inside/manifest": "{}" };
const files = Object.fromEntries(
  Object.entries(contents).map(([path, text]) => [
    path,
    createHash("sha256").update(text).digest("hex"),
  ]),
);

let base: string;
let target: string;
let warnings: string[];
let unpackings: number;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "papilio-unpacked-"));
  target = join(base, "papilio", "driver-1");
  warnings = [];
  unpackings = 0;
  vi.stubEnv("XDG_CACHE_HOME", base);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

function write(folder: string): void {
  mkdirSync(join(folder, "inside"), { recursive: true });
  for (const [path, text] of Object.entries(contents)) writeFileSync(join(folder, path), text);
}

function driver(changes: Partial<UnpackedFiles> = {}): UnpackedFiles {
  return {
    name: "driver-1",
    files,
    unpack: (folder) => {
      unpackings++;
      write(folder);
      return Promise.resolve();
    },
    onTemporary: (reason) => void warnings.push(reason),
    ...changes,
  };
}

function expectWhole(folder: string): void {
  for (const [path, text] of Object.entries(contents)) {
    expect(readFileSync(join(folder, path), "utf8")).toBe(text);
    expect(lstatSync(join(folder, path)).mode & 0o777).toBe(0o700);
  }
  expect(lstatSync(folder).isDirectory()).toBe(true);
  expect(lstatSync(folder).mode & 0o777).toBe(0o700);
}

describe.skipIf(isWindows || process.platform === "darwin")("unpacked files", () => {
  it("are unpacked once, for this user alone, and nothing is left beside them", async () => {
    expect(await unpackedFolder(driver())).toBe(target);
    expect(await unpackedFolder(driver())).toBe(target);
    expectWhole(target);
    expect([unpackings, warnings, readdirSync(join(base, "papilio"))]).toEqual([
      1,
      [],
      ["driver-1"],
    ]);
  });

  it.each<[string, () => void]>([
    ["a file is changed", () => writeFileSync(join(target, "library"), "evil")],
    ["a file is missing", () => rmSync(join(target, "inside/manifest"))],
    ["a file does not belong there", () => writeFileSync(join(target, "libc.so.6"), "evil")],
    ["a file can be written to by others", () => chmodSync(join(target, "library"), 0o777)],
    ["a file can be written to by the group", () => chmodSync(join(target, "library"), 0o720)],
    ["the folder can be written to by others", () => chmodSync(target, 0o777)],
    ["a folder inside can be written to by others", () => chmodSync(join(target, "inside"), 0o772)],
    [
      "a file is a link",
      () => {
        renameSync(join(target, "library"), join(base, "elsewhere"));
        symlinkSync(join(base, "elsewhere"), join(target, "library"));
      },
    ],
    [
      "a file is a pipe that nobody writes to",
      () => {
        rmSync(join(target, "library"));
        execFileSync("mkfifo", [join(target, "library")]);
      },
    ],
    [
      "a file is a folder",
      () => {
        rmSync(join(target, "library"));
        mkdirSync(join(target, "library"));
      },
    ],
    [
      "the folder is a link",
      () => {
        renameSync(target, join(base, "elsewhere"));
        symlinkSync(join(base, "elsewhere"), target);
      },
    ],
    [
      "the folder is a link to nothing",
      () => {
        rmSync(target, { recursive: true });
        symlinkSync(join(base, "nothing"), target);
      },
    ],
    [
      "the folder is a file",
      () => {
        rmSync(target, { recursive: true });
        writeFileSync(target, "");
      },
    ],
  ])("are unpacked again when %s", async (_, damage) => {
    await unpackedFolder(driver());
    damage();
    expect(await unpackedFolder(driver())).toBe(target);
    expectWhole(target);
    expect([unpackings, warnings, readdirSync(join(base, "papilio"))]).toEqual([
      2,
      [],
      ["driver-1"],
    ]);
  });

  it("leaves what a link points at as it is", async () => {
    const elsewhere = join(base, "elsewhere");
    write(elsewhere);
    writeFileSync(join(elsewhere, "own"), "the user's");
    mkdirSync(join(base, "papilio"), { mode: 0o700 });
    symlinkSync(elsewhere, target);
    await unpackedFolder(driver());
    expectWhole(target);
    expect(readFileSync(join(elsewhere, "own"), "utf8")).toBe("the user's");
    expect(readFileSync(join(elsewhere, "library"), "utf8")).toBe("code");
  });

  it("are refused when they are not what is expected, and not kept", async () => {
    const unpack = (folder: string): Promise<void> => {
      write(folder);
      writeFileSync(join(folder, "library"), "evil");
      return Promise.resolve();
    };
    await expect(unpackedFolder(driver({ unpack }))).rejects.toThrow("library has other contents");
    expect([warnings, readdirSync(join(base, "papilio"))]).toEqual([[], []]);
  });

  it("are whole for each of many that unpack at the same time", async () => {
    const folders = await Promise.all(Array.from({ length: 8 }, () => unpackedFolder(driver())));
    expect(new Set(folders)).toEqual(new Set([target]));
    expectWhole(target);
    expect([warnings, readdirSync(join(base, "papilio"))]).toEqual([[], ["driver-1"]]);
  });

  it.each<[string, RegExp, () => void]>([
    [
      "is a file",
      /cannot be made \(E(EXIST|NOTDIR)\)\. Set XDG_CACHE_HOME/,
      () => {
        rmSync(base, { recursive: true });
        writeFileSync(base, "");
      },
    ],
    [
      "can be written to by all",
      /can be written to by other users\. Set XDG_CACHE_HOME/,
      () => chmodSync(base, 0o777),
    ],
    [
      "holds a link of our name",
      /papilio is a symbolic link\. Remove it, or set/,
      () => symlinkSync(tmpdir(), join(base, "papilio")),
    ],
    [
      "holds a file of our name",
      /papilio is not a folder\. Remove it, or set/,
      () => writeFileSync(join(base, "papilio"), ""),
    ],
    [
      "holds a folder of our name that all can write to",
      /can be written to by others \(mode 777\)\. Remove it/,
      () => {
        mkdirSync(join(base, "papilio"));
        chmodSync(join(base, "papilio"), 0o777);
      },
    ],
  ])("are unpacked for this run alone where the cache folder %s", async (_, reason, prepare) => {
    prepare();
    const folder = await unpackedFolder(driver());
    expectWhole(folder);
    expect(folder.startsWith(tmpdir())).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(reason)]);
    rmSync(folder, { recursive: true });
  });

  it.skipIf(process.getuid?.() === 0)("says where there is no room at all", async () => {
    chmodSync(base, 0o500);
    vi.stubEnv("TMPDIR", join(base, "none"));
    await expect(unpackedFolder(driver())).rejects.toThrow("ENOENT");
    chmodSync(base, 0o700);
  });
});
