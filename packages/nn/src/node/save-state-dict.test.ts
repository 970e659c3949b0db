import { execFileSync } from "node:child_process";
import {
  chmod,
  link,
  lstat,
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
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { saveStateDict as encode } from "../weights/save-state-dict.ts";
import { SINGLE_FILE } from "../weights/shard-index.ts";
import { StoredTensor } from "../weights/stored-tensor.ts";
import { contentsOf } from "../weights/testing/checkpoints.ts";
import { INDEX, SHARDS, STATE } from "../weights/testing/small-model.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { saveStateDict } from "./save-state-dict.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "papilio-weights-"));
});
afterEach(() => rm(folder, { recursive: true }));

const files = async (): Promise<string[]> => (await readdir(folder)).toSorted();

/** A tensor that fails when it is written. */
const broken = new StoredTensor({ name: "z", dtype: "F32", shape: [1] }, 4, () => {
  throw new Error("not to be read");
});

describe("weights are saved", () => {
  it("to a folder that is not there yet, as they are encoded in memory", async () => {
    const nested = join(folder, "not", "there");
    expect(await saveStateDict(nested, STATE, { maxShardBytes: 400 })).toEqual([...SHARDS.keys()]);
    for (const [name, contents] of SHARDS) {
      expect(new Uint8Array(await readFile(join(nested, name)))).toEqual(contents);
    }
    expect(contentsOf(await loadStateDict(nested))).toEqual(contentsOf(STATE));
  });

  it("in place of others, however these were divided, beside other files", async () => {
    await writeFile(join(folder, "config.json"), "{}");
    await writeFile(join(folder, "other.safetensors"), "mine");
    for (const most of [400, 800, 1e6, 400, 700, 1e6]) {
      const state = new Map([...STATE].map(([name, tensor]) => [`${most}.${name}`, tensor]));
      const written = await saveStateDict(folder, state, { maxShardBytes: most });
      expect(await files()).toEqual([...written, "config.json", "other.safetensors"].toSorted());
      expect([...(await loadStateDict(folder)).keys()].toSorted()).toEqual([...state.keys()]);
    }
  });

  it("over the files that they are loaded from on demand", async () => {
    await saveStateDict(folder, STATE, { maxShardBytes: 400 });
    const state = await loadStateDict(folder, { onDemand: true });
    await saveStateDict(folder, state, { maxShardBytes: 800 });
    expect(contentsOf(await loadStateDict(folder))).toEqual(contentsOf(STATE));
    // The old ones are gone, and say so.
    expect(() => state.get("a")?.bytes()).toThrow(code("STATE_DICT_CHANGED"));
  });
});

describe("weights that were saved before", () => {
  it.each([400, 1e6])("are as they were when saving fails, in files of %d bytes", async (most) => {
    const before = await saveStateDict(folder, STATE, { maxShardBytes: 400 });
    const state = new Map(STATE).set("z", broken);
    await expect(saveStateDict(folder, state, { maxShardBytes: most })).rejects.toThrow(
      "not to be read",
    );
    expect(await files()).toEqual(before.toSorted());
    expect(contentsOf(await loadStateDict(folder))).toEqual(contentsOf(STATE));
  });

  it("and new ones never make a mixture when the last step fails", async () => {
    await saveStateDict(folder, STATE, { maxShardBytes: 400 });
    const other = new Map([...STATE].map(([name, tensor]) => [`new.${name}`, tensor]));
    const names = [...encode(other, { maxShardBytes: 800 }).keys()];
    // A folder in the place of the second shard: it cannot be replaced by a file.
    await mkdir(join(folder, names[1] as string, "x"), { recursive: true });
    await expect(saveStateDict(folder, other, { maxShardBytes: 800 })).rejects.toThrow(
      code("STATE_DICT_WRITE"),
    );
    expect(await files()).not.toContain(INDEX);
    expect((await files()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await expect(loadStateDict(folder)).rejects.toThrow(code("STATE_DICT_SOURCE"));
  });
});

describe.runIf(process.platform !== "win32")("what stands where weights go", () => {
  it.each([400, 1e6])("gives them its permissions, in files of %d bytes", async (most) => {
    await saveStateDict(folder, STATE);
    await chmod(join(folder, SINGLE_FILE), 0o600);
    for (const name of await saveStateDict(folder, STATE, { maxShardBytes: most })) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });

  it("is replaced where it is a link or has other names: what these lead to stays", async () => {
    const blobs = join(folder, "blobs");
    await mkdir(blobs);
    await writeFile(join(blobs, "linked"), "cached");
    await symlink(join("blobs", "linked"), join(folder, SINGLE_FILE));
    await saveStateDict(folder, STATE);
    await link(join(folder, SINGLE_FILE), join(blobs, "named"));
    const before = await readFile(join(blobs, "named"));
    await saveStateDict(folder, new Map([...STATE].slice(1)));
    expect(await readFile(join(blobs, "linked"), "utf8")).toBe("cached");
    expect(await readFile(join(blobs, "named"))).toEqual(before);
    expect((await loadStateDict(folder)).size).toBe(STATE.size - 1);
  });

  it("is an error where it is not a file", async () => {
    execFileSync("mkfifo", [join(folder, SINGLE_FILE)]);
    await expect(saveStateDict(folder, STATE)).rejects.toThrow(code("STATE_DICT_WRITE"));
    expect((await lstat(join(folder, SINGLE_FILE))).isFIFO()).toBe(true);
    expect(await files()).toEqual([SINGLE_FILE]);
  });
});

describe("a place that cannot be written to", () => {
  it("is an error with the place", async () => {
    await writeFile(join(folder, "file"), "");
    const place = join(folder, "file");
    await expect(saveStateDict(place, STATE)).rejects.toMatchObject({
      code: "STATE_DICT_WRITE",
      message: expect.stringContaining("file"),
    });
  });
});
