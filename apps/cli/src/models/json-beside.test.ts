import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { writeLlama, writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

const llama = await writeLlama(folder.at("llama"));
const vision = await writeVision(folder.at("vision"));
const image = folder.write("x.csv", Array(192).fill(0).join(","));
const ONE_TOKEN = ["--backend", "cpu", "--prompt", "a", "--max-tokens", "1"];

const HOSTILE = ["null", "[]", "3", '"x"', "{", "", `${"[".repeat(1e5)}`, '{"a":'.repeat(1e5)];

describe("a JSON file beside a model that holds anything", () => {
  it.each(
    HOSTILE.flatMap((text) =>
      [
        ["generation_config.json", llama, ["generate", llama, ...ONE_TOKEN]] as const,
        ["tokenizer_config.json", llama, ["generate", llama, ...ONE_TOKEN]] as const,
        [
          "preprocessor_config.json",
          vision,
          ["classify", vision, "--input", image, "--backend", "cpu"],
        ] as const,
      ].map(([name, model, args]) => [name, text.slice(0, 20), { text, model, args }] as const),
    ),
  )("is ignored or refused with a code: %s, %j", async (name, _, { text, model, args }) => {
    const file = join(model, name);
    writeFileSync(file, text);
    const { status, stderr } = await papilio(...args);
    if (name === "tokenizer_config.json") writeFileSync(file, '{"bos_token":"<s>"}');
    else rmSync(file);
    expect(status).toBeOneOf([0, 2]);
    if (status !== 0) expect(stderr).toMatch(/papilio: error (?!UNEXPECTED)[A-Z_]+: /);
  });
});
