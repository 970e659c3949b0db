import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Parameter } from "../modules/parameter.ts";
import { type Checkpoint, encodeCheckpoint } from "../training/checkpoint.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint-file.ts";

const parameters = new Map([["weight", Parameter.of([2], Float32Array.of(1, 2))]]);
const checkpointOf = (steps: number): Checkpoint => ({
  state: {
    steps,
    parameters: [Float32Array.of(steps, 0.5)],
    momentum: [Float32Array.of(-0, 3)],
    squares: [Float32Array.of(4, 5)],
  },
  optimizer: "adamw",
  settings: "seed 1",
});
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "papilio-checkpoint-"));
  path = join(folder, "model.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

it("a checkpoint takes the place of the one before it, and comes back bit by bit", async () => {
  expect(await loadCheckpoint(path, parameters)).toBeUndefined();
  for (const steps of [1, 2]) {
    await saveCheckpoint(path, parameters, checkpointOf(steps));
    expect(await loadCheckpoint(path, parameters)).toEqual(checkpointOf(steps));
  }
  const bytes = encodeCheckpoint(parameters, checkpointOf(2));
  expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
});

it("whoever has the old file open reads all of it", async () => {
  await saveCheckpoint(path, parameters, checkpointOf(1));
  const { ino } = await stat(path);
  await saveCheckpoint(path, parameters, checkpointOf(2));
  expect((await stat(path)).ino).not.toBe(ino);
});

it("a checkpoint that cannot be written leaves the one before it, and nothing else", async () => {
  await saveCheckpoint(path, parameters, checkpointOf(1));
  const broken = { ...checkpointOf(2), state: { ...checkpointOf(2).state, momentum: [] } };
  await expect(saveCheckpoint(path, parameters, broken)).rejects.toEqual(code("TRAINER_STATE"));
  expect(await loadCheckpoint(path, parameters)).toEqual(checkpointOf(1));
  const other = join(folder, "folder");
  await mkdir(other);
  await expect(saveCheckpoint(other, parameters, checkpointOf(2))).rejects.toEqual(
    code("OUTPUT_UNWRITABLE"),
  );
  await expect(
    saveCheckpoint(join(folder, "missing", "a"), parameters, checkpointOf(2)),
  ).rejects.toEqual(code("OUTPUT_UNWRITABLE"));
  expect((await readdir(folder)).toSorted()).toEqual(["folder", "model.safetensors"]);
});

it("refuses a checkpoint of other settings, and what is none", async () => {
  await saveCheckpoint(path, parameters, checkpointOf(1));
  await expect(loadCheckpoint(path, parameters, { settings: "seed 2" })).rejects.toEqual(
    code("TRAINING_OTHER_RUN"),
  );
  expect(await loadCheckpoint(path, parameters, { settings: "seed 1" })).toBeDefined();
  await writeFile(path, (await readFile(path)).subarray(0, 40));
  await expect(loadCheckpoint(path, parameters)).rejects.toBeInstanceOf(Error);
});
