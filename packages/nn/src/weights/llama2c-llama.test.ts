import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import { Llama } from "../models/llama.ts";
import { llama2cTokenizer } from "../tokenizers/llama2c.ts";
import { assignStateDict } from "./assign-state-dict.ts";
import { readLlama2c } from "./llama2c.ts";

const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../testdata/stories260K/${name}`, import.meta.url)));

it("a file of llama2.c tells the story of the reference", () => {
  const reference = JSON.parse(new TextDecoder().decode(read("reference.json"))) as {
    greedyIds: number[];
    text: string;
  };
  const { config, tensors } = readLlama2c(read("stories260K.bin"));
  const model = new Llama(config);
  expect(assignStateDict(model.namedParameters(), tensors)).toEqual({
    missing: [],
    unexpected: [],
    shapeMismatches: [],
  });
  const tokenizer = llama2cTokenizer(read("tok512.bin"));
  const stream = tokenizer.decodeStream();
  const step = new CpuModel(model.traceStep({ tokens: 1, context: 64 }), {
    states: new CpuStates(),
  });
  let id = tokenizer.beginOfSequence as number;
  let text = "";
  for (let position = 0; position < 40; position++) {
    const { logits } = step.runNow({
      ids: Uint32Array.of(id),
      position: Uint32Array.of(position),
      last: Uint32Array.of(0),
    });
    const values = [...(logits as Float32Array)];
    id = values.indexOf(Math.max(...values));
    expect(id).toBe(reference.greedyIds[position]);
    text += stream.push(id);
  }
  expect(text).toBe(reference.text.slice(0, text.length));
});
