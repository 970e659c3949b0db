import { type Llama, TextGenerator } from "@papilio/nn";
import { applyAdapters, mergeAdapter, readAdapter } from "@papilio/nn/adapters";
import type { Decoder } from "@papilio/nn/models";
import { StoredTensor } from "@papilio/nn/weights";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelServer } from "./server.ts";
import { stories, vision } from "./testing/models.ts";

const TOKENS = 12;

/** A change of rank 1 of what follows attention in the first layer, large enough to change texts. */
function adapterOf(model: Llama, seed: number): ReturnType<typeof readAdapter> {
  const features = model.config.features;
  const tensor = (part: string, shape: readonly number[]): readonly [string, StoredTensor] => {
    const name = `base_model.model.model.layers.0.self_attn.o_proj.${part}.weight`;
    const values = Float32Array.from({ length: features }, (_, index) =>
      Math.sin(seed * (index + 1)),
    );
    return [name, StoredTensor.of({ name, dtype: "F32", shape, values })];
  };
  const state = new Map([tensor("lora_A", [1, features]), tensor("lora_B", [features, 1])]);
  const config = { peft_type: "LORA", r: 1, lora_alpha: 2, target_modules: ["0.self_attn.o_proj"] };
  return readAdapter(model, { state, config });
}

/** Ids that the model alone continues with, the adapter merged into it. */
async function mergedIds(seed: number | undefined): Promise<number[]> {
  const model = stories().model as Llama;
  if (seed !== undefined) mergeAdapter(model, adapterOf(model, seed));
  using generator = TextGenerator.onCpu(model, { context: 64 });
  const ids: number[] = [];
  for await (const { id } of generator.generate([1], { maxTokens: TOKENS })) ids.push(id);
  return ids;
}

let server: ModelServer;
beforeAll(async () => {
  const definition = stories();
  const model = definition.model as Llama;
  const adapted = (seed: number): Decoder =>
    applyAdapters(model, [{ adapter: adapterOf(model, seed) }]);
  const adapters = { one: adapted(1), two: adapted(2) };
  server = await ModelServer.create({ models: [{ ...definition, context: 64, adapters }] });
});
afterAll(() => server.dispose());

const post = (path: string, body: object): Promise<Response> =>
  server.fetch(
    new Request(`http://localhost${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

async function served(model: string): Promise<{ model: string; text: string }> {
  const asked = { model, prompt: [1], temperature: 0, max_tokens: TOKENS };
  const answer = await (await post("/v1/completions", asked)).json();
  return { model: answer.model, text: answer.choices[0].text };
}

describe("a model with adapters", () => {
  it("is served by its name, and with each of them, all at once", async () => {
    const names = ["stories260K", "stories260K:one", "stories260K:two"];
    const list = await (await server.fetch(new Request("http://localhost/v1/models"))).json();
    expect(list.data.map(({ id }: { id: string }) => id)).toEqual(names);
    const { tokenizer } = stories();
    const answers = await Promise.all([...names, ...names].map(served));
    const texts = await Promise.all(
      [undefined, 1, 2].map(async (seed) => {
        const stream = tokenizer?.decodeStream();
        stream?.push(1);
        const ids = await mergedIds(seed);
        return ids.map((id) => stream?.push(id) ?? "").join("") + (stream?.end() ?? "");
      }),
    );
    expect(new Set(texts).size).toBe(3);
    const expected = names.map((model, index) => ({ model, text: texts[index] }));
    expect(answers).toEqual([...expected, ...expected]);
  });

  it("is not there with others, nor by its tensors", async () => {
    const unknown = await post("/v1/completions", { model: "stories260K:three", prompt: "a" });
    expect(unknown.status).toBe(404);
    const tensors = await server.fetch(new Request("http://localhost/v2/models/stories260K:one"));
    expect(tensors.status).toBe(404);
  });

  it("is refused where names are the same, or where it continues no text", async () => {
    const text = stories();
    const model = text.model as Llama;
    const adapters = { one: applyAdapters(model, [{ adapter: adapterOf(model, 1) }]) };
    const twice = [
      { ...text, adapters },
      { ...stories(), name: "stories260K:one" },
    ];
    await expect(ModelServer.create({ models: twice })).rejects.toMatchObject({
      code: "SERVED_NAME",
    });
    const images = { ...vision(), adapters };
    await expect(ModelServer.create({ models: [images] })).rejects.toMatchObject({
      code: "SERVED_MODEL",
    });
  });
});
