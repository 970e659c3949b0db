import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../../../..");
/** Pages whose samples stand in them; those of other pages are files of the folder `snippets`. */
const PAGES = ["README.md", "packages/*/README.md", "apps/docs/{guide,concepts,reference}/*.md"];

/** Sources by the page that a sample stands in, and its number there: `README.md 1`. */
export type Samples = ReadonlyMap<string, string>;

/** Those that measure, or compute a whole model: seconds and more on a software adapter. */
export const LONG: readonly string[] = [
  "apps/docs/guide/select-and-compare.md 1",
  "packages/bench/README.md 1",
  "packages/bench/README.md 2",
  "packages/gpu-runtime/README.md 3",
  "packages/nn/README.md 1",
  "packages/nn/README.md 3",
  "apps/docs/guide/tuning.md 1",
];

/** The samples of TypeScript within pages. */
export function samplesInPages(): Samples {
  const samples = new Map<string, string>();
  for (const page of PAGES.flatMap((pattern) =>
    globSync(pattern, { cwd: repository }),
  ).toSorted()) {
    const text = readFileSync(resolve(repository, page), "utf8");
    for (const [index, [, source]] of [...text.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
      samples.set(`${page} ${index + 1}`, source as string);
    }
  }
  return samples;
}

const GPU = `import { openGpu } from "@papilio/gpu-runtime/node";\n`;
const OPENED = `${GPU}using gpu = await openGpu();\n`;

/** A small model, and adapters of it. */
const ADAPTERS = resolve(repository, "packages/nn/testdata/adapters/llama-8");

/** What a reader has before a sample, where it does not say so: small, as the tests run it. */
export const BEFORE: Readonly<Record<string, string>> = {
  "packages/bench/README.md 2": `${OPENED}
    import { Chain } from "@papilio/butterfly";
    const item = { chain: Chain.parse("2,4,4,2"), batch: 8, dtype: "f32", layout: "batch-last" };`,
  "packages/gpu-runtime/README.md 2": GPU,
  "packages/gpu-runtime/README.md 3": `${OPENED}
    import { KroneckerSparse, Pattern } from "@papilio/butterfly";
    const factor = KroneckerSparse.random(Pattern.parse("1,4,4,2"), { seed: 0 });
    const shape = { batch: 8, layout: "batch-last", dtype: "f32" };`,
  "packages/nn/README.md 3": `${OPENED}
    import { readFileSync } from "node:fs";
    import { Llama } from "@papilio/nn";
    import { assignStateDict, readLlama2c } from "@papilio/nn/weights";
    const { config, tensors } = readLlama2c(readFileSync("stories260K.bin"));
    const model = new Llama(config);
    assignStateDict(model.namedParameters(), tensors);
    const tokenizer = { encode: () => [1, 403, 407, 261], decode: (ids) => ids.join(" ") };`,
  "packages/nn/README.md 6": `
    import { Parameter } from "@papilio/nn/layers";
    import { saveStateDict as save } from "@papilio/nn/node";
    import { StoredTensor } from "@papilio/nn/weights";
    const stored = { name: "transformer.h.0.mlp.c_fc.weight", dtype: "F32", shape: [4, 2] };
    const bytes = new Uint8Array(Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]).buffer);
    await save("models/gpt2", new Map([[stored.name, new StoredTensor(stored, 32, () => bytes)]]));
    const model = { namedParameters: () => new Map([["h.0.mlp.c_fc.weight", new Parameter([2, 4])]]) };`,
  "packages/nn/README.md 7": `
    import { mkdirSync, writeFileSync } from "node:fs";
    mkdirSync("models/gpt2", { recursive: true });
    const vocab = Object.fromEntries(["?", "Once", "upon", "a", "time"].map((token, id) => [token, id]));
    const json = {
      pre_tokenizer: { type: "Whitespace" },
      model: { type: "WordLevel", vocab, unk_token: "?" },
    };
    writeFileSync("models/gpt2/tokenizer.json", JSON.stringify(json));
    writeFileSync("models/gpt2/tokenizer_config.json", "{}");`,
  "apps/docs/guide/tuning.md 1": `${OPENED}
    import { Chain } from "@papilio/butterfly";
    import { Graph } from "@papilio/nn/graph";
    import { ButterflyLinear } from "@papilio/nn/layers";
    const graph = new Graph();
    const x = graph.input("x", { vectors: 4, features: 4 });
    graph.output("y", new ButterflyLinear({ weight: Chain.squareDyadic(4) }).forward(x));`,
  "apps/docs/guide/adapters.md 1": `
    import { cpSync } from "node:fs";
    cpSync(${JSON.stringify(`${ADAPTERS}/base`)}, "llama", { recursive: true });
    cpSync(${JSON.stringify(`${ADAPTERS}/peft-boft`)}, "poems", { recursive: true });`,
  "apps/docs/guide/adapters.md 3": `
    import { cpSync, readFileSync } from "node:fs";
    cpSync(${JSON.stringify(`${ADAPTERS}/base`)}, "llama", { recursive: true });
    cpSync(${JSON.stringify(`${ADAPTERS}/peft-boft`)}, "poems", { recursive: true });
    cpSync(${JSON.stringify(`${ADAPTERS}/peft-lokr`)}, "rhymes", { recursive: true });
    const config = JSON.parse(readFileSync("llama/config.json", "utf8"));`,
  "apps/docs/guide/adapters.md 2": `
    import { readFileSync } from "node:fs";
    const read = (name) => readFileSync(${JSON.stringify(`${ADAPTERS}/`)} + name);
    const modelConfig = JSON.parse(read("base/config.json"));
    const modelFile = new Uint8Array(read("base/model.safetensors"));
    const adapterConfig = read("peft-lokr/adapter_config.json").toString();
    const adapterFile = new Uint8Array(read("peft-lokr/adapter_model.safetensors"));`,
  "apps/docs/guide/train-in-pytorch.md 1": `
    import { saveStateDict } from "@papilio/nn/node";
    import { StoredTensor } from "@papilio/nn/weights";
    const shapes = {
      ...{ "0.factors.0": [1, 16, 8, 8], "0.factors.1": [8, 8, 8, 1], "0.bias": [128] },
      ...{ "2.factors.0": [1, 8, 8, 16], "2.factors.1": [8, 8, 8, 2], "2.factors.2": [64, 2, 2, 1] },
      ...{ "2.bias": [100], "4.weight": [10, 100], "4.bias": [10] },
    };
    const trained = Object.entries(shapes).map(([name, shape]) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1);
      return [name, StoredTensor.of({ name, dtype: "F32", shape, values })];
    });
    await saveStateDict("digits.safetensors", new Map(trained));`,
  "apps/docs/guide/select-and-compare.md 1": `${OPENED}
    import { readFileSync } from "node:fs";
    const text = readFileSync("results.jsonl", "utf8");`,
};

/** Files that samples read, by their names in a reader's folder. */
export const FILES: Readonly<Record<string, string>> = {
  "results.jsonl": resolve(repository, "results/foundation-lavapipe.jsonl"),
  "stories260K.bin": resolve(repository, "packages/nn/testdata/stories260K/stories260K.bin"),
  "tok512.bin": resolve(repository, "packages/nn/testdata/stories260K/tok512.bin"),
};
