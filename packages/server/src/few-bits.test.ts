import { BatchGenerator } from "@papilio/nn";
import type { Decoder } from "@papilio/nn/models";
import { expect, it } from "vitest";
import { ModelServer } from "./server.ts";
import { stories, vision } from "./testing/models.ts";

const MODEL = stories();
const TOKENS = 12;
const PROMPT = [1, 403, 407];

/** Log probabilities of the most likely tokens, as a generator alone has them. */
async function alone(dtype: "f32" | "q8" | "q3" | "f8e4m3"): Promise<number[]> {
  using generator = BatchGenerator.onCpu(MODEL.model as Decoder, { reproducible: false, dtype });
  const stream = generator.submit(PROMPT, { maxTokens: TOKENS, logprobs: 0 });
  const found: number[] = [];
  for await (const { logprob = Number.NaN } of stream) found.push(logprob);
  return found;
}

it.each(["q8", "q3", "f8e4m3"] as const)("serves texts of weights in %s", async (dtype) => {
  using server = await ModelServer.create({ models: [{ ...MODEL, dtype }] });
  const response = await server.fetch(
    new Request("http://localhost/v1/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        ...{ model: MODEL.name, prompt: PROMPT, temperature: 0 },
        ...{ max_tokens: TOKENS, logprobs: 0 },
      }),
    }),
  );
  const { choices } = (await response.json()) as {
    choices: [{ logprobs: { token_logprobs: number[] } }];
  };
  const found = choices[0].logprobs.token_logprobs;
  expect(found).toEqual(await alone(dtype));
  expect(found).not.toEqual(await alone("f32"));
});

it("computes rows in few bits, near to those in full precision", async () => {
  const images = Array.from({ length: 192 }, (_, index) => Math.sin(index));
  const logits = async (dtype: "f32" | "q8"): Promise<number[]> => {
    using server = await ModelServer.create({ models: [{ ...vision(), dtype }] });
    const inputs = [{ name: "images", datatype: "FP32", shape: [1, 3, 8, 8], data: images }];
    const response = await server.fetch(
      new Request("http://localhost/v2/models/vision/infer", {
        method: "POST",
        body: JSON.stringify({ inputs }),
      }),
    );
    return ((await response.json()) as { outputs: [{ data: number[] }] }).outputs[0].data;
  };
  const [full, rounded] = [await logits("f32"), await logits("q8")];
  expect(rounded).not.toEqual(full);
  // Each weight is off by a half of the 127th part of the largest of its group at most.
  const norm = Math.hypot(...full);
  const error = Math.hypot(...rounded.map((value, index) => value - (full[index] as number)));
  expect(error / norm).toBeLessThan(0.05);
});

it("refuses types that there are not", async () => {
  const models = [{ ...MODEL, dtype: "q9" as "q4" }];
  await expect(ModelServer.create({ models })).rejects.toMatchObject({ code: "OPTION_INVALID" });
});
