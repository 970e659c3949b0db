import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { adapterFlags, papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

it("papilio train has the losses on an adapter that it has on the CPU", async () => {
  const text = folder.write("text.txt", "the quick brown fox jumps over the lazy dog. ".repeat(30));
  const size = ["--layers", "1", "--features", "16", "--heads", "2", "--context", "8"];
  const flags = ["train", text, "--model", "llama", ...size, "--batch", "2", "--steps", "6"];
  const losses: number[][] = [];
  for (const backend of [["cpu"], ["gpu", ...adapterFlags]]) {
    const name = backend[0] as string;
    const metrics = folder.at(`${name}.jsonl`);
    const files = ["--out", folder.at(name), "--metrics", metrics];
    const { status, stderr } = await papilio(...flags, ...files, "--backend", ...backend);
    expect(status, stderr).toBe(0);
    const lines = readFileSync(metrics, "utf8").trimEnd().split("\n");
    losses.push(lines.map((line) => JSON.parse(line).loss));
    expect(JSON.parse(lines.at(-1) as string).validation.loss).toBeLessThan(3.5);
  }
  const [cpu = [], gpu = []] = losses;
  expect(gpu.length).toBe(6);
  // Roundings of six steps.
  for (const [step, loss] of gpu.entries()) {
    expect(Math.abs(loss - (cpu[step] as number))).toBeLessThan(1e-3 * loss);
  }
});
