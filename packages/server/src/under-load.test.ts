import { setTimeout as sleep } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gauges } from "./metrics/metrics.ts";
import { type Listening, listen } from "./node/listen.ts";
import { Exchange, type RequestRecord } from "./protocol/exchange.ts";
import { ModelServer } from "./server.ts";
import { stories } from "./testing/models.ts";

let server: ModelServer;
let listening: Listening;
let gauges: () => Gauges;
const records: RequestRecord[] = [];

beforeAll(async () => {
  server = await ModelServer.create({
    models: [stories()],
    limits: { queue: 4, requests: 6, seconds: 20 },
    metrics: {
      watch: (read) => {
        gauges = read;
      },
      request: () => undefined,
      batch: () => undefined,
      tokens: () => undefined,
      token: () => undefined,
      expose: () => Promise.resolve({ contentType: "text/plain", body: "" }),
    },
    log: (record) => records.push(record),
  });
  listening = await listen(server, { port: 0 });
});

afterAll(async () => {
  await listening.close();
  server.dispose();
});

const complete = (fields: object, init: RequestInit = {}, to: () => string = address) =>
  fetch(`${to()}/v1/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: "stories260K", prompt: "Once", temperature: 0, ...fields }),
    ...init,
  });
/** The same without a connection: a stream goes on no faster than it is read. */
const completeBy = (to: ModelServer, fields: object) =>
  to.fetch(
    new Request("http://localhost/v1/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ model: "stories260K", prompt: "Once", temperature: 0, ...fields }),
    }),
  );
const address = () => `http://127.0.0.1:${listening.port}`;
/** Waits until something is so: it is soon, or the test ends late. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}
const isIdle = () => gauges().requests === 0 && gauges().queue.get("stories260K") === 0;

describe("a client that goes away", () => {
  /** Starts three texts and leaves them, in one of these ways each. */
  async function leaveThree(): Promise<readonly RequestRecord[]> {
    records.length = 0;
    const clients = [true, true, false].map((stream) => {
      const client = new AbortController();
      const answer = complete(
        { max_tokens: 500, stop: ["never"], stream },
        { signal: client.signal },
      );
      return { client, answer };
    });
    // On a busy machine the first text may be at its end before the last one begins.
    await until(() => gauges().queue.get("stories260K") === 3 || records.length > 0);
    const first = (await clients[0]?.answer) as Response;
    await first.body?.getReader().read();
    for (const { client, answer } of clients) {
      client.abort();
      await answer.catch(() => undefined);
    }
    await until(isIdle);
    return [...records];
  }

  it("ends its text, while it is streamed, waits, or is awaited whole", async () => {
    let left = await leaveThree();
    const isLate = (): boolean => left.some(({ status }) => status === 200) || left.length < 3;
    for (let tries = 0; isLate() && tries < 10; tries++) left = await leaveThree();
    expect(left.map(({ status }) => status)).toEqual([499, 499, 499]);
    // What was ended was no whole text.
    for (const { generatedTokens = 0 } of left) expect(generatedTokens).toBeLessThan(500);
    expect((await complete({ max_tokens: 2 })).status).toBe(200);
  });
});

describe("a server that is full", () => {
  it("refuses at once, says when to ask again, and answers the others", async () => {
    // Texts that nobody reads yet are under way until somebody does.
    const held = await completeBy(server, { max_tokens: 480, n: 4, stream: true });
    expect(gauges().queue.get("stories260K")).toBe(4);
    const refused = await complete({ max_tokens: 1 });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
    const streamed = await complete({ max_tokens: 1, n: 5, stream: true });
    expect(streamed.status).toBe(429);
    const events = (await held.text()).split("\n\n").filter((event) => event.startsWith("data: {"));
    const lengths = [0, 0, 0, 0];
    for (const event of events) {
      const { choices } = JSON.parse(event.slice("data: ".length)) as {
        choices: { index: number; text: string }[];
      };
      for (const { index, text } of choices) lengths[index] = (lengths[index] ?? 0) + text.length;
    }
    expect(Math.min(...lengths)).toBeGreaterThan(100);
    await until(isIdle);
  });

  it("ends what takes too long", async () => {
    using slow = await ModelServer.create({ models: [stories()], limits: { seconds: 0.05 } });
    const response = await completeBy(slow, { max_tokens: 500, n: 4 });
    expect(response.status).toBe(504);
    const endless = new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) });
    const stalled = await slow.fetch(
      new Request("http://localhost/v1/completions", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: endless,
        duplex: "half",
      } as RequestInit),
    );
    expect(stalled.status).toBe(504);
  });
});

it("requests that are over leave no memory behind", async () => {
  for (const stream of [true, false]) {
    for (let turn = 0; turn < 8; turn++) await (await complete({ max_tokens: 2, stream })).text();
  }
  await until(isIdle);
  // The last of a connection may be held by it.
  expect(queryObjects(Exchange, { format: "count" })).toBeLessThan(8);
});

it("a model that throws does not take the others", async () => {
  const broken = stories();
  const { tokenizer } = broken;
  const failing = {
    ...tokenizer,
    encode: () => {
      throw new Error("secret of the server");
    },
  };
  let cause: unknown;
  using server = await ModelServer.create({
    models: [{ ...broken, name: "broken", tokenizer: failing as never }, stories()],
    log: (record) => (cause ??= record.cause),
  });
  const response = await completeBy(server, { model: "broken", max_tokens: 2 });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret");
  expect(String(cause)).toContain("secret");
  expect((await completeBy(server, { max_tokens: 2 })).status).toBe(200);
});

it("drains: what is under way is answered, what comes is refused", async () => {
  const draining = await ModelServer.create({ models: [stories()] });
  const there = await listen(draining, { port: 0 });
  const to = () => `http://127.0.0.1:${there.port}`;
  const answer = await complete({ max_tokens: 60, stream: true }, {}, to);
  const drained = draining.drain();
  const refused = await complete({}, {}, to);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("Retry-After")).not.toBeNull();
  expect((await fetch(`${to()}/v2/health/ready`)).status).toBe(503);
  expect((await fetch(`${to()}/v2/health/live`)).status).toBe(200);
  expect(await answer.text()).toContain("[DONE]");
  await drained;
  // Those that take longer than the patience are told.
  const impatient = await ModelServer.create({ models: [stories()] });
  const late = completeBy(impatient, { max_tokens: 500 });
  await impatient.drain(AbortSignal.timeout(5));
  expect((await late).status).toBe(503);
  impatient.dispose();
  draining.dispose();
  await there.close();
});
