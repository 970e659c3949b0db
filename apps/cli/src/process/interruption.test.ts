import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { formatRecord } from "@papilio/bench/results";
import { hadamard } from "@papilio/butterfly/constructions";
import { saveButterflies, writeNpy } from "@papilio/butterfly/files";
import { beforeAll, describe, expect, it } from "vitest";
import { Outputs } from "../files/outputs.ts";
import { papilio, papilioUntil } from "../testing/command-line.ts";
import { writeLlama, writeVision } from "../testing/model-folders.ts";
import { RUN } from "../testing/results-records.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { Interruption } from "./interruption.ts";

const folder = temporaryFolder();
const path = (name: string): string => folder.at(name);

beforeAll(async () => {
  folder.write("a.npy", writeNpy(Float32Array.from({ length: 16 }, Math.sin), [4, 4]));
  folder.write("x.npy", writeNpy(new Float32Array(192), [1, 3, 8, 8]));
  folder.write("h.safetensors", saveButterflies({ h: hadamard(4) }));
  folder.write("text", "to be or not to be");
  folder.write("r.jsonl", formatRecord(RUN));
  await writeLlama(path("llama"));
  await writeVision(path("vit"));
});

const COMMANDS: readonly (readonly string[])[] = [
  ["bench", "--pattern", "2,8,4,4", "--json", path("out")],
  ["bench-model", "vit-s16", "--json", path("out")],
  ["bench-traffic", "--pattern", "2,8,4,4", "--batch", "8", "--json", path("out")],
  ["classify", path("vit"), "--input", path("x.npy")],
  ["compare", path("r.jsonl"), path("r.jsonl")],
  ["convert", path("h.safetensors"), path("out")],
  ["doctor"],
  ["factorize", path("a.npy"), "--out", path("out")],
  ["generate", path("llama"), "--backend", "cpu"],
  ["inspect", path("h.safetensors"), "--svg", path("out")],
  ["multiply", path("h.safetensors"), "--input", path("a.npy"), "--out", path("out")],
  ["quantize", path("h.safetensors"), "--dtype", "q8", "--out", path("out")],
  ["report", path("r.jsonl"), "--out", path("out")],
  ["rotate", path("vit"), "--out", path("out")],
  ["run", path("vit"), "--input", `images=${path("x.npy")}`, "--output", `logits=${path("out")}`],
  ["select", "--pattern", "2,8,4,4", "--offline", "--results", path("r.jsonl")],
  ["serve", path("llama"), "--backend", "cpu", "--port", "0"],
  ["serve", "--nats", "nats://127.0.0.1:1", "--port", "0"],
  ["train", path("text"), "--model", "gpt2", "--out", path("out")],
  ["bench", "--nats", "nats://127.0.0.1:1", "--json", path("out")],
  ["worker", "--bench", "--nats", "nats://127.0.0.1:1"],
  ["worker", path("vit"), "--nats", "nats://127.0.0.1:1"],
];

describe("a command that is interrupted", () => {
  it.each(COMMANDS)("does not begin where the signal came before it: %s %s", async (...args) => {
    const interruption = new Interruption();
    interruption.interrupt();
    const finished = await papilioUntil(interruption, ...args);
    expect(finished).toEqual({
      status: 1,
      stdout: "",
      stderr: "papilio: error INTERRUPTED: The work was stopped. Hint: Run it again.\n",
    });
    expect(readdirSync(folder.path)).not.toContain("out");
  });

  it.skipIf(process.platform === "win32")(
    "is not waited for in the midst of its work",
    async () => {
      const interruption = new Interruption();
      const pipe = path("pipe");
      execFileSync("mkfifo", [pipe]);
      const running = papilioUntil(interruption, "inspect", pipe, "--svg", path("out"));
      // Opened for reading too, which does not wait for the command.
      const writer = await open(pipe, "r+");
      setTimeout(() => interruption.interrupt(), 20);
      const { status, stderr } = await running;
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining("error INTERRUPTED"),
      });
      await writer.close();
      expect(readdirSync(folder.path)).not.toContain("out");
    },
  );

  it("writes none of its files when they are to take their places", async () => {
    const interruption = new Interruption();
    const outputs = await Outputs.open(
      [
        { path: path("out"), writer: "papilio report" },
        { path: path("other"), writer: "papilio report" },
      ],
      { inputs: [], force: false, interruption },
    );
    const before = readdirSync(folder.path);
    const contents = function* (): Generator<[string, string]> {
      yield [path("out"), "x"];
      interruption.interrupt();
      yield [path("other"), "y"];
    };
    await expect(outputs.write(contents())).rejects.toThrow(
      expect.objectContaining({ code: "INTERRUPTED" }),
    );
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it("ends by itself where it has something to keep", async () => {
    const interruption = new Interruption();
    const held = interruption.hold();
    const ended: string[] = [];
    const over = interruption.over.catch(() => ended.push("over"));
    interruption.interrupt();
    expect(interruption.signal.aborted).toBe(true);
    await Promise.resolve();
    expect(ended).toEqual([]);
    held[Symbol.dispose]();
    await over;
    expect(ended).toEqual(["over"]);
  });
});

it("every command's help ends with its exit statuses", async () => {
  const { stdout: help } = await papilio("--help");
  expect(help).toMatch(/Exit status: 0; 1 when .+; 2 for .+\./);
  const names = new Set(COMMANDS.map(([name]) => name as string));
  const listed = [...help.matchAll(/^ {2}([a-z-]+) (?:\[|<)/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(["help", ...names].toSorted());
  for (const name of names) {
    const { stdout } = await papilio(name, "--help");
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(
      /^Exit status: 0; 1 when (.+, or )?the work failed or was stopped; 2 for input that cannot be used(, or .+)?\.$/,
    );
  }
});
