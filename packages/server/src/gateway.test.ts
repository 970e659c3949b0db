import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ForwardedRequest, Forwarder } from "./gateway/forwarder.ts";
import { Gateway } from "./gateway/gateway.ts";
import { type Listening, listen } from "./node/listen.ts";
import { ModelServer } from "./server.ts";
import { sentences, stories } from "./testing/models.ts";

const KEY = "sk-of-the-tests";
const forwarded: ForwardedRequest[] = [];
let worker: ModelServer;
let gateway: Gateway;
let listening: Listening;
let base: string;
let client: OpenAI;
/** Answers in the place of the worker. */
let instead: Forwarder["forward"] | undefined;

const forwarder: Forwarder = {
  models: () => [
    { name: "stories260K", ready: true },
    { name: "sentences", ready: true },
    { name: "left", ready: false },
  ],
  forward: (request, signal) => {
    forwarded.push(request);
    if (instead !== undefined) return instead(request, signal);
    const { method, path, headers, body } = request;
    const init = { method, headers, signal, ...(method === "POST" ? { body } : {}) };
    return worker.fetch(new Request(`http://worker${path}`, init));
  },
};

beforeAll(async () => {
  worker = await ModelServer.create({ models: [stories(), await sentences()] });
  gateway = Gateway.create({ forwarder, apiKey: KEY, limits: { queue: 1, bodyBytes: 10_000 } });
  listening = await listen(gateway, { port: 0 });
  base = `http://127.0.0.1:${listening.port}`;
  client = new OpenAI({ apiKey: KEY, baseURL: `${base}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await listening.close();
  gateway.dispose();
  worker.dispose();
});

it("answers as the worker does, to OpenAI's client", async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual([
    "stories260K",
    "sentences",
    "left",
  ]);
  const given = { model: "stories260K", prompt: "Once", max_tokens: 12, temperature: 0 };
  const whole = await client.completions.create(given);
  let text = "";
  for await (const { choices } of await client.completions.create({ ...given, stream: true })) {
    text += choices[0]?.text ?? "";
  }
  expect(text.length).toBeGreaterThan(10);
  expect(text).toBe(whole.choices[0]?.text);
  const chat = await client.chat.completions.create({
    model: "stories260K",
    messages: [{ role: "user", content: "Once" }],
    max_tokens: 12,
    temperature: 0,
  });
  expect(chat.choices[0]?.message.content).toBe(text);
  const { data } = await client.embeddings.create({ model: "sentences", input: ["a b", "c"] });
  expect(data).toHaveLength(2);
  const headers = { Authorization: `Bearer ${KEY}` };
  const described = await fetch(`${base}/v2/models/sentences`, { headers });
  expect(await described.json()).toMatchObject({ inputs: [{ name: "ids" }, { name: "lengths" }] });
});

it("gives each request a seed, unless it has one, and an id", async () => {
  forwarded.length = 0;
  const ask = (seed?: number | null) =>
    client.completions.create({
      ...{ model: "stories260K", prompt: "Once", max_tokens: 4 },
      ...(seed === undefined ? {} : { seed }),
    });
  await ask();
  await ask(null);
  await ask(7);
  const seeds = forwarded.map(({ body }) => JSON.parse(new TextDecoder().decode(body)).seed);
  expect(seeds).toEqual([expect.any(Number), expect.any(Number), 7]);
  expect(seeds[0]).not.toBe(seeds[1]);
  expect(new Set(forwarded.map(({ id }) => id)).size).toBe(3);
});

it("refuses as a server does", async () => {
  const ask = (model: string, key = KEY) =>
    new OpenAI({ apiKey: key, baseURL: `${base}/v1`, maxRetries: 0 }).completions.create({
      ...{ model, prompt: "Once", max_tokens: 4 },
    });
  await expect(ask("stories260K", "wrong")).rejects.toMatchObject({ status: 401 });
  await expect(ask("other")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  await expect(ask("left")).rejects.toMatchObject({ status: 503, code: "no_worker" });
  await expect(
    client.completions.create({ model: "x".repeat(20_000), prompt: "" }),
  ).rejects.toThrow("413");
  const ready = await fetch(`${base}/v2/health/ready`);
  expect([ready.status, (await ready.json()).models.length]).toEqual([503, 3]);
});

it("has places for as many as may wait, which are free when their answers are over", async () => {
  const given = { model: "stories260K", prompt: "Once", max_tokens: 4 };
  const [held, asked] = [Promise.withResolvers<Response>(), Promise.withResolvers<void>()];
  instead = () => {
    asked.resolve();
    return held.promise;
  };
  const first = client.completions.create(given);
  await asked.promise;
  await expect(client.completions.create(given)).rejects.toMatchObject({ status: 429 });
  held.resolve(Response.json({ choices: [] }));
  expect((await first).choices).toEqual([]);
  instead = undefined;
  expect((await client.completions.create(given)).choices).toHaveLength(1);
});

it("tells a client of a stream that breaks, and the workers of a client that goes away", async () => {
  const text = new TextEncoder().encode('data: {"choices":[{"index":0,"text":"a"}]}\n\n');
  const type = { headers: { "Content-Type": "text/event-stream" } };
  const request = { model: "stories260K", prompt: "Once", max_tokens: 4, stream: true } as const;
  instead = () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(text),
      pull: (controller) => controller.error(new Error("secret of the worker")),
    });
    return Promise.resolve(new Response(body, type));
  };
  const broken = await client.completions.create(request);
  const read = async () => {
    for await (const _ of broken);
  };
  await expect(read()).rejects.toMatchObject({ code: "internal_error" });
  const left = Promise.withResolvers<void>();
  instead = (_, signal) => {
    signal.addEventListener("abort", () => left.resolve());
    const body = new ReadableStream({ start: (controller) => controller.enqueue(text) });
    return Promise.resolve(new Response(body, type));
  };
  for await (const _ of await client.completions.create(request)) break;
  await left.promise;
  instead = undefined;
});
