import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseResults } from "@papilio/bench/results";
import { loadButterflies, writeNpy } from "@papilio/butterfly/files";
import { beforeAll, describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { writeLlama, writeVision } from "../testing/model-folders.ts";
import { ownImplementation } from "../testing/own-implementation.ts";
import { papilioStopped, papilioStoppedAt } from "../testing/stopped-command.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { Interruption } from "./interruption.ts";
import type { Shown } from "./kept.ts";

const folder = temporaryFolder();
const path = (name: string): string => folder.at(name);
const VALUES = Float32Array.from({ length: 256 }, (_, index) => Math.sin(index * index));

beforeAll(async () => {
  writeFileSync(path("a.npy"), writeNpy(VALUES, [16, 16]));
  writeFileSync(path("x.npy"), writeNpy(new Float32Array(20 * 192), [20, 3, 8, 8]));
  await writeLlama(path("llama"));
  await writeVision(path("vit"));
  const fails = ownImplementation("fails", 'throw new TypeError("It fails.")');
  writeFileSync(path("fails.mjs"), fails);
});

const bench = (...more: readonly string[]): string[] => [
  ...["bench", "--backend", "cpu", "--pattern", "2,8,4,4", "--batch", "8,16", "--rounds", "1"],
  ...["--layout", "batch-last", "--no-energy", ...more],
];

describe("what a command keeps when it is interrupted", () => {
  it("bench: the cases that are complete, with which the same command goes on", async () => {
    const file = path("results.jsonl");
    const args = bench("--implementation", "cpu-wasm", "--json", file);
    const { status, stdout, stderr, handed } = await papilioStopped(...args);
    expect(stdout).toContain("2,8,4,4 x 8 ");
    expect(stdout).not.toContain("2,8,4,4 x 16 ");
    expect(stderr).toMatch(/what was measured is kept\. The same command goes on from here\.\n$/);
    expect(status).toBe(1);
    // Handed over while the work goes on; nothing in the end, when it is shown here.
    expect(handed).toEqual([
      { stdout: stdout.slice(0, -1), stderr: expect.any(String) },
      undefined,
    ]);
    expect(parseResults(readFileSync(file, "utf8"))).toMatchObject({
      complete: false,
      cases: [{ batch: 8 }],
    });
    const again = await papilio(...args);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain("2,8,4,4 x 16 ");
    expect(parseResults(readFileSync(file, "utf8"))).toMatchObject({
      complete: true,
      cases: [{ batch: 8 }, { batch: 16 }],
    });
  });

  it("bench: the cases that are complete, when a later one fails", async () => {
    const { status, stdout, stderr } = await papilio(
      ...bench("--implementation", path("fails.mjs")),
    );
    expect(stdout).toContain("2,8,4,4 x 8 ");
    expect(stderr).toMatch(/what was measured is kept\.\npapilio: error UNEXPECTED: It fails\./);
    expect(status).toBe(1);
  });

  it("generate: the tokens", async () => {
    const args = ["generate", path("llama"), "--backend", "cpu", "--max-tokens", "20"];
    const { stdout: all } = await papilio(...args, "--json");
    const { status, stdout } = await papilioStopped(...args, "--json");
    const { ids, text, end } = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(end).toBe("interrupted");
    expect(ids).toEqual(JSON.parse(all).ids.slice(0, 1));
    expect(JSON.parse(all).text.startsWith(text)).toBe(true);
    const plain = await papilioStopped(...args);
    expect(plain.stdout).toBe(`${text}\n`);
    expect(plain.stderr).toMatch(/Tokens a second: .+ generated \(1\)\.\n$/);
  });

  it("classify: the images", async () => {
    const args = ["classify", path("vit"), "--input", path("x.npy"), "--backend", "cpu"];
    const { images } = JSON.parse((await papilio(...args, "--json")).stdout);
    const { status, stdout, stderr } = await papilioStopped(...args, "--json");
    expect(JSON.parse(stdout).images).toEqual(images.slice(0, 1));
    expect(stderr).toContain("Stopped after 1 of 20 images, which are kept.");
    expect(status).toBe(1);
    expect((await papilioStopped(...args)).stdout).toContain("x.npy");
  });

  it("factorize --refine: the factors, in the file", async () => {
    const out = path("factors.safetensors");
    const args = ["factorize", path("a.npy"), "--chain", "dyadic", "--refine", "--out", out];
    const { status, stdout, stderr } = await papilioStopped(...args, "--json");
    expect(stderr).toContain("Stopped in the refinement; the factors are those after 0 sweeps.");
    expect(status).toBe(1);
    const [butterfly] = loadButterflies(readFileSync(out), "float64").values();
    const product = butterfly?.dense() as Float64Array;
    const difference = Math.hypot(
      ...VALUES.map((value, index) => value - (product[index] as number)),
    );
    expect(JSON.parse(stdout).error).toBeCloseTo(difference / Math.hypot(...VALUES), 6);
    // And a refinement that ends replaces it.
    const whole = await papilio(...args, "--json");
    expect(whole.status).toBe(0);
    expect(JSON.parse(whole.stdout).error).toBeLessThan(JSON.parse(stdout).error);
  });

  it("factorize --chain auto: the chains, and writes no file", async () => {
    const args = ["factorize", path("a.npy"), "--chain", "auto", "--out", path("auto")];
    const { status, stdout, stderr } = await papilioStopped(...args, "--json");
    expect(JSON.parse(stdout).front).toMatchObject([{ chain: expect.stringMatching(/^\d+,/) }]);
    expect(stderr).toContain("Stopped in the search; these are the chains found by now.");
    expect(status).toBe(1);
    expect(readdirSync(folder.path)).not.toContain("auto");
    expect((await papilioStopped(...args)).stdout).toContain("relative error");
  });

  it("factorize --chain auto: the best factors by now, in the file", async () => {
    const out = path("best.safetensors");
    // Large enough that the search goes on for long after its first factors.
    const values = Float32Array.from({ length: 256 * 256 }, (_, index) => Math.sin(index * index));
    writeFileSync(path("large.npy"), writeNpy(values, [256, 256]));
    const args = ["factorize", path("large.npy"), "--chain", "auto", "--out", out, "--json"];
    const { status, stdout, stderr } = await papilioStoppedAt(
      (shown) => shown?.stdout?.includes("nonZeros") ?? false,
      ...args,
    );
    expect(stderr).toContain("Stopped in the search; the factors are the best found by now.");
    expect(status).toBe(1);
    const { error, chain, search } = JSON.parse(stdout);
    expect(search).toMatchObject({ isCutShort: true });
    const [butterfly] = loadButterflies(readFileSync(out), "float64").values();
    expect(`${butterfly?.matrix.chain}`).toBe(chain);
    const product = butterfly?.dense() as Float64Array;
    const missed = Math.hypot(...values.map((value, index) => value - (product[index] as number)));
    expect(error).toBeCloseTo(missed / Math.hypot(...values), 6);
  });
});

describe("keeping", () => {
  const shown = (stdout: string): { show: () => Shown } => ({ show: () => ({ stdout }) });

  it("waits for what is being saved, and gives the last of it once", async () => {
    const interruption = new Interruption();
    const saving = Promise.withResolvers<void>();
    const over: string[] = [];
    interruption.over.catch(() => over.push("over"));
    const kept = interruption.keep({ ...shown("first"), save: () => saving.promise });
    await new Promise(setImmediate);
    interruption.interrupt();
    await new Promise(setImmediate);
    expect(over).toEqual([]);
    saving.resolve();
    await kept;
    expect(over).toEqual(["over"]);
    expect(await interruption.giveUp()).toEqual({ stdout: "first" });
    await interruption.keep(shown("too late"));
    expect(await interruption.giveUp()).toBe(undefined);
  });

  it("ends where the whole result is shown", async () => {
    const handed: unknown[] = [];
    const interruption = new Interruption(async (one) => void handed.push(one));
    await interruption.keep(shown("a part"));
    await interruption.finish(shown(""));
    expect(handed).toEqual([{ stdout: "a part" }, undefined]);
    expect(await interruption.giveUp()).toBe(undefined);
    interruption.interrupt();
    await expect(interruption.finish(shown(""))).rejects.toThrow(
      expect.objectContaining({ code: "INTERRUPTED" }),
    );
  });
});
