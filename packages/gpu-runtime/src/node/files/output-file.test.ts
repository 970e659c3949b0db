import { spawn, spawnSync } from "node:child_process";
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { OutputFile } from "./output-file.ts";
import { writeTemporary } from "./temporary-file.ts";

const posix = process.platform !== "win32";
const root = process.getuid?.() === 0;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
const disks: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "papilio-output-"));
});
afterEach(async () => {
  for (const disk of disks.splice(0)) spawnSync("umount", [disk]);
  await rm(folder, { recursive: true });
});

const at = (...names: string[]): string => join(folder, ...names);
const text = (path: string): Promise<string> => readFile(path, "utf8");
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

async function write(path: string, contents: string | Uint8Array): Promise<void> {
  const file = await OutputFile.inspect(path);
  await file.stage(contents);
  await file.commit();
}

async function named(name: string, contents: string, mode = 0o644): Promise<string> {
  await writeFile(at(name), contents);
  await chmod(at(name), mode);
  return at(name);
}

/** A small file system of its own, where this user may mount one. */
async function smallDisk(bytes: number): Promise<string | undefined> {
  const disk = at("disk");
  await mkdir(disk);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", disk]);
  if (status !== 0) return undefined;
  disks.push(disk);
  return disk;
}

describe("an output file", () => {
  it("is created whole, with the permissions of any new file, and leaves nothing beside it", async () => {
    await write(at("new"), "contents");
    await writeFile(at("usual"), "");
    expect(await text(at("new"))).toBe("contents");
    expect(await modeOf(at("new"))).toBe(await modeOf(at("usual")));
    expect(await readdir(folder)).toEqual(["new", "usual"]);
  });

  it.runIf(posix).each([0o600, 0o640, 0o755])("keeps the mode %o", async (mode) => {
    const path = await named("file", "longer than what is written", mode);
    await write(path, "short");
    expect(await text(path)).toBe("short");
    expect(await modeOf(path)).toBe(mode);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it.runIf(root)("keeps the owner", async () => {
    const path = await named("file", "old", 0o600);
    await chown(path, 1234, 4321);
    await write(path, "new");
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 4321, mode: 0o100600 });
  });

  it.runIf(posix)("is where links lead", async () => {
    const target = await named("target", "old", 0o600);
    await mkdir(at("a", "b"), { recursive: true });
    await symlink(at("a", "b"), at("deep"));
    await symlink("../../target", at("a", "b", "one"));
    await symlink("deep/one", at("two"));
    await write(at("two"), "new");
    expect(await text(target)).toBe("new");
    expect(await modeOf(target)).toBe(0o600);
    expect(await readlink(at("two"))).toBe("deep/one");
    expect((await lstat(at("a", "b", "one"))).isSymbolicLink()).toBe(true);
  });

  it.runIf(posix)("is made where a link leads that leads nowhere yet", async () => {
    await mkdir(at("a"));
    await symlink("a/made", at("link"));
    await write(at("link"), "new");
    expect(await text(at("a", "made"))).toBe("new");
    expect(await readlink(at("link"))).toBe("a/made");
  });

  it.each(["", "much longer than it was before "])(
    "is written under all its names when it has several: %j more",
    async (more) => {
      const path = await named("one", "old contents", 0o640);
      await link(path, at("two"));
      const { ino } = await stat(path);
      await write(path, `new ${more}`);
      expect(await text(at("two"))).toBe(`new ${more}`);
      expect(await stat(path)).toMatchObject({ ino, nlink: 2, mode: 0o100640 });
      expect(await readdir(folder)).toEqual(["one", "two"]);
    },
  );

  it.runIf(posix && !root)("is written in a folder that is not writable", async () => {
    const path = await named("file", "old");
    await chmod(folder, 0o500);
    await write(path, "new");
    await chmod(folder, 0o700);
    expect(await text(path)).toBe("new");
  });

  it.runIf(posix)("is written into where it is a FIFO", async () => {
    expect(spawnSync("mkfifo", [at("fifo")]).status).toBe(0);
    const reader = spawn("cat", [at("fifo")], { stdio: ["ignore", "pipe", "inherit"] });
    const received = reader.stdout.toArray();
    await write(at("fifo"), "through the pipe".repeat(10_000));
    expect(Buffer.concat(await received).toString()).toBe("through the pipe".repeat(10_000));
    expect((await lstat(at("fifo"))).isFIFO()).toBe(true);
  });

  it.runIf(process.platform === "linux")("leaves devices what they are", async () => {
    await write("/dev/null", "gone");
    const file = await OutputFile.inspect("/dev/full");
    expect(file).toMatchObject({ kind: "stream", isCharacterDevice: true });
    await file.stage("contents");
    await expect(file.commit()).rejects.toThrow(code("DISK_FULL"));
    for (const path of ["/dev/null", "/dev/full"]) {
      expect((await lstat(path)).isCharacterDevice()).toBe(true);
    }
  });

  it.runIf(process.platform === "linux")("may be an open file without a name", async () => {
    const handle = await open(at("file"), "w+");
    onTestFinished(() => handle.close());
    await rm(at("file"));
    await write(`/proc/self/fd/${handle.fd}`, "contents");
    expect(await handle.readFile("utf8")).toBe("contents");
    expect(await readdir(folder)).toEqual([]);
  });

  it("has one identity under all its paths", async () => {
    const path = await named("file", "");
    await link(path, at("hard"));
    await symlink("file", at("soft"));
    await symlink("missing", at("dangling"));
    const identity = async (name: string): Promise<string> =>
      (await OutputFile.inspect(at(name))).identity;
    const one = await identity("file");
    expect(await identity("./hard")).toBe(one);
    expect(await identity("soft")).toBe(one);
    expect(await identity("missing")).not.toBe(one);
    expect(await identity("dangling")).toBe(await identity("missing"));
  });
});

describe("an output that cannot be written", () => {
  it.each([
    ["has no name", () => ""],
    ["is a folder", () => folder],
    ["names a folder that is not there", () => `${at("new")}/`],
    ["lies in no folder", () => at("no", "file")],
    ["lies in a file", () => at("file", "inside")],
    ["has too long a name", () => at("x".repeat(5000))],
    ["has a name that no file can have", () => at("a\0b")],
    ["is a loop of links", () => at("loop")],
  ])("is an error before any work when it %s", async (_, path) => {
    await named("file", "");
    await symlink("loop", at("loop"));
    await expect(OutputFile.inspect(path())).rejects.toThrow(code("OUTPUT_UNWRITABLE"));
    expect((await readdir(folder)).toSorted()).toEqual(["file", "loop"]);
  });

  it("is left to a program that was faster, with what was to be written beside it", async () => {
    const file = await OutputFile.inspect(at("new"));
    await file.stage("mine");
    await named("new", "theirs");
    await expect(file.commit()).rejects.toThrow(code("OUTPUT_CHANGED"));
    expect(await text(at("new"))).toBe("theirs");
    expect(await text(file.staged as string)).toBe("mine");
    await file.discard();
    expect(await readdir(folder)).toEqual(["new"]);
  });

  it("is left alone when another file has taken its place", async () => {
    await named("file", "old");
    const file = await OutputFile.inspect(at("file"));
    await file.stage("mine");
    await named("other", "theirs");
    await rename(at("other"), at("file"));
    await expect(file.commit()).rejects.toThrow(code("OUTPUT_CHANGED"));
    expect(await text(at("file"))).toBe("theirs");
    await file.discard();
  });

  it.runIf(root)(
    "is as it was when the disk is full, and a new one is not there",
    async ({ skip }) => {
      const disk = await smallDisk(16_384);
      if (disk === undefined) return skip("this container may not mount");
      const [one, two, fresh] = ["one", "two", "new"].map((name) => join(disk, name)) as [
        string,
        string,
        string,
      ];
      await writeFile(one, "old");
      await writeFile(two, "old names");
      await link(two, join(disk, "hard"));
      for (const path of [one, two, fresh]) {
        await expect(write(path, "x".repeat(40_000))).rejects.toThrow(code("DISK_FULL"));
      }
      expect(await text(one)).toBe("old");
      expect(await text(two)).toBe("old names");
      expect((await readdir(disk)).toSorted()).toEqual(["hard", "one", "two"]);
    },
  );
});

describe("a temporary file", () => {
  it("is a new one of a random name, readable by its user alone where what it replaces is", async () => {
    const like = await stat(await named("file", "", 0o600), { bigint: true });
    const first = await writeTemporary(folder, "a", { like });
    const second = await writeTemporary(folder, "b");
    expect(first.path).not.toBe(second.path);
    expect(first.path).not.toContain(String(process.pid));
    if (posix) expect(await modeOf(first.path)).toBe(0o600);
  });

  it("leaves nothing when it cannot be written", async () => {
    await expect(writeTemporary(at("no folder"), "a")).rejects.toThrow(code("ENOENT"));
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("what a process leaves that ends in the middle", () => {
  const program = `
    const { OutputFile } = await import(process.argv[1]);
    const file = await OutputFile.inspect(process.argv[2]);
    await file.stage("new");
    if (process.argv[3] === "changed") {
      await (await import("node:fs/promises")).writeFile(process.argv[2], "other");
      await file.commit().catch(() => undefined);
    }
    process.exit(3);`;
  const run = (...args: string[]): number | null =>
    spawnSync(process.execPath, [
      "--conditions=@papilio/source",
      "--input-type=module",
      "--eval",
      program,
      join(import.meta.dirname, "output-file.ts"),
      ...args,
    ]).status;

  it("is the old file, and nothing that was staged", async () => {
    await writeFile(at("old"), "old");
    expect(run(at("old"))).toBe(3);
    expect(await readdir(folder)).toEqual(["old"]);
    expect(await text(at("old"))).toBe("old");
  });

  it("is what was staged, too, where another program's file is in its place", async () => {
    expect(run(at("new"), "changed")).toBe(3);
    const names = await readdir(folder);
    expect(names.length).toBe(2);
    const contents = await Promise.all(names.map((name) => text(at(name))));
    expect(contents.toSorted()).toEqual(["new", "other"]);
  });
});
