import type { Llama } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Listening, listen } from "./node/listen.ts";
import { prometheusMetrics } from "./node/prometheus.ts";
import type { RequestRecord } from "./protocol/exchange.ts";
import { ModelServer } from "./server.ts";
import { sentences, stories, story } from "./testing/models.ts";

const KEY = "sk-of-the-tests";
const PROMPT = "Once upon a time";

let server: ModelServer;
let listening: Listening;
let client: OpenAI;
let base: string;
const records: RequestRecord[] = [];

beforeAll(async () => {
  server = await ModelServer.create({
    models: [stories(), await sentences()],
    apiKey: KEY,
    limits: { tokens: 300, items: 8, bodyBytes: 100_000 },
    metrics: prometheusMetrics(),
    log: (record) => records.push(record),
  });
  listening = await listen(server, { port: 0 });
  base = `http://127.0.0.1:${listening.port}`;
  client = new OpenAI({ apiKey: KEY, baseURL: `${base}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await listening.close();
  server.dispose();
});

const greedy = { model: "stories260K", temperature: 0 } as const;

describe("OpenAI's client", () => {
  it("lists models and finds one", async () => {
    const names: string[] = [];
    for await (const { id } of client.models.list()) names.push(id);
    expect(names).toEqual(["stories260K", "sentences"]);
    expect(await client.models.retrieve("sentences")).toMatchObject({ object: "model" });
    await expect(client.models.retrieve("gpt-5")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  it("completes a prompt as the reference does", async () => {
    // The reference begins with the token that begins a text.
    const answer = await client.completions.create({ ...greedy, prompt: "", max_tokens: 60 });
    const [choice] = answer.choices;
    expect(choice?.finish_reason).toBe("length");
    expect(choice?.text.length).toBeGreaterThan(100);
    expect(story.text.trim().startsWith(choice?.text.trim() ?? "?")).toBe(true);
    expect(answer.usage).toEqual({ prompt_tokens: 1, completion_tokens: 60, total_tokens: 61 });
  });

  it("streams the same text, and its usage", async () => {
    const given = { ...greedy, prompt: PROMPT, max_tokens: 20 };
    const whole = await client.completions.create(given);
    const stream = await client.completions.create({
      ...given,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let finish: string | null = null;
    let usage: unknown;
    let chunks = 0;
    for await (const chunk of stream) {
      chunks++;
      text += chunk.choices[0]?.text ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(chunks).toBeGreaterThan(10);
    expect({ text, finish, usage }).toEqual({
      text: whole.choices[0]?.text,
      finish: "length",
      usage: whole.usage,
    });
  });

  it("takes several prompts, texts or tokens, and several texts of each", async () => {
    const given = { model: "stories260K", max_tokens: 5, seed: 7 } as const;
    const { choices } = await client.completions.create({
      ...given,
      prompt: [PROMPT, "The"],
      n: 2,
    });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const again = await client.completions.create({ ...given, prompt: PROMPT, n: 2 });
    expect(again.choices.map(({ text }) => text)).toEqual(
      choices.slice(0, 2).map(({ text }) => text),
    );
    expect(choices[0]?.text).not.toBe(choices[1]?.text);
    const tokens = stories().tokenizer?.encode(PROMPT) ?? [];
    const ofTokens = await client.completions.create({ ...given, prompt: tokens });
    expect(ofTokens.choices[0]?.text).toBe(choices[0]?.text);
  });

  it("ends before a stop text, and says so", async () => {
    const whole = await client.completions.create({ ...greedy, prompt: PROMPT, max_tokens: 40 });
    const text = whole.choices[0]?.text ?? "";
    const stop = text.slice(20, 26);
    const { choices } = await client.completions.create({
      ...greedy,
      prompt: PROMPT,
      max_tokens: 40,
      stop: [stop],
    });
    expect(choices[0]).toMatchObject({
      finish_reason: "stop",
      text: text.slice(0, text.indexOf(stop)),
    });
  });

  it("chats by the model's template, at once and in a stream", async () => {
    const given = {
      ...greedy,
      messages: [{ role: "user", content: PROMPT }],
      max_completion_tokens: 12,
    } as const;
    const whole = await client.chat.completions.create({ ...given, messages: [...given.messages] });
    expect(whole.choices[0]?.message).toMatchObject({ role: "assistant" });
    expect(whole.choices[0]?.message.content?.length).toBeGreaterThan(10);
    const stream = client.chat.completions.stream({ ...given, messages: [...given.messages] });
    expect(await stream.finalContent()).toBe(whole.choices[0]?.message.content);
  });

  it("gives logarithms of probabilities, as a softmax of the model's logits has them", async () => {
    const { model, tokenizer } = stories();
    const tokens = tokenizer?.encode(PROMPT) ?? [];
    const given = { ...greedy, max_tokens: 4 } as const;
    const { choices } = await client.completions.create({ ...given, prompt: tokens, logprobs: 3 });
    const found = choices[0]?.logprobs;
    const chat = await client.chat.completions.create({
      ...given,
      messages: [{ role: "user", content: PROMPT }],
      logprobs: true,
      top_logprobs: 2,
    });
    expect(found?.token_logprobs).toHaveLength(4);
    expect(found?.tokens?.join("")).toBe(choices[0]?.text);
    expect(found?.text_offset?.[0]).toBe(0);
    const content = chat.choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join("")).toBe(chat.choices[0]?.message.content);
    expect(content.every(({ top_logprobs }) => top_logprobs.length === 2)).toBe(true);
    for (let step = 0; step < 4; step++) {
      using alone = new CpuModel((model as Llama).trace({ tokens: tokens.length }));
      const { logits } = await alone.run({ ids: Uint32Array.from(tokens) });
      const last = Array.from((logits as Float32Array).subarray(-512));
      const sum = last.reduce((total, logit) => total + Math.exp(logit), 0);
      const sorted = last.map((logit) => logit - Math.log(sum)).sort((p, q) => q - p);
      expect(found?.token_logprobs?.[step]).toBeCloseTo(sorted[0] as number, 3);
      const top = Object.values(found?.top_logprobs?.[step] ?? {}).sort((p, q) => q - p);
      expect(top[0]).toBeCloseTo(sorted[0] as number, 3);
      expect(top.at(-1)).toBeCloseTo(sorted[top.length - 1] as number, 3);
      tokens.push(last.indexOf(Math.max(...last)));
    }
  });

  it("embeds texts, in numbers and in base64, as the model alone does", async () => {
    const { model } = await sentences();
    const texts = ["a b c", "d", "e f g a b"];
    const ids = [[1, 2, 3], [4], [5, 6, 7, 1, 2]];
    const { data, usage } = await client.embeddings.create({ model: "sentences", input: texts });
    const plain = await client.embeddings.create({
      model: "sentences",
      input: ids,
      encoding_format: "float",
    });
    expect(usage.prompt_tokens).toBe(9);
    for (const [index, tokens] of ids.entries()) {
      using alone = new CpuModel(model.trace({ tokens: tokens.length }));
      const { embeddings } = await alone.run({
        ids: Uint32Array.from(tokens),
        lengths: Uint32Array.of(tokens.length),
      });
      for (const [place, value] of (embeddings as Float32Array).entries()) {
        expect(data[index]?.embedding[place]).toBeCloseTo(value, 5);
        expect(plain.data[index]?.embedding[place]).toBeCloseTo(value, 5);
      }
    }
  });
});

describe("requests that are refused", () => {
  const refused = async (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<[status: number, code: string, param: string | null]> => {
    const response = await fetch(`${base}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${KEY}`, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const { error } = (await response.json()) as { error: { code: string; param: string | null } };
    return [response.status, error.code, error.param];
  };
  const completion = { model: "stories260K", prompt: "a" };

  it.each<[string, unknown, [number, string, string | null]]>([
    ["no JSON", "{", [400, "request_invalid", null]],
    ["no object", "[]", [400, "request_invalid", null]],
    ["brackets without end", "[".repeat(50_000), [400, "request_invalid", null]],
    ["a prototype", '{"__proto__": {"model": "stories260K"}}', [400, "request_invalid", "model"]],
    ["another model", { ...completion, model: "x" }, [404, "model_not_found", "model"]],
    [
      "a model of another kind",
      { ...completion, model: "sentences" },
      [400, "request_invalid", "model"],
    ],
    [
      "a negative number",
      { ...completion, max_tokens: -1 },
      [400, "request_invalid", "max_tokens"],
    ],
    ["too many tokens", { ...completion, max_tokens: 301 }, [400, "request_invalid", "max_tokens"]],
    ["too many texts", { ...completion, n: 9 }, [400, "request_invalid", "n"]],
    ["a token that there is not", { ...completion, prompt: [512] }, [400, "token_unknown", null]],
    [
      "a long prompt",
      { ...completion, prompt: "a ".repeat(2000) },
      [400, "context_length_exceeded", null],
    ],
    [
      "a penalty",
      { ...completion, presence_penalty: 1 },
      [400, "request_invalid", "presence_penalty"],
    ],
    ["the best of two", { ...completion, best_of: 2 }, [400, "request_unsupported", "best_of"]],
    ["a temperature", { ...completion, temperature: 3 }, [400, "request_invalid", "temperature"]],
    ["too large", { ...completion, prompt: "a".repeat(100_001) }, [413, "request_too_large", null]],
  ])("%s", async (_, body, answer) => {
    expect(await refused("/v1/completions", body)).toEqual(answer);
  });

  it("a chat without messages, with tools, or of a template that refuses it", async () => {
    const given = { model: "stories260K", messages: [{ role: "user", content: "a" }] };
    const [status, , param] = await refused("/v1/chat/completions", { ...given, messages: [] });
    expect([status, param]).toEqual([400, "messages"]);
    expect((await refused("/v1/chat/completions", { ...given, tools: [{}] }))[2]).toBe("tools");
    expect(await refused("/v1/chat/completions", { ...given, model: "sentences" })).toEqual([
      400,
      "request_invalid",
      "model",
    ]);
  });

  it("without the key, with another one, and as a page of another origin could send it", async () => {
    const message = [401, "invalid_api_key", null];
    expect(await refused("/v1/completions", completion, { Authorization: "" })).toEqual(message);
    expect(
      await refused("/v1/completions", completion, { Authorization: `Bearer ${KEY}x` }),
    ).toEqual(message);
    expect(await refused("/v1/completions", completion, { "Content-Type": "text/plain" })).toEqual([
      400,
      "request_invalid",
      null,
    ]);
    await expect(
      new OpenAI({ apiKey: "x", baseURL: `${base}/v1`, maxRetries: 0 }).models.list(),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
  });

  it("an address without anything", async () => {
    expect((await refused("/v1/images", {}))[0]).toBe(404);
  });
});

it("counts what it did, and logs no prompt", async () => {
  await client.completions.create({ ...greedy, prompt: PROMPT, max_tokens: 3 });
  const response = await fetch(`${base}/metrics`, { headers: { Authorization: `Bearer ${KEY}` } });
  const text = await response.text();
  const value = (line: string): number => Number(text.split(`\n${line} `)[1]?.split("\n")[0]);
  expect(value('papilio_tokens_total{model="stories260K",kind="generated"}')).toBeGreaterThan(100);
  expect(value("papilio_requests")).toBe(1);
  expect(value('papilio_queue{model="stories260K"}')).toBe(0);
  expect(value('papilio_running{model="stories260K"}')).toBe(0);
  const steps = value('papilio_text_steps{model="stories260K"}');
  expect(steps).toBeGreaterThan(0);
  expect(value('papilio_text_step_tokens{model="stories260K"}')).toBeGreaterThanOrEqual(steps);
  expect(value('papilio_texts_preempted{model="stories260K"}')).toBe(0);
  expect(value('papilio_cache_used_bytes{model="stories260K"}')).toBe(0);
  expect(value('papilio_cache_bytes{model="stories260K"}')).toBeGreaterThan(0);
  expect(value("papilio_ready")).toBe(1);
  expect(text).toContain('papilio_request_seconds_count{route="/v1/completions",status="200"}');
  expect(text).toContain('papilio_token_seconds_count{model="stories260K",place="first"}');
  const record = records.findLast(({ route }) => route === "/v1/completions");
  expect(record).toMatchObject({ status: 200, model: "stories260K", generatedTokens: 3 });
  expect(JSON.stringify(records)).not.toContain("Once");
});
