import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Llama, TextGenerator } from "@papilio/nn";
import type { LinearFactory } from "@papilio/nn/layers";
import { assignStateDict, readLlama2c } from "@papilio/nn/weights";

const FILE = "../../packages/nn/testdata/stories260K/stories260K.bin";
const BEGIN = 1;
/** Stories that it writes, of so many tokens at most; the last ones are not trained on. */
const [STORIES, TOKENS, HELD] = [1000, 256, 100];
const SEED = 20260101;

/** stories260K, and what it wrote. */
export interface Stories {
  readonly teacher: Llama;
  readonly trained: Uint32Array;
  readonly validated: Uint32Array;
  readonly tested: Uint32Array;
}

let read: Promise<Stories> | undefined;

/** Samples at a temperature of 1, always the same, one after the other with the token that begins each. */
export function stories(): Promise<Stories> {
  read ??= write();
  return read;
}

/** A model of its sizes whose linear layers are made by a factory, its tables and norms those of stories260K. */
export function storyModel(linear: LinearFactory, seed: number): Llama {
  const { config, tensors } = file();
  const model = new Llama({ ...config, linear: { projection: linear, ffn: linear }, seed });
  for (const [name, parameter] of model.namedParameters()) {
    const isLinear = /self_attn|mlp/.test(name);
    const known = isLinear ? undefined : tensors.get(name)?.toReal("float32");
    if (known !== undefined) parameter.values = Float32Array.from(known);
  }
  return model;
}

function file(): ReturnType<typeof readLlama2c> {
  return readLlama2c(Uint8Array.from(readFileSync(join(import.meta.dirname, FILE))));
}

/** stories260K itself. */
export function trainedStoryModel(): Llama {
  const { config, tensors } = file();
  const model = new Llama(config);
  assignStateDict(model.namedParameters(), tensors);
  return model;
}

async function write(): Promise<Stories> {
  const teacher = trainedStoryModel();
  using generator = TextGenerator.onCpu(teacher, { context: TOKENS });
  const parts: { trained: number[]; validated: number[]; tested: number[] } = {
    ...{ trained: [], validated: [], tested: [] },
  };
  for (let story = 0; story < STORIES; story++) {
    const left = STORIES - story;
    const part = left > 2 * HELD ? "trained" : left > HELD ? "validated" : "tested";
    parts[part].push(BEGIN);
    const options = { maxTokens: TOKENS - 1, temperature: 1, seed: SEED + story };
    for await (const { id } of generator.generate([BEGIN], { ...options, stopTokens: [BEGIN] })) {
      parts[part].push(id);
    }
  }
  return {
    teacher,
    trained: Uint32Array.from(parts.trained),
    validated: Uint32Array.from(parts.validated),
    tested: Uint32Array.from(parts.tested),
  };
}
