import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  type BenchResults,
  type CaseResult,
  formatRecord,
  parseResults,
} from "@papilio/bench/results";
import { PapilioError } from "@papilio/butterfly";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { caseRecord, RUN, resultsText } from "../testing/results-records.ts";
import {
  assertNothingLost,
  cutFile,
  mutateFile,
  resume,
  wholeCases,
} from "../testing/resume-damaged.ts";
import { findResultsFile, openResults } from "./results-file.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const batches = (cases: readonly CaseResult[]): number[] => cases.map(({ batch }) => batch);
const later = {
  ...RUN,
  environment: {
    ...RUN.environment,
    date: "2026-01-02T03:04:06.000Z",
    load: { average: 2, busy: 0.5 },
  },
};

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "papilio-results-"));
  path = join(folder, "results.jsonl");
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe("a results file that was cut", () => {
  it("keeps every case that is complete, in a hundred files cut at random", async () => {
    const seeds = Array.from({ length: 100 }, (_, seed) => seed);
    const all = await Promise.all(seeds.map((seed) => resume(cutFile(seed))));
    for (const resumed of all) {
      expect(resumed.results).not.toBeInstanceOf(PapilioError);
      assertNothingLost(resumed);
    }
    const complete = all.reduce((sum, { before }) => sum + wholeCases(before).length, 0);
    // The files are no empty ones.
    expect(complete).toBeGreaterThan(50);
  });

  it.each([
    ["a mark and a whole last line without its end", "\uFEFF", -1],
    ["a mark and a last line that is cut", "\uFEFF", -30],
    ["a whole last line without its end", "", -1],
    ["a last line that is cut in a character", "", -12],
  ])("keeps what stands before, with %s", async (_, mark, cut) => {
    const text = Buffer.from(mark + [RUN, caseRecord(1), caseRecord(2)].map(formatRecord).join(""));
    const { results, after, before } = await resume(text.subarray(0, cut));
    expect(results).toMatchObject({ resumed: 1, damagedLines: [], complete: false });
    expect(batches((results as BenchResults).cases)).toEqual(cut === -1 ? [1, 2, 9999] : [1, 9999]);
    expect(after.subarray(0, before.length)).toEqual(before);
  });

  it.each([
    ["in its first line", formatRecord(RUN).slice(0, 300)],
    ["after a closing brace of it", formatRecord(RUN).slice(0, formatRecord(RUN).indexOf("}") + 1)],
    ["in its mark", Buffer.from([0xef, 0xbb])],
    ["to zeros", Buffer.alloc(100)],
  ])("is begun again when it is cut %s, and what was there is kept beside it", async (_, cut) => {
    const { results, after, aside } = await resume(Buffer.from(cut));
    expect(results).toMatchObject({ resumed: 0, damagedLines: [] });
    expect(after.toString()).toBe([RUN, caseRecord(9999)].map(formatRecord).join(""));
    expect(aside).toEqual([Buffer.from(cut)]);
  });

  it("keeps each of several beginnings", async () => {
    for (const count of [1, 2]) {
      writeFileSync(path, '{"record":"run","sch');
      await (await openResults(await findResultsFile(path, []), RUN))[Symbol.asyncDispose]();
      expect(readdirSync(folder)).toContain(`results.jsonl.cut-${count}`);
    }
  });

  it("is left alone where it is not a results file", async () => {
    const compressed = gzipSync(resultsText(1));
    for (const text of [
      compressed,
      "# notes",
      '{"record":"case"}',
      "{}\n{}\n",
      formatRecord(RUN).slice(5),
    ]) {
      const resumed = await resume(Buffer.from(text));
      expect(resumed.results).toBeInstanceOf(PapilioError);
      assertNothingLost(resumed);
      expect(resumed.aside).toEqual([]);
    }
  });

  it("loses nothing to whatever changes, thirty times", async () => {
    const seeds = Array.from({ length: 30 }, (_, seed) => seed);
    for (const resumed of await Promise.all(seeds.map((seed) => resume(mutateFile(seed))))) {
      assertNothingLost(resumed);
    }
  });

  it("is not appended to when it is of another version", async () => {
    const text = '{"schema":"papilio-bench/1","environment":{}}';
    writeFileSync(path, text);
    await expect(openResults(await findResultsFile(path, []), RUN)).rejects.toThrow(
      code("RESULTS_VERSION"),
    );
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

describe("two programs that write one results file", () => {
  it("make one run of it, whichever creates it", async () => {
    const [one, two] = [await findResultsFile(path, []), await findResultsFile(path, [])];
    const sinks = await Promise.all([openResults(one, RUN), openResults(two, later)]);
    await Promise.all(
      sinks.flatMap((sink, index) => [1, 2, 3].map((n) => sink.append(caseRecord(10 * index + n)))),
    );
    for (const sink of sinks) await sink[Symbol.asyncDispose]();
    const results = parseResults(readFileSync(path, "utf8"));
    expect(batches(results.cases).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 11, 12, 13]);
    expect(results).toMatchObject({ resumed: 1, damagedLines: [] });
    expect(readdirSync(folder)).toEqual(["results.jsonl"]);
  });

  it("wait for a line that the other is in the middle of", async () => {
    const line = formatRecord(caseRecord(1));
    writeFileSync(path, formatRecord(RUN) + line.slice(0, 50));
    setTimeout(() => appendFileSync(path, line.slice(50)), 50);
    await using sink = await openResults(await findResultsFile(path, []), later);
    expect(batches(sink.before?.cases ?? [])).toEqual([1]);
    expect(await sink.read()).toMatchObject({ resumed: 1, damagedLines: [] });
  });

  it("are two runs with different settings, and the second is refused", async () => {
    writeFileSync(path, resultsText(1));
    const other = { ...RUN, options: { ...RUN.options, seed: 2 } };
    await expect(openResults(await findResultsFile(path, []), other)).rejects.toThrow(
      code("RESULTS_OTHER_RUN"),
    );
    expect(readFileSync(path, "utf8")).toBe(resultsText(1));
  });
});

describe("where results go", () => {
  it("keeps the mode of a file and all its names", async () => {
    writeFileSync(path, "");
    chmodSync(path, 0o600);
    linkSync(path, join(folder, "hard"));
    symlinkSync("results.jsonl", join(folder, "soft"));
    await using sink = await openResults(await findResultsFile(join(folder, "soft"), []), RUN);
    await sink.append(caseRecord(1));
    expect(parseResults(readFileSync(join(folder, "hard"), "utf8")).cases).toHaveLength(1);
    expect(lstatSync(join(folder, "soft")).isSymbolicLink()).toBe(true);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.platform === "linux")("is never read where it is a device", async () => {
    await expect(openResults(await findResultsFile("/dev/full", []), RUN)).rejects.toThrow(
      code("DISK_FULL"),
    );
    expect(lstatSync("/dev/full").isCharacterDevice()).toBe(true);
    await using sink = await openResults(await findResultsFile("/dev/zero", []), RUN);
    await sink.append(caseRecord(1));
    expect(batches((await sink.read()).cases)).toEqual([1]);
  });

  it.runIf(process.getuid?.() === 0)("is not a file at all on a full disk", async ({ skip }) => {
    const disk = mkdtempSync(join(tmpdir(), "papilio-disk-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8k", "none", disk]);
    try {
      if (mounted.status !== 0) return skip("this container may not mount");
      const file = await findResultsFile(join(disk, "results.jsonl"), []);
      writeFileSync(join(disk, "other"), "x".repeat(4096));
      await using sink = await openResults(file, RUN);
      const append = async (): Promise<void> => {
        for (let batch = 1; batch < 10; batch++) await sink.append(caseRecord(batch));
      };
      await expect(append()).rejects.toThrow(code("DISK_FULL"));
      expect((await sink.read()).cases.length).toBeGreaterThan(0);
      const second = await findResultsFile(join(disk, "second.jsonl"), []);
      await expect(openResults(second, RUN)).rejects.toThrow(code("DISK_FULL"));
      expect(readdirSync(disk).toSorted()).toEqual(["other", "results.jsonl"]);
    } finally {
      spawnSync("umount", ["-l", disk]);
      rmSync(disk, { recursive: true });
    }
  });

  it.runIf(process.platform !== "win32")("may be a FIFO", async () => {
    execFileSync("mkfifo", [path]);
    const reader = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
    const received = reader.stdout.toArray();
    const sink = await openResults(await findResultsFile(path, []), RUN);
    await sink.append(caseRecord(1));
    await sink[Symbol.asyncDispose]();
    expect(parseResults(Buffer.concat(await received).toString()).cases).toHaveLength(1);
  });

  it.runIf(process.platform === "linux")("is stdout where its path leads there", async () => {
    expect(await findResultsFile("/dev/stdout", [])).toBe("stdout");
  });

  it("is not a file that the command reads", async () => {
    writeFileSync(path, "");
    await expect(findResultsFile(path, [`${folder}/./results.jsonl`])).rejects.toThrow(
      code("OUTPUT_IS_INPUT"),
    );
  });

  it("is nothing yet while the first record is not written", async () => {
    await findResultsFile(path, []);
    expect(existsSync(path)).toBe(false);
  });
});
