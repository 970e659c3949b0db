import { readdirSync, rmSync } from "node:fs";
import { Butterfly, Chain } from "@papilio/butterfly";
import { saveButterflies, writeNpy } from "@papilio/butterfly/files";
import { uniform } from "@papilio/butterfly/numeric";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { adapterFlags } from "../testing/command-line.ts";
import { expectStopped, interruptProcess, type Midst } from "../testing/interrupted-process.ts";
import { writeLlama, writeVision } from "../testing/model-folders.ts";
import { resultsText } from "../testing/results-records.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const path = (name: string): string => folder.at(name);
const out = path("out");
// What one test leaves is no fault of the next one.
afterEach(() => rmSync(out, { force: true }));

/** Numbers of an array of this shape, as npy. */
function npy(...shape: readonly number[]): Uint8Array {
  const next = uniform(1);
  const length = shape.reduce((product, size) => product * size, 1);
  return writeNpy(Float32Array.from({ length }, next), shape);
}

/** All of the input is read, and computed with. */
const reads = (bytes: Uint8Array): Midst => ({ stdin: { bytes, open: false }, delay: 400 });
/** More of the input is waited for. What is there already is more than a pipe holds: it was read. */
const waits = (bytes: Uint8Array): Midst => ({ stdin: { bytes, open: true }, delay: 400 });

const SIDE = 2048;

beforeAll(async () => {
  const dense = Butterfly.random(Chain.parse(`1,${SIDE},${SIDE},1`), { seed: 2 });
  folder.write("dense.safetensors", saveButterflies({ dense }));
  folder.write("many.jsonl", resultsText(2000));
  await writeVision(path("vit"));
  await writeLlama(path("llama"), 2 ** 17);
});

describe("Ctrl+C in the midst of the work", () => {
  const oneBlock = `1,${SIDE},8,1;1,8,${SIDE},1`;
  const factorize = ["factorize", "-", "--chain", oneBlock, "--out", out];
  it.each<[string, readonly string[], Midst]>([
    ["factorize: one eigenvalue problem", [...factorize, "--threads", "1"], reads(npy(SIDE, SIDE))],
    ["factorize: in threads", factorize, reads(npy(SIDE, SIDE))],
    ["factorize: reading", factorize, waits(npy(1024, 512))],
    [
      "multiply: the reference",
      ["multiply", path("dense.safetensors"), "--input", "-", "--out", out, "--reference"],
      reads(npy(2048, SIDE)),
    ],
    ["inspect", ["inspect", "-", "--svg", out], waits(npy(1024, 512))],
    ["compare", ["compare", path("many.jsonl"), "-"], waits(Buffer.from(resultsText(5000)))],
    [
      "report: drawing",
      ["report", path("many.jsonl"), "--out", out],
      { note: /Drawing/, delay: 0 },
    ],
    [
      "run",
      ["run", path("vit"), "--input", "images=-", "--output", `logits=${out}`, "--backend", "cpu"],
      // Computed in less than what others wait.
      { ...reads(npy(20_000, 3, 8, 8)), delay: 0 },
    ],
    [
      "select: measuring",
      ["select", "--pattern", "4,64,64,4", "--batch", "1024", "--measure", ...adapterFlags],
      { note: /Measuring 1 of/, delay: 200 },
    ],
    [
      "bench-model: the reference on the CPU",
      ["bench-model", "vit-s16", "--verify", "8", "--json", out, ...adapterFlags],
      { note: /images by the reference/, delay: 500 },
    ],
  ])("ends it: %s", async (_, args, midst) => {
    const { stderr } = await expectStopped(folder.path, args, midst);
    expect(stderr).toMatch(/papilio: error INTERRUPTED: The work was stopped\. Hint: .+\n$/);
  });

  it("ends generate, which keeps the text", async () => {
    const { stdout, stderr } = await expectStopped(
      folder.path,
      ["generate", path("llama"), "--backend", "cpu", "--max-tokens", "100000", "--json"],
      { note: /Loaded/, delay: 300 },
    );
    expect(JSON.parse(stdout)).toMatchObject({ end: "interrupted" });
    expect(stderr).toContain("Tokens a second");
  });

  it("ends classify, which keeps the images", async () => {
    const args = ["classify", path("vit"), "--input", "-", "--backend", "cpu"];
    const { stdout, stderr } = await expectStopped(folder.path, args, {
      ...reads(npy(20_000, 3, 8, 8)),
      note: /Adapter: none/,
      delay: 1000,
    });
    expect(stdout).toContain("probability");
    expect(stderr).toMatch(/Stopped after [1-9]\d* of 20000 images, which are kept\.\n$/);
  });

  it.runIf(process.platform === "linux").each<[string, string[]]>([
    ["doctor", ["doctor"]],
    ["bench, before its first case", ["bench", "--pattern", "4,64,64,4", "--json", out]],
  ])("ends %s, when Dawn is loaded", async (_, args) => {
    const midst = { mapped: /\.node$/m, delay: 0 };
    const { stderr } = await expectStopped(folder.path, [...args, ...adapterFlags], midst);
    expect(stderr).toContain("error INTERRUPTED");
  });

  it("keeps what bench has measured", async () => {
    const { status, stdout, stderr, seconds } = await interruptProcess(
      ["bench", "--pattern", "2,8,4,4", "--json", path("kept.jsonl"), ...adapterFlags],
      { note: /1 of \d+ cases/, delay: 0 },
    );
    expect(status).toBe(1);
    expect(stderr).toContain("what was measured is kept");
    expect(stdout).toContain("2,8,4,4");
    expect(seconds).toBeLessThan(2);
    expect(readdirSync(folder.path)).toContain("kept.jsonl");
  });
});

describe("other signals", () => {
  const multiply = ["multiply", path("dense.safetensors"), "--input", "-", "--out", out];

  it("SIGTERM does the same", async () => {
    await expectStopped(folder.path, [...multiply, "--reference"], {
      ...reads(npy(2048, SIDE)),
      signal: "SIGTERM",
    });
  });

  it("SIGKILL ends the command too, when it next listens", async () => {
    const midst = waits(npy(1024, 512));
    // `close` comes when nobody has its stdout open any more.
    const { status } = await interruptProcess(multiply, { ...midst, signal: "SIGKILL" });
    expect(status).toBe(null);
    expect(readdirSync(folder.path)).not.toContain("out");
  });
});
