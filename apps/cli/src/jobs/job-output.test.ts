import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writeMarkedNpy } from "../files/marked-npy.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { JobOutput, type OutputRows, type RowsToWrite } from "./job-output.ts";

const folder = temporaryFolder();
const FEATURES = 3;
const CHUNKS = 4;

function outputAt(name: string): OutputRows {
  return { path: folder.at(name), rows: CHUNKS, features: FEATURES };
}

function open(name: string, { job = "a", force = false } = {}): Promise<JobOutput> {
  return JobOutput.open([outputAt(name)], { job, chunks: CHUNKS, force });
}

function valuesOf(chunk: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: FEATURES }, (_, index) => 10 * chunk + index);
}

function rowsOf(chunk: number): RowsToWrite[] {
  return [{ row: chunk, bytes: new Uint8Array(valuesOf(chunk).buffer) }];
}

describe("the output of a job", () => {
  it("has the rows of all chunks, in whichever order they came", async () => {
    await using output = await open("whole.npy");
    for (const chunk of [2, 0, 3, 1]) await output.write(chunk, rowsOf(chunk));
    expect(existsSync(folder.at("whole.npy"))).toBe(false);
    await output.finish();
    const all = Float32Array.from([0, 1, 2, 3].flatMap((chunk) => [...valuesOf(chunk)]));
    const right = writeMarkedNpy(all, [CHUNKS, FEATURES]);
    expect(new Uint8Array(readFileSync(folder.at("whole.npy")))).toEqual(right);
    expect(readdirSync(folder.path).filter((name) => name.startsWith("whole"))).toEqual([
      "whole.npy",
    ]);
  });

  it("goes on after a crash, also in the midst of a line", async () => {
    {
      await using output = await open("crash.npy");
      await output.write(1, rowsOf(1));
      await output.write(3, rowsOf(3));
    }
    // Cut off: 23 could have become 230.
    appendFileSync(folder.at("crash.npy.job"), "2");
    {
      await using output = await open("crash.npy");
      expect([...output.done]).toEqual([1, 3]);
      await output.write(0, rowsOf(0));
    }
    await using output = await open("crash.npy");
    expect([...output.done]).toEqual([1, 3, 0]);
  });

  it("is not that of another job, unless this is begun anew", async () => {
    {
      await using output = await open("other.npy");
      await output.write(1, rowsOf(1));
    }
    await expect(open("other.npy", { job: "b" })).rejects.toMatchObject({ code: "JOB_OTHER" });
    await using output = await open("other.npy", { job: "b", force: true });
    expect(output.done.size).toBe(0);
  });

  it("replaces no file of the name that it has until it is whole", async () => {
    folder.write("mine.npy.part", "mine");
    await expect(open("mine.npy")).rejects.toMatchObject({ code: "JOB_OTHER" });
    expect(readFileSync(folder.at("mine.npy.part"), "utf8")).toBe("mine");
    expect(existsSync(folder.at("mine.npy.job"))).toBe(false);
  });

  it("is a plain file", async () => {
    const output = { ...outputAt("x"), path: "/dev/null" };
    await expect(
      JobOutput.open([output], { job: "a", chunks: 1, force: false }),
    ).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
  });
});
