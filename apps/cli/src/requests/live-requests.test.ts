import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { ModelServer } from "@papilio/server";
import { type Listening, listen } from "@papilio/server/node";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectToNats } from "../jobs/nats.ts";
import { servedChoices, withServedAdapters } from "../models/served-adapters.ts";
import { loadServedModel } from "../models/served-models.ts";
import { refusal } from "../testing/command-line.ts";
import { TOKENIZER, writeLlama, writeSentence } from "../testing/model-folders.ts";
import { hasNatsServer, TestNatsServer } from "../testing/nats-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { answerRequests } from "./answer-requests.ts";
import { type OpenedServer, openGateway } from "./open-gateway.ts";
import { RequestQueue } from "./request-queue.ts";
import { openRequestWork } from "./request-work.ts";
import { servedIdentity } from "./served-identity.ts";
import { headOf, type PartHead } from "./wire.ts";

const folder = temporaryFolder();
const STORIES = resolve(
  import.meta.dirname,
  "../../../../packages/nn/testdata/stories260K/stories260K.bin",
);
const ADAPTERS = resolve(import.meta.dirname, "../../../../packages/nn/testdata/adapters/llama-8");
const PATIENCE = 1000;
const flags = {
  ...{ adapter: "auto", backend: "cpu", dtype: "f32" },
  ...{ maxTokens: "512", batch: "4", wait: "1ms" },
};
const given = { model: "stories260K", prompt: "Once", max_tokens: 24, temperature: 0.8, seed: 5 };

it("refuses flags of models where workers have them, and servers that are not there", async () => {
  const cases: [args: string[], status: number, code: string][] = [
    [["serve"], 2, "FLAG_INVALID"],
    [["serve", STORIES, "--nats", "nats://127.0.0.1:1"], 2, "FLAG_INVALID"],
    [["serve", "--nats", "nats://127.0.0.1:1", "--batch", "3"], 2, "FLAG_INVALID"],
    [["serve", "--nats", "http://127.0.0.1"], 2, "FLAG_INVALID"],
    [["serve", "--nats", "nats://127.0.0.1:1"], 1, "NATS_UNREACHABLE"],
    [["worker", STORIES, "--nats", "nats://127.0.0.1:1", "--batch", "0"], 2, "FLAG_INVALID"],
  ];
  for (const [args, status, code] of cases) {
    const { status: found, line } = await refusal(...args);
    expect([found, line]).toEqual([status, expect.stringContaining(`error ${code}:`)]);
  }
});

describe.skipIf(!hasNatsServer)("requests over NATS", () => {
  let nats: TestNatsServer;
  let gateway: OpenedServer;
  let listening: Listening;
  let client: OpenAI;
  let base: string;

  beforeAll(async () => {
    nats = await TestNatsServer.start(folder.at("nats"));
    await writeSentence(folder.at("bert"));
    folder.write("bert/tokenizer.json", JSON.stringify(TOKENIZER));
    await writeLlama(folder.at("llama"));
    const template = "{{ bos_token }} {{ messages[0].content }}";
    const config = { bos_token: "<s>", chat_template: template };
    folder.write("llama/tokenizer_config.json", JSON.stringify(config));
    const settings = { apiKey: undefined, limits: { bodyBytes: 2 ** 23 }, log: undefined };
    gateway = await openGateway(nats.address, settings, new AbortController().signal);
    listening = await listen(gateway.server, { port: 0 });
    base = `http://127.0.0.1:${listening.port}`;
    client = new OpenAI({ apiKey: "none", baseURL: `${base}/v1`, maxRetries: 0 });
  });
  afterAll(async () => {
    await listening?.close();
    gateway?.server.dispose();
    await gateway?.close?.();
    await nats?.[Symbol.asyncDispose]();
  });

  /** A worker in this process, until it is disposed of. */
  async function worker(model: string, adapterWeights: readonly string[] = []) {
    const connection = await connectToNats(nats.address, "test");
    const stop = new AbortController();
    const work = await openRequestWork(model, { ...flags, adapterWeights }, stop.signal);
    const done = work?.run(connection, { patience: PATIENCE, signal: stop.signal });
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await done;
        work?.[Symbol.dispose]();
        await connection.close();
      },
    };
  }

  /** A worker whose answers the test makes. */
  async function fakeWorker(
    name: string,
    fetch: (request: Request, connection: NatsConnection) => Promise<Response>,
  ) {
    const connection = await connectToNats(nats.address, "test");
    const stop = new AbortController();
    const kind = name.padStart(32, "0");
    const consumer = await (await RequestQueue.open(connection)).consumer(kind, PATIENCE);
    const done = answerRequests(
      connection,
      consumer,
      { ready: true, fetch: (request) => fetch(request, connection) },
      { kind, names: [name], patience: PATIENCE, most: 2, signal: stop.signal, drain: 0 },
    );
    await until(name);
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await done;
        await connection.close();
      },
    };
  }

  /** Waits until there are workers of the models. */
  async function until(...names: readonly string[]): Promise<void> {
    const ready = async (name: string): Promise<boolean> =>
      (await fetch(`${base}/v2/models/${name}/ready`)).ok;
    for (const name of names) while (!(await ready(name))) await wait(20);
  }

  async function streamed(fields: object = {}): Promise<string> {
    const stream = await client.completions.create({ ...given, ...fields, stream: true });
    let text = "";
    for await (const { choices } of stream) text += choices[0]?.text ?? "";
    return text;
  }

  it("are answered by workers, as OpenAI's client asks", async () => {
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(503);
    await using _workers = {
      all: await Promise.all(
        [STORIES, STORIES, `small=${folder.at("llama")}`, folder.at("bert")].map((model) =>
          worker(model),
        ),
      ),
      async [Symbol.asyncDispose]() {
        await Promise.all(this.all.map((one) => one[Symbol.asyncDispose]()));
      },
    };
    await until("stories260K", "small", "bert");
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
    const names = (await client.models.list()).data.map(({ id }) => id);
    expect(names.toSorted()).toEqual(["bert", "small", "stories260K"]);
    const story = await client.completions.create({
      ...{ model: "stories260K", prompt: "", temperature: 0, max_tokens: 10 },
    });
    expect(story.choices[0]?.text).toMatch(/^Once upon a time/);
    // Whoever answers: a seed says which text it is.
    const texts = await Promise.all(Array.from({ length: 6 }, () => streamed()));
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]?.length).toBeGreaterThan(20);
    const several = await client.completions.create({ ...given, n: 2, logprobs: 1 });
    expect(several.choices.map(({ text }) => text)).toEqual([texts[0], expect.any(String)]);
    expect(several.usage?.completion_tokens).toBe(48);
    const chat = await client.chat.completions.create({
      model: "small",
      messages: [{ role: "user", content: "a b" }],
      max_tokens: 4,
    });
    expect(chat.usage?.prompt_tokens).toBe(3);
    const { data } = await client.embeddings.create({ model: "bert", input: ["a b c", "d"] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    await expect(client.completions.create({ ...given, model: "never" })).rejects.toMatchObject({
      status: 404,
    });
    await expect(client.completions.create({ ...given, max_tokens: 1000 })).rejects.toMatchObject({
      status: 400,
      param: "max_tokens",
    });
    await expect(
      client.completions.create({ ...given, prompt: "x".repeat(2 ** 21) }),
    ).rejects.toMatchObject({ status: 413 });
  });

  it("are done again when a worker dies, and nothing is sent twice", async () => {
    let whole = "";
    {
      await using _worker = await worker(STORIES);
      await until("stories260K");
      whole = await streamed();
    }
    const died = Promise.withResolvers<void>();
    const kind = "dying";
    const events = whole.match(/./gsu) ?? [];
    const answer = (_: Request, connection: NatsConnection): Promise<Response> => {
      const encoder = new TextEncoder();
      let at = 0;
      const body = new ReadableStream({
        pull: async (controller) => {
          // In the middle of the text its connection is gone, for the first time.
          if (at === 5 && !dead) {
            dead = true;
            await connection.flush();
            await connection.close();
            died.resolve();
            return;
          }
          const text = events[at++];
          if (text === undefined) return controller.close();
          const choices = [{ index: 0, text, finish_reason: null }];
          const event = JSON.stringify({ created: dead ? 2 : 1, choices });
          controller.enqueue(encoder.encode(`data: ${event}\n\n`));
        },
      });
      return Promise.resolve(
        new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
      );
    };
    let dead = false;
    await using _first = await fakeWorker(kind, answer);
    const text = streamed({ model: kind });
    await died.promise;
    await using _second = await fakeWorker(kind, answer);
    expect(await text).toBe(whole);
  });

  it("choose an adapter of their model, whose workers have the same ones", async () => {
    const model = `llama=${folder.at("adapted")}`;
    cpSync(join(ADAPTERS, "base"), folder.at("adapted"), { recursive: true });
    folder.write("adapted/tokenizer.json", JSON.stringify(TOKENIZER));
    const [lora, oft] = ["peft-lora", "peft-oft"].map((name) => join(ADAPTERS, name));
    const adapters = [`one=${lora}`, `two=${oft}=0.5`];
    const names = ["llama", "llama:one", "llama:two"];
    const fields = { prompt: "a b", max_tokens: 4, logprobs: 2, temperature: 0 };
    const { signal } = new AbortController();
    const alone = await withServedAdapters(
      [{ ...(await loadServedModel(model, flags, signal)), reproducible: true }],
      await servedChoices(adapters),
      signal,
    );
    using direct = await ModelServer.create({ models: alone });
    const right = await Promise.all(
      names.map(async (called) => {
        const response = await direct.fetch(
          new Request("http://localhost/v1/completions", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ ...fields, model: called }),
          }),
        );
        return ((await response.json()) as { choices: unknown }).choices;
      }),
    );
    {
      await using _worker = await worker(model, adapters);
      await until(...names);
      const found = await Promise.all(
        names.map(async (called) => {
          return (await client.completions.create({ ...fields, model: called })).choices;
        }),
      );
      expect(found).toEqual(right);
      expect(new Set(found.map((choices) => JSON.stringify(choices))).size).toBe(3);
    }
    const sizes = { ...flags, context: undefined };
    const identities = await Promise.all(
      [[], [adapters[0]], adapters, [`one=${lora}`, `two=${oft}`]].map(async (some) =>
        servedIdentity("llama", folder.at("adapted"), sizes, await servedChoices(some as string[])),
      ),
    );
    expect(new Set(identities).size).toBe(4);
    await expect(worker(join(folder.at("bert"), "model.safetensors"), adapters)).rejects.toThrow(
      expect.objectContaining({ code: "FLAG_INVALID" }),
    );
  });

  it("are left by a worker that is stopped, though their gateway says nothing any more", async () => {
    await using connection = await closing(connectToNats(nats.address, "test"));
    const ended = Promise.withResolvers<void>();
    let asked = 0;
    connection.value.subscribe("papilio.answers.silent", {
      callback: (_error, message) => {
        const { part } = headOf<PartHead>(message);
        if (part === "begin") message.respond("1");
        if (part !== "end") return;
        asked++;
        ended.resolve();
      },
    });
    {
      await using _worker = await fakeWorker("left", () => Promise.resolve(new Response("all")));
      const queue = await RequestQueue.open(connection.value);
      const head = { id: "1", reply: "papilio.answers.silent", method: "POST", path: "/" };
      await queue.put("left".padStart(32, "0"), { ...head, headers: {} }, new Uint8Array());
      await ended.promise;
    }
    // The worker asked no second time, and the request is there for another.
    expect(asked).toBe(1);
    const queue = await RequestQueue.open(connection.value);
    expect(await queue.has("left".padStart(32, "0"), "1")).toBe(true);
  });

  it("are ended at the worker when their client goes away", async () => {
    const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using _worker = await fakeWorker("slow", async ({ signal }) => {
      signal.addEventListener("abort", () => left.resolve());
      asked.resolve();
      await left.promise;
      return new Response(null, { status: 499 });
    });
    const gone = new AbortController();
    const request = client.completions.create({ ...given, model: "slow" }, { signal: gone.signal });
    await asked.promise;
    gone.abort();
    await expect(request).rejects.toThrow();
    await left.promise;
    // It is not in the queue any more.
    await using connection = await closing(connectToNats(nats.address, "test"));
    const queue = await RequestQueue.open(connection.value);
    while (await queue.has("slow".padStart(32, "0"), "*")) await wait(20);
  });
});

async function closing(given: Promise<NatsConnection>) {
  const value = await given;
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
