import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SentenceEncoder } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import type { Graph } from "@papilio/nn/graph";
import { beforeAll, describe, expect, it } from "vitest";
import { papilio, refusal } from "../testing/command-line.ts";
import { TOKENIZER, writeLlama, writeSentence, writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { loadModel, readConfig } from "./model-folder.ts";

const data = join(import.meta.dirname, "../../../../packages/nn/testdata/stories260K");
const stories = join(data, "stories260K.bin");
const folder = temporaryFolder();

beforeAll(async () => {
  await writeVision(folder.at("vision"));
  await writeLlama(folder.at("llama"));
});

describe("papilio generate", () => {
  const alone = folder.write("alone.bin", readFileSync(stories));
  const other = folder.write(
    "tokenizer-of-another.json",
    JSON.stringify({
      ...TOKENIZER,
      added_tokens: [],
      model: { ...TOKENIZER.model, vocab: { "<s>": 600 } },
    }),
  );
  // Of llama2.c's, without what comes after its tokens of bytes: it would be found out in the middle.
  const bin = readFileSync(join(data, "tok512.bin"));
  let end = 4;
  for (let token = 0; token < 259; token++) end += 8 + bin.readInt32LE(end + 4);
  const smaller = folder.write("tok-smaller.bin", bin.subarray(0, end));

  it.each([
    ["INPUT_UNREADABLE", folder.at("nothing"), []],
    ["TOKENIZER_MISSING", alone, []],
    ["TOKENIZER_MISSING", stories, ["--tokenizer", folder.at("nothing.json")]],
    ["TOKENIZER_FILE", stories, ["--tokenizer", stories]],
    ["TOKENIZER_MISMATCH", stories, ["--tokenizer", other]],
    ["TOKENIZER_MISMATCH", stories, ["--tokenizer", smaller]],
    ["TOKENIZER_MISMATCH", folder.at("llama"), ["--tokenizer", other]],
    ["TOKENIZER_MISMATCH", folder.at("llama"), ["--tokenizer", join(data, "tok512.bin")]],
    ["FILE_HEADER", join(data, "reference.json"), []],
    ["INPUT_UNREADABLE", folder.path, []],
    ["CONTEXT_LENGTH", stories, ["--context", "513"]],
    ["CONTEXT_LENGTH", stories, ["--context", "2", "--prompt", "a b c d e"]],
    ["FLAG_INVALID", stories, ["--dtype", "f8"]],
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

  it("goes on when a token of a padded vocabulary wins, which has no text", async () => {
    // The model has eight tokens, and the tokenizer four: as 50,304 and 50,257 of GPT-2's.
    const padded = await writeLlama(folder.at("padded"));
    const fewer = { "<s>": 0, a: 1, b: 2, c: 3 };
    const json = { ...TOKENIZER, model: { ...TOKENIZER.model, vocab: fewer } };
    writeFileSync(join(padded, "tokenizer.json"), JSON.stringify(json));
    const args = ["--temperature", "1", "--seed", "3", "--max-tokens", "24", "--prompt", "a b"];
    const run = await papilio("generate", padded, "--backend", "cpu", "--json", ...args);
    expect(run.status).toBe(0);
    const { ids, text } = JSON.parse(run.stdout) as { ids: number[]; text: string };
    expect(ids.filter((id) => id >= 4).length).toBeGreaterThan(0);
    const words = ids.flatMap((id) => ["", "a", "b", "c"][id] || []);
    expect(text.split(" ").filter((word) => word !== "")).toEqual(words);
  });

  it("is refused where it classifies images, or its config.json is wrong", async () => {
    const vision = await writeVision(folder.at("vision"));
    writeFileSync(join(vision, "tokenizer.json"), "{}");
    const generated = await refusal("generate", vision, "--backend", "cpu");
    expect(generated.line).toContain("papilio: error MODEL_KIND: ");
    const llama = await writeLlama(folder.at("stretched"));
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

describe("a folder of sentence-transformers", () => {
  it("is read with its modules, and refused with what is not computed", async () => {
    const sentence = await writeSentence(folder.at("sentence"));
    const write = (name: string, contents: unknown): void => {
      mkdirSync(join(sentence, dirname(name)), { recursive: true });
      writeFileSync(join(sentence, name), JSON.stringify(contents));
    };
    const type = (name: string): string => `sentence_transformers.models.${name}`;
    const config = { word_embedding_dimension: 8, pooling_mode_mean_tokens: false };
    write("modules.json", [
      { idx: 0, name: "0", path: "", type: type("Transformer") },
      { idx: 1, name: "1", path: "1_Pooling", type: type("Pooling") },
    ]);
    write("1_Pooling/config.json", { ...config, pooling_mode_cls_token: true });
    const signal = new AbortController().signal;
    const graph = async (): Promise<Graph> => {
      const model = await loadModel(sentence, await readConfig(sentence), signal);
      return (model as SentenceEncoder).trace({ sequences: 1, tokens: 3 });
    };
    const inputs = { ids: Uint32Array.of(1, 2, 3), lengths: Uint32Array.of(3) };
    const norm = async (): Promise<number> => {
      const { embeddings } = new CpuModel(await graph()).runNow(inputs);
      return Math.hypot(...(embeddings as Float32Array));
    };
    // The last thing that a BERT does is a layer norm: over 8 features its vectors have the length sqrt(8).
    expect(await norm()).toBeCloseTo(Math.sqrt(8), 3);
    write("1_Pooling/config.json", { ...config, pooling_mode_lasttoken: true });
    await expect(graph()).rejects.toThrow(
      expect.objectContaining({
        code: "CONFIG_UNSUPPORTED",
        message: expect.stringContaining("pooling_mode_lasttoken"),
      }),
    );
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
    ["INPUT_UNREADABLE", ".", ["--input", "ids=one.csv"]],
    ["INPUT_UNREADABLE", "nothing", ["--input", "ids=one.csv"]],
    ["FLAG_INVALID", "llama", []],
  ])("refuses with %s: %s %j", async (code, model, args) => {
    folder.write("one.csv", "1,2,3");
    folder.write("ids.csv", "1,2,3,4\n5,6,0,0\n");
    folder.write("eight.csv", "1,8");
    folder.write("half.csv", "1,0.5");
    folder.write("words.csv", "one,two");
    folder.write("ragged.csv", "1,2\n3");
    folder.write("long.csv", Array.from({ length: 33 }, () => 1).join());
    const placed = args.map((text) => text.replace(/=(.+)/, (_, name) => `=${folder.at(name)}`));
    const { status, line, stdout } = await refusal(
      "run",
      folder.at(model),
      ...placed,
      "--backend",
      "cpu",
    );
    expect(line).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});

describe("papilio bench-model", () => {
  it.each([
    ["MODEL_UNKNOWN", ["vit-s17"]],
    ["FLAG_INVALID", ["vit-s16", "--tokens", "8"]],
    ["FLAG_INVALID", ["vit-s16", "--images", "0"]],
    ["FLAG_INVALID", ["vit-s16", "--images", "1025"]],
    ["FLAG_INVALID", ["vit-s16", "--images", "2", "--verify", "3"]],
    ["FLAG_INVALID", ["vit-s16", "--linear", "sparse"]],
    ["FLAG_INVALID", ["vit-s16", "--engine", "tvm"]],
    ["FLAG_INVALID", ["vit-s16", "--backend", "npu"]],
    ["FLAG_INVALID", ["gpt2-decode", "--tokens", "1025"]],
    ["FLAG_INVALID", ["minilm-l6", "--tokens", "3"]],
    ["FLAG_INVALID", ["gpt2", "--sequences", "2"]],
    ["FLAG_INVALID", ["gpt2-decode", "--sequences", "1"]],
    ["FLAG_INVALID", ["gcn-cora", "--sentences", "3"]],
    ["USAGE", ["vit-s16", "--pattern", "1,2,2,2"]],
    ["USAGE", ["vit-s16", "--time-budget", "1h"]],
    ["USAGE", []],
    ["OUTPUT_UNWRITABLE", ["vit-s16", "--json", folder.at("no", "folder.json")]],
  ])("refuses with %s: %j", async (code, args) => {
    const { status, stdout, line } = await refusal("bench-model", ...args);
    expect(line).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});
