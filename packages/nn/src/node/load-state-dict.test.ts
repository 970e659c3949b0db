import {
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LoadProgress } from "../weights/load-progress.ts";
import type { StoredTensor } from "../weights/stored-tensor.ts";
import { contentsOf, fileOf, indexOf } from "../weights/testing/checkpoints.ts";
import { FIRST, INDEX, SHARDS, SINGLE, STATE, TOTAL } from "../weights/testing/small-model.ts";
import { loadStateDict } from "./load-state-dict.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "papilio-weights-"));
});
afterEach(() => rm(folder, { recursive: true }));

const path = (...names: string[]): string => join(folder, ...names);

async function writeAll(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [name, contents] of files) await writeFile(path(name), contents);
}

/** Files of the folder that this process has open. */
async function openFiles(): Promise<string[]> {
  const links = await readdir("/proc/self/fd");
  const targets = await Promise.all(
    links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith(folder));
}

describe.each([false, true])("weights on disk, on demand: %s", (onDemand) => {
  it("are loaded from a file, by its path or its address", async () => {
    await writeFile(path("weights é%20.safetensors"), SINGLE);
    const file = path("weights é%20.safetensors");
    for (const source of [file, pathToFileURL(file), pathToFileURL(file).href]) {
      expect(contentsOf(await loadStateDict(source, { onDemand }))).toEqual(contentsOf(STATE));
    }
  });

  it("are loaded from shards, by their folder or their index", async () => {
    await writeAll(SHARDS);
    for (const source of [folder, path(INDEX)]) {
      const reports: LoadProgress[] = [];
      const state = await loadStateDict(source, {
        onDemand,
        onProgress: (progress) => reports.push(progress),
      });
      expect(contentsOf(state)).toEqual(contentsOf(STATE));
      expect(reports.at(-1)).toMatchObject({ loaded: TOTAL, total: TOTAL });
      expect(reports.map(({ loaded }) => loaded)).toEqual(
        reports.map(({ loaded }) => loaded).toSorted((p, q) => p - q),
      );
    }
  });

  it("are those of the single file, where there are both", async () => {
    await writeAll(SHARDS);
    await writeFile(path("model.safetensors"), fileOf({}, 0));
    expect((await loadStateDict(folder, { onDemand })).size).toBe(0);
  });

  it.skipIf(process.platform === "win32")("are loaded by links, as caches have them", async () => {
    await mkdir(path("blobs"));
    await writeFile(path("blobs", "0123"), SINGLE);
    await symlink(path("blobs", "0123"), path("model.safetensors"));
    const state = await loadStateDict(folder, { onDemand });
    expect(contentsOf(state)).toEqual(contentsOf(STATE));
  });

  it.skipIf(process.platform !== "linux")("leave nothing open", async () => {
    await writeAll(SHARDS);
    const state = await loadStateDict(folder, { onDemand });
    state.get("a")?.toReal("float32");
    await truncate(path(FIRST), 100);
    await loadStateDict(folder, { onDemand }).catch(() => undefined);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort("enough");
    await writeAll(SHARDS);
    const aborted = loadStateDict(folder, { onDemand, onProgress, signal: controller.signal });
    await expect(aborted).rejects.toBe("enough");
    expect(await openFiles()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, string, string]>([
    ["there is nothing", () => Promise.resolve(), "x.safetensors", "STATE_DICT_SOURCE"],
    ["there is no folder", () => Promise.resolve(), "x/y.safetensors", "STATE_DICT_SOURCE"],
    ["the folder has no weights", () => writeFile(path("x"), ""), ".", "STATE_DICT_SOURCE"],
    ["the file is empty", () => writeFile(path("x"), ""), "x", "FILE_TRUNCATED"],
    [
      "the file is cut short",
      () => writeFile(path("x"), SINGLE.subarray(0, -1)),
      "x",
      "FILE_TRUNCATED",
    ],
    [
      "the file goes on",
      () => writeFile(path("x"), Buffer.concat([SINGLE, SINGLE])),
      "x",
      "FILE_TENSOR",
    ],
    [
      "a shard is missing",
      () => writeFile(path(INDEX), SHARDS.get(INDEX) as Uint8Array),
      ".",
      "STATE_DICT_INDEX",
    ],
    [
      "a shard is a folder",
      async () => {
        await writeFile(path(INDEX), SHARDS.get(INDEX) as Uint8Array);
        await mkdir(path(FIRST));
      },
      ".",
      "STATE_DICT_SOURCE",
    ],
    [
      "the index leads out of the folder",
      async () => {
        await mkdir(path("in"));
        await writeFile(path("out.safetensors"), SINGLE);
        await writeFile(path("in", INDEX), indexOf({ weight_map: { a: "../out.safetensors" } }));
      },
      "in",
      "STATE_DICT_INDEX",
    ],
    [
      "a header speaks of terabytes",
      () => {
        const entry = { dtype: "U8", shape: [2 ** 42], data_offsets: [0, 2 ** 42] };
        return writeFile(path("x"), fileOf({ x: entry }, 100));
      },
      "x",
      "FILE_TRUNCATED",
    ],
  ])("are refused where %s", async (_, prepare, source, expected) => {
    await prepare();
    await expect(loadStateDict(path(source), { onDemand })).rejects.toThrow(code(expected));
  });
});

describe("weights on demand", () => {
  it("are refused once their file is another, or not there", async () => {
    const file = path("model.safetensors");
    const values = (state: ReadonlyMap<string, StoredTensor>): unknown =>
      state.get("b")?.toReal("float32")[1];
    await writeFile(file, SINGLE);
    const state = await loadStateDict(file, { onDemand: true });
    expect(values(state)).toBe(1.25);
    await utimes(file, 0, 0);
    expect(() => values(state)).toThrow(code("STATE_DICT_CHANGED"));
    const again = await loadStateDict(file, { onDemand: true });
    await truncate(file, 100);
    expect(() => values(again)).toThrow(code("STATE_DICT_CHANGED"));
    await writeFile(file, SINGLE);
    const third = await loadStateDict(file, { onDemand: true });
    await writeFile(path("new"), SINGLE);
    await rename(path("new"), file);
    expect(() => values(third)).toThrow(code("STATE_DICT_CHANGED"));
    await rm(file);
    expect(() => values(third)).toThrow(code("STATE_DICT_CHANGED"));
  });
});

describe("weights that are read at once", () => {
  it("outlive their file", async () => {
    await writeAll(SHARDS);
    const state = await loadStateDict(folder);
    await rm(path(FIRST));
    expect(contentsOf(state)).toEqual(contentsOf(STATE));
  });

  it("stop in the middle of a tensor", async () => {
    const length = 3 * 2 ** 22;
    const entry = { dtype: "U8", shape: [length], data_offsets: [0, length] };
    await writeFile(path("x"), fileOf({ x: entry }, length));
    const controller = new AbortController();
    const loaded: number[] = [];
    const loading = loadStateDict(path("x"), {
      signal: controller.signal,
      onProgress: (progress) => {
        loaded.push(progress.loaded);
        if (progress.loaded > 0) controller.abort("enough");
      },
    });
    await expect(loading).rejects.toBe("enough");
    expect(loaded).toEqual([0, 2 ** 22]);
  });
});
