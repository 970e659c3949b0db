import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import { CpuWeightStore } from "../backends/cpu/cpu-weight-store.ts";
import { Llama } from "../models/llama.ts";
import { difference } from "../testing/draw.ts";
import { stepsOnCpu } from "./steps.ts";

const VOCABULARY = 40;
const [CONTEXT, CHUNK] = [80, 48];
const model = new Llama({
  vocabulary: VOCABULARY,
  features: 16,
  hidden: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  positions: 96,
  seed: 2,
});

const shared = (dtype?: "f16"): { states: CpuStates; weights: CpuWeightStore } => {
  return { states: new CpuStates(), weights: new CpuWeightStore(dtype && { dtype }) };
};

it("weights on the CPU may be in half precision", async () => {
  const ids = Uint32Array.of(3, 1, 4, 1, 5);
  const whole = new CpuModel(model.trace({ tokens: ids.length }), { precision: "float64" });
  const expected = (whole.runNow({ ids }).logits as Float64Array).slice(-VOCABULARY);
  using steps = stepsOnCpu(model, { context: 16, chunk: 16 }, shared("f16"));
  const { tokens, model: program } = steps.forPrompt(ids.length);
  const own = new Uint32Array(tokens);
  own.set(ids);
  const { logits } = await program.run({
    ids: own,
    position: Uint32Array.of(0),
    last: Uint32Array.of(4),
  });
  const { error, magnitude } = difference(logits as Float32Array, expected);
  // Rounded weights, and not those of single precision.
  expect(error).toBeLessThan(2 ** -7 * magnitude);
  expect(error).toBeGreaterThan(2 ** -20 * magnitude);
});

it("the rest of a prompt on the CPU has a program of about its own size", async () => {
  using steps = stepsOnCpu(model, { context: CONTEXT, chunk: CHUNK }, shared());
  const sizes = [1, 2, 16, 17, 33, 48, 70].map((tokens) => steps.forPrompt(tokens).tokens);
  expect(sizes).toEqual([1, 16, 16, 32, 48, 48, 48]);
  expect(steps.forPrompt(20)).toEqual(steps.forPrompt(32));
  await steps.prepare();
  const ids = Uint32Array.from({ length: 67 }, (_, index) => (index * 7) % VOCABULARY);
  const whole = new CpuModel(model.trace({ tokens: ids.length }), { precision: "float64" });
  const expected = whole.runNow({ ids }).logits as Float64Array;
  // Programs share the cache: a chunk, then a rest of 18, then one.
  for (const [position, count] of [
    [0, 48],
    [48, 18],
    [66, 1],
  ] as const) {
    const { tokens, model: program } = steps.forPrompt(count);
    const own = new Uint32Array(tokens);
    own.set(ids.subarray(position, position + count));
    const place = { position: Uint32Array.of(position), last: Uint32Array.of(count - 1) };
    const { logits } = await program.run({ ids: own, ...place });
    const end = (position + count) * VOCABULARY;
    const right = expected.subarray(end - VOCABULARY, end);
    expect(difference(logits as Float32Array, right).error).toBeLessThan(1e-5);
  }
});
