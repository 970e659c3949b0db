import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeNpy } from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { deviceFlags, papilio } from "../testing/command-line.ts";
import { writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const data = join(import.meta.dirname, "../../../../packages/nn/testdata/stories260K");
const folder = temporaryFolder();

const PLACES: readonly (readonly [string, readonly string[]])[] = [
  ["the CPU", ["--backend", "cpu"]],
  ["the adapter", deviceFlags],
];

describe.each(PLACES)("NaN on %s", (_, flags) => {
  it.each([[], ["--temperature", "0.8", "--top-k", "5"], ["--temperature", "1", "--top-p", "0.9"]])(
    "ends a generation with %s",
    async (...sampling) => {
      const bytes = readFileSync(join(data, "stories260K.bin"));
      // The first number of the embedding of the token that begins a text, after 7 fields of 4 bytes.
      bytes.writeFloatLE(Number.NaN, 28 + 64 * 4);
      const file = folder.write("nan.bin", bytes);
      const tokenizer = ["--tokenizer", join(data, "tok512.bin")];
      const reported = await papilio("generate", file, ...tokenizer, ...sampling, ...flags);
      expect(reported.stderr).toContain(
        "papilio: error LOGITS_INVALID: Logit 0 of 512 for the next token",
      );
      expect(reported.stdout).toBe("");
      expect(reported.status).toBe(1);
    },
  );

  it("ends a classification", async () => {
    const model = await writeVision(folder.at("vision"));
    const pixels = new Float32Array(3 * 8 * 8).fill(0.5);
    pixels[17] = Number.NaN;
    const file = folder.write("nan.npy", writeNpy(pixels, [3, 8, 8]));
    const reported = await papilio("classify", model, "--input", file, ...flags);
    expect(reported.stderr).toContain("papilio: error LOGITS_INVALID: Logit 0 of 5 for image 0 of");
    expect(reported.stdout).toBe("");
    expect(reported.status).toBe(1);
  });
});
