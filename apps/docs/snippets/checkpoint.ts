import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gpt2 } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import { loadStateDict, saveStateDict } from "@papilio/nn/node";
import { assignStateDict } from "@papilio/nn/weights";

const sizes = {
  vocabulary: 50,
  features: 16,
  layers: 1,
  heads: 2,
  positions: 8,
} as const;

// What a training script in Python leaves: safetensors with its names.
const folder = await mkdtemp(join(tmpdir(), "papilio-checkpoint-"));
const trained = new Gpt2({ ...sizes, seed: 1 });
const exported = new Map(
  [...trained.namedParameters()].map(([name, { shape, values }]) => [
    `transformer.${name}`,
    { shape, values },
  ]),
);
await saveStateDict(folder, exported, { dtype: "F32" });

// Here a model of the same sizes takes them, renamed.
const model = new Gpt2(sizes);
const state = await loadStateDict(folder);
const differences = assignStateDict(model.namedParameters(), state, {
  rename: [[/^transformer\./, ""]],
});
console.log(differences.missing.length, differences.unexpected.length); // 0 0

const inputs = {
  ids: Uint32Array.of(1, 2, 3),
  position: Uint32Array.of(0),
  last: Uint32Array.of(2),
};
const logits = [trained, model].map((each) => {
  const graph = each.traceStep({ tokens: 3, context: 8 });
  return new CpuModel(graph).runNow(inputs).logits as Float32Array;
});
console.log(logits[0]?.every((value, i) => value === logits[1]?.[i])); // true
await rm(folder, { recursive: true });
