import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modelFromHuggingFace, TextGenerator } from "@papilio/nn";
import type { Decoder } from "@papilio/nn/models";
import { loadStateDict } from "@papilio/nn/node";
import { describe, expect, it } from "vitest";
import { commandLine, deviceFlags, papilio } from "../testing/command-line.ts";
import { writeLlama } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const data = join(import.meta.dirname, "../../../../packages/nn/testdata/stories260K");
const stories = join(data, "stories260K.bin");
const reference = JSON.parse(readFileSync(join(data, "reference.json"), "utf8")) as {
  greedyIds: number[];
  text: string;
};
const text = reference.text.trimStart();
const folder = temporaryFolder();

interface Reported {
  readonly ids: readonly number[];
  readonly text: string;
  readonly end: string;
  readonly adapter: { readonly name: string } | null;
  readonly promptIds: readonly number[];
  readonly tokensPerSecond: { readonly prompt: number | null; readonly generation: number | null };
}

async function generate(model: string, ...args: readonly string[]): Promise<Reported> {
  const { status, stdout, stderr } = await papilio("generate", model, "--json", ...args);
  expect(stderr).not.toContain("error");
  expect(status).toBe(0);
  return JSON.parse(stdout) as Reported;
}

describe("papilio generate", () => {
  it.each([
    ["the CPU", ["--backend", "cpu"]],
    ["the adapter", deviceFlags],
  ])("continues as the reference does on %s", async (where, flags) => {
    const reported = await generate(stories, "--max-tokens", "20", ...flags);
    expect(reported).toMatchObject({
      promptIds: [1],
      ids: reference.greedyIds.slice(0, 20),
      end: "length",
    });
    expect(reported.text.length).toBeGreaterThan(20);
    expect(text.startsWith(reported.text)).toBe(true);
    expect(reported.tokensPerSecond.prompt).toBeGreaterThan(0);
    expect(reported.tokensPerSecond.generation).toBeGreaterThan(0);
    expect(reported.adapter === null).toBe(where === "the CPU");
  });

  it("writes text alone on stdout, and where it is computed on stderr", async () => {
    const { status, stdout, stderr } = await papilio(
      "generate",
      stories,
      "--backend",
      "cpu",
      "--prompt",
      "Once upon a time",
      "--max-tokens",
      "10",
    );
    expect(status).toBe(0);
    expect(`Once upon a time${stdout}`).toBe(
      `${text.slice(0, "Once upon a time".length + stdout.length - 1)}\n`,
    );
    expect(stderr).toContain("Adapter: none, the CPU");
    expect(stderr).toContain("generated (10)");
  });

  it("ends before a text, and chooses the same by chance with the same seed", async () => {
    const stopped = await generate(
      stories,
      "--backend",
      "cpu",
      "--stop",
      "girl",
      "--stop",
      "nothing",
    );
    expect(stopped.end).toBe("stop text");
    expect(stopped.text).toBe(text.slice(0, text.indexOf("girl")));
    const chance = [
      "--backend",
      "cpu",
      "--max-tokens",
      "12",
      "--temperature",
      "1",
      "--top-p",
      "0.95",
    ];
    const sampled = async (seed: string): Promise<string> =>
      (await generate(stories, ...chance, "--seed", seed)).text;
    const seven = await sampled("7");
    expect(await sampled("7")).toBe(seven);
    expect(await sampled("8")).not.toBe(seven);
  });

  it("reads a folder of Hugging Face's", async () => {
    const path = await writeLlama(folder.at("llama"));
    const config: unknown = JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
    const model = modelFromHuggingFace(config, await loadStateDict(path)) as Decoder;
    using generator = TextGenerator.onCpu(model);
    const expected: number[] = [];
    for await (const { id } of generator.generate([3, 1, 2], { maxTokens: 6, stopTokens: [0] })) {
      expected.push(id);
    }
    const reported = await generate(
      path,
      "--backend",
      "cpu",
      "--prompt",
      "c a b",
      "--max-tokens",
      "6",
    );
    expect(reported).toMatchObject({ promptIds: [3, 1, 2], ids: expected });
    // An empty prompt begins with the token that the tokenizer names.
    const first = await generate(path, "--backend", "cpu", "--max-tokens", "1");
    expect(first.promptIds).toEqual([0]);
  });

  it("ends when it is stopped, with what it has", { timeout: 60_000 }, async () => {
    const args = ["generate", stories, "--backend", "cpu", "--max-tokens", "500"];
    // A tenth of a second is all that it takes: a signal may come too late.
    for (let attempt = 0; attempt < 10; attempt++) {
      const child = spawn(process.execPath, [...commandLine, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (chunk: Buffer) => {
        if (stdout === "") child.kill("SIGINT");
        stdout += chunk.toString();
      });
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const [status] = await once(child, "close");
      if (status === 0) continue;
      expect(status).toBe(1);
      const written = stdout.trim();
      expect(written).not.toBe("");
      const length = Math.min(written.length, text.trim().length);
      expect(written.slice(0, length)).toBe(text.slice(0, length));
      expect(stderr).toMatch(/Tokens a second: .+ generated \(\d+\)/);
      return;
    }
    expect.unreachable("it was never stopped");
  });
});
