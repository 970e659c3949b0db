import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Gpt2, modelFromHuggingFace, TextGenerator } from "@papilio/nn";
import { loadStateDict } from "@papilio/nn/node";
import { huggingFaceTokenizer } from "@papilio/nn/tokenizers";

// What `papilio train` wrote: a model of characters whose layers are butterflies.
const folder = fileURLToPath(
  new URL("../public/models/shakespeare/", import.meta.url),
);
const config = JSON.parse(
  await readFile(`${folder}config.json`, "utf8"),
);
const model = modelFromHuggingFace(config, await loadStateDict(folder));
if (!(model instanceof Gpt2)) throw new Error("It continues no text.");
console.log(model.parameterCount); // 318336

const tokenizer = await huggingFaceTokenizer(
  await readFile(`${folder}tokenizer.json`),
);
using generator = await TextGenerator.create(model);
let text = "";
const options = { maxTokens: 14, temperature: 0 };
for await (const { id } of generator.generate(
  tokenizer.encode("ROMEO:\n"),
  options,
)) {
  text += tokenizer.decode([id]);
}
console.log(text); // I will not the
