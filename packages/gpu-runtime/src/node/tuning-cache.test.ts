import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TuningKey } from "../tuning/key.ts";
import { openTuningCache } from "./tuning-cache.ts";

const key: TuningKey = {
  adapter: "adapter",
  vendor: "vendor",
  architecture: "architecture",
  driver: "driver",
  capabilities: "{}",
  runtime: "runtime",
  version: "0.0.0",
  what: "../../task",
};
const value = { winner: "fast", cutAfter: null };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "papilio-tuning-cache-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

async function onlyFile(): Promise<string> {
  const names = await readdir(directory);
  expect(names).toHaveLength(1);
  return join(directory, names[0] as string);
}

describe("the cache on disk", () => {
  it("keeps an entry from one opening to the next", async () => {
    const nested = join(directory, "not", "there", "yet");
    await openTuningCache({ directory: nested }).set(key, value);
    expect(await openTuningCache({ directory: nested }).get(key)).toEqual(value);
    expect(await readdir(nested)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
  });

  it.each(Object.keys(key) as (keyof TuningKey)[])("tells entries apart by %s", async (field) => {
    const cache = openTuningCache({ directory });
    await cache.set(key, value);
    expect(await cache.get({ ...key, [field]: "other" })).toBeUndefined();
    expect(await cache.get(key)).toEqual(value);
  });

  it("has nothing for another machine, even in a file of the right name", async () => {
    await openTuningCache({ directory, machine: "one" }).set(key, value);
    const file = await onlyFile();
    expect(await openTuningCache({ directory, machine: "other" }).get(key)).toBeUndefined();
    const copied = (await readFile(file, "utf8")).replace('"machine":"one"', '"machine":"other"');
    await writeFile(file, copied);
    expect(await openTuningCache({ directory, machine: "one" }).get(key)).toBeUndefined();
  });

  it.each<[string, (text: string) => string]>([
    ["is cut short", (text) => text.slice(0, -20)],
    ["is empty", () => ""],
    ["is null", () => "null"],
    ["is a list", () => "[]"],
    ["is of another format", (text) => text.replace(/"format":\d+/, '"format":1')],
    ["has no format", (text) => text.replace(/"format":\d+,/, "")],
    ["has another key", (text) => text.replace('"what":"', '"what":"another ')],
    ["has a key that is not an object", (text) => text.replace(/"key":\{[^}]*\}/, '"key":1')],
    ["is larger than any entry", (text) => text + " ".repeat(2 ** 16)],
  ])("ignores a file that %s, and replaces it", async (_, damage) => {
    const cache = openTuningCache({ directory });
    await cache.set(key, value);
    const file = await onlyFile();
    await writeFile(file, damage(await readFile(file, "utf8")));
    expect(await cache.get(key)).toBeUndefined();
    await cache.set(key, value);
    expect(await cache.get(key)).toEqual(value);
  });

  it.skipIf(process.platform === "win32")("follows no link", async () => {
    const cache = openTuningCache({ directory });
    await cache.set(key, value);
    const file = await onlyFile();
    const target = join(directory, "target");
    await writeFile(target, await readFile(file));
    await rm(file);
    await symlink(target, file);
    expect(await cache.get(key)).toBeUndefined();
  });

  it.skipIf(process.platform === "win32")("has nothing that another user could write", async () => {
    const cache = openTuningCache({ directory });
    await cache.set(key, value);
    const file = await onlyFile();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const mode of [0o620, 0o602]) {
      await chmod(file, mode);
      expect(await cache.get(key)).toBeUndefined();
    }
    await chmod(file, 0o644);
    expect(await cache.get(key)).toEqual(value);
  });

  it.runIf(process.getuid?.() === 0)("has nothing that another user wrote", async () => {
    const cache = openTuningCache({ directory });
    await cache.set(key, value);
    await chown(await onlyFile(), 12_345, 12_345);
    expect(await cache.get(key)).toBeUndefined();
  });

  it("says what it cannot write, and leaves nothing behind", async () => {
    const cache = openTuningCache({ directory });
    await cache.set(key, value);
    const file = await onlyFile();
    await rm(file);
    await mkdir(file);
    await expect(cache.set(key, value)).rejects.toMatchObject({
      code: "TUNING_CACHE_WRITE",
      message: expect.stringContaining(directory),
    });
    expect(await onlyFile()).toBe(file);
    expect(await cache.get(key)).toBeUndefined();
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "says that its directory is not writable",
    async () => {
      await chmod(directory, 0o500);
      const cache = openTuningCache({ directory: join(directory, "inside") });
      await expect(cache.set(key, value)).rejects.toMatchObject({ code: "TUNING_CACHE_WRITE" });
      await chmod(directory, 0o700);
    },
  );

  it.skipIf(process.platform === "win32" || process.platform === "darwin")(
    "lies in the user's cache folder unless given another",
    async () => {
      vi.stubEnv("XDG_CACHE_HOME", directory);
      await openTuningCache().set(key, value);
      expect(await readdir(join(directory, "papilio", "tuning"))).toHaveLength(1);
    },
  );
});

describe.skipIf(process.platform === "win32" || process.platform === "darwin")(
  "the user's own cache on disk",
  () => {
    let folder: string;
    beforeEach(async () => {
      vi.stubEnv("XDG_CACHE_HOME", directory);
      await openTuningCache().set(key, value);
      folder = join(directory, "papilio", "tuning");
    });

    it("has nothing of what others may have written", async () => {
      const [name] = await readdir(folder);
      const file = join(folder, name as string);
      expect(await openTuningCache().get(key)).toEqual(value);
      await chmod(file, 0o666);
      expect(await openTuningCache().get(key)).toBeUndefined();
      await chmod(file, 0o600);
      await chmod(folder, 0o777);
      expect(await openTuningCache().get(key)).toBeUndefined();
    });

    it("says which folder it does not write to, and what to do", async () => {
      await chmod(join(directory, "papilio"), 0o770);
      const message = expect.stringMatching(
        /papilio can be written to by others \(mode 770\)\. Remove it/,
      );
      await expect(openTuningCache().set(key, value)).rejects.toMatchObject({
        code: "TUNING_CACHE_WRITE",
        message,
      });
    });
  },
);

it("is whole at any time while processes write at once", { timeout: 60_000 }, async () => {
  const module = new URL("tuning-cache.ts", import.meta.url).href;
  // Values of many lengths: a mixture of two writes would not parse, or not be one of them.
  const program = `
    import { openTuningCache } from ${JSON.stringify(module)};
    const cache = openTuningCache({ directory: ${JSON.stringify(directory)} });
    for (let turn = 0; turn < 200; turn++) {
      const text = process.argv[1].repeat(1 + (turn * 37) % 900);
      await cache.set(${JSON.stringify(key)}, { text });
    }`;
  const writers = ["a", "b", "c"].map((letter) =>
    spawn(
      process.execPath,
      ["--conditions=@papilio/source", "--input-type=module", "--eval", program, letter],
      { stdio: ["ignore", "ignore", "inherit"] },
    ),
  );
  const exits = writers.map((writer) => once(writer, "exit"));
  let running = true;
  const finished = Promise.all(exits).finally(() => {
    running = false;
  });
  const cache = openTuningCache({ directory });
  let read = 0;
  while (running) {
    const found = (await cache.get(key)) as { text: string } | undefined;
    if (found === undefined) {
      // Only before the first write.
      expect(read).toBe(0);
      continue;
    }
    expect(found.text).toMatch(/^(a+|b+|c+)$/);
    read++;
  }
  expect((await finished).map(([code]) => code)).toEqual([0, 0, 0]);
  expect(read).toBeGreaterThan(0);
  await onlyFile();
});
