import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "./testing/command-line.ts";
import { TOKENIZER, writeLlama, writeVision } from "./testing/model-folders.ts";

const data = join(import.meta.dirname, "../../../packages/nn/testdata/stories260K");
const stories = join(data, "stories260K.bin");
const folder = mkdtempSync(join(tmpdir(), "papilio-models-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

beforeAll(async () => {
  await writeVision(join(folder, "vision"));
  await writeLlama(join(folder, "llama"));
});

describe("papilio generate", () => {
  const alone = join(folder, "alone.bin");
  writeFileSync(alone, readFileSync(stories));
  const other = join(folder, "tokenizer-of-another.json");
  writeFileSync(
    other,
    JSON.stringify({
      ...TOKENIZER,
      added_tokens: [],
      model: { ...TOKENIZER.model, vocab: { "<s>": 600 } },
    }),
  );
  // Of llama2.c's, without what comes after its tokens of bytes: it would be found out in the middle.
  const smaller = join(folder, "tok-smaller.bin");
  const bin = readFileSync(join(data, "tok512.bin"));
  let end = 4;
  for (let token = 0; token < 259; token++) end += 8 + bin.readInt32LE(end + 4);
  writeFileSync(smaller, bin.subarray(0, end));

  it.each([
    ["INPUT_UNREADABLE", join(folder, "nothing"), []],
    ["TOKENIZER_MISSING", alone, []],
    ["TOKENIZER_MISSING", stories, ["--tokenizer", join(folder, "nothing.json")]],
    ["TOKENIZER_FILE", stories, ["--tokenizer", stories]],
    ["TOKENIZER_MISMATCH", stories, ["--tokenizer", other]],
    ["TOKENIZER_MISMATCH", stories, ["--tokenizer", smaller]],
    ["TOKENIZER_MISMATCH", join(folder, "llama"), ["--tokenizer", other]],
    ["TOKENIZER_MISMATCH", join(folder, "llama"), ["--tokenizer", join(data, "tok512.bin")]],
    ["FILE_HEADER", join(data, "reference.json"), []],
    ["INPUT_UNREADABLE", folder, []],
    ["CONTEXT_LENGTH", stories, ["--context", "513"]],
    ["CONTEXT_LENGTH", stories, ["--context", "2", "--prompt", "a b c d e"]],
    ["FLAG_INVALID", stories, ["--dtype", "f16"]],
    ["FLAG_INVALID", stories, ["--temperature", "hot"]],
    ["FLAG_INVALID", stories, ["--max-tokens", "0"]],
    ["FLAG_INVALID", stories, ["--top-p", "2"]],
    ["USAGE", stories, ["--stop"]],
  ])("is refused with %s: %s %j", async (code, model, args) => {
    const { status, stdout, line } = await refusal("generate", model, "--backend", "cpu", ...args);
    expect(line).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });

  it("is refused where it classifies images, or its config.json is wrong", async () => {
    const vision = await writeVision(join(folder, "vision"));
    writeFileSync(join(vision, "tokenizer.json"), "{}");
    const generated = await refusal("generate", vision, "--backend", "cpu");
    expect(generated.line).toContain("papilio: error MODEL_KIND: ");
    const llama = await writeLlama(join(folder, "stretched"));
    const path = join(llama, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as object;
    for (const [code, changes] of [
      ["CONFIG_UNSUPPORTED", { rope_scaling: { rope_type: "llama3", factor: 8 } }],
      ["CONFIG_INVALID", { hidden_size: -8 }],
      ["CONFIG_INVALID", { model_type: undefined }],
      ["STATE_DICT_MISMATCH", { intermediate_size: 16 }],
    ] as const) {
      writeFileSync(path, JSON.stringify({ ...config, ...changes }));
      const { status, line } = await refusal("generate", llama, "--backend", "cpu");
      expect(line).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`));
      expect(status).toBe(2);
    }
  });
});

describe("papilio run", () => {
  it.each([
    ["INPUT_MISSING", "vision", ["--input", "pixels=ids.csv"]],
    ["INPUT_UNREADABLE", "vision", ["--input", "images=nothing.npy"]],
    ["INPUT_SHAPE", "vision", ["--input", "images=ids.csv"]],
    ["INPUT_MISSING", "llama", ["--input", "ids=one.csv", "--input", "lengths=one.csv"]],
    ["INDEX_RANGE", "llama", ["--input", "ids=eight.csv"]],
    ["INDEX_RANGE", "llama", ["--input", "ids=half.csv"]],
    ["INPUT_UNREADABLE", "llama", ["--input", "ids=words.csv"]],
    ["INPUT_SHAPE", "llama", ["--input", "ids=ragged.csv"]],
    ["CONTEXT_LENGTH", "llama", ["--input", "ids=long.csv"]],
    ["OUTPUT_UNKNOWN", "llama", ["--input", "ids=one.csv", "--output", "y=y.npy"]],
    ["FLAG_INVALID", "llama", ["--input", "one.csv"]],
    ["FLAG_INVALID", "llama", ["--input", "ids=one.csv", "--input", "ids=one.csv"]],
    ["FLAG_INVALID", "llama", ["--input", "ids=one.csv", "--plan"]],
    ["INPUT_UNREADABLE", ".", ["--input", "ids=one.csv"]],
    ["INPUT_UNREADABLE", "nothing", ["--input", "ids=one.csv"]],
    ["USAGE", "llama", []],
  ])("refuses with %s: %s %j", async (code, model, args) => {
    file("one.csv", "1,2,3");
    file("ids.csv", "1,2,3,4\n5,6,0,0\n");
    file("eight.csv", "1,8");
    file("half.csv", "1,0.5");
    file("words.csv", "one,two");
    file("ragged.csv", "1,2\n3");
    file("long.csv", Array.from({ length: 33 }, () => 1).join());
    const placed = args.map((text) => text.replace(/=(.+)/, (_, name) => `=${join(folder, name)}`));
    const { status, line, stdout } = await refusal(
      "run",
      join(folder, model),
      ...placed,
      "--backend",
      "cpu",
    );
    expect(line).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});

describe("papilio bench --model", () => {
  it.each([
    ["MODEL_UNKNOWN", ["--model", "vit-s17"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--tokens", "8"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--images", "0"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--images", "1025"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--images", "2", "--verify", "3"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--linear", "sparse"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--pattern", "1,2,2,2"]],
    ["FLAG_INVALID", ["--model", "vit-s16", "--time-budget", "1h"]],
    ["OUTPUT_UNWRITABLE", ["--model", "vit-s16", "--json", join(folder, "no", "folder.json")]],
  ])("refuses with %s: %j", async (code, args) => {
    const { status, stdout, line } = await refusal("bench", ...args);
    expect(line).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});
