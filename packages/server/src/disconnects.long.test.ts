import { setTimeout as sleep } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { expect, it } from "vitest";
import { listen } from "./node/listen.ts";
import { prometheusMetrics } from "./node/prometheus.ts";
import { Exchange } from "./protocol/exchange.ts";
import { ModelServer } from "./server.ts";
import { stories } from "./testing/models.ts";

const DISCONNECTS = 1000;
const CLIENTS = 16;
/** Bytes that a thousand requests may leave in the heap: of code that became faster, and of connections. */
const GROWTH = 2 ** 21;

it("a thousand clients that go away in the middle leave nothing behind", async () => {
  const ended: number[] = [];
  using server = await ModelServer.create({
    models: [stories()],
    metrics: prometheusMetrics(),
    log: ({ status }) => ended.push(status),
  });
  const { port, close } = await listen(server, { port: 0 });
  const base = `http://127.0.0.1:${port}`;
  const complete = (fields: object, signal?: AbortSignal) =>
    fetch(`${base}/v1/completions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ model: "stories260K", prompt: "Once", temperature: 0, ...fields }),
      ...(signal === undefined ? {} : { signal }),
    });
  const answer = async () => {
    const { choices } = (await (await complete({ max_tokens: 20 })).json()) as {
      choices: [{ text: string }];
    };
    return choices[0].text;
  };
  const before = await answer();
  // Some go away before they have asked, or after the answer: as many as wanted do so in between.
  const gone = () => ended.filter((status) => status === 499).length;
  const leave = async (until: number): Promise<void> => {
    for (let turn = 0; gone() < until; turn++) {
      const client = new AbortController();
      const response = complete({ max_tokens: 400, stream: turn % 2 === 0 }, client.signal);
      response.catch(() => undefined);
      await sleep(1 + (turn % 7));
      client.abort();
    }
  };
  const gauge = async (name: string): Promise<number> => {
    // Not by a connection: those of clients that went away may fill the listener's queue for long.
    const text = await (await server.fetch(new Request(`${base}/metrics`))).text();
    return Number(text.split(`\n${name} `)[1]?.split("\n")[0]);
  };
  /** Has so many clients go away, until nothing is computed; gives the bytes of the heap. */
  const afterDisconnects = async (count: number): Promise<number> => {
    const until = gone() + count;
    await Promise.all(Array.from({ length: CLIENTS }, () => leave(until)));
    // The request for the numbers is one of them.
    while ((await gauge("papilio_requests")) > 1) await sleep(10);
    expect(await gauge('papilio_queue{model="stories260K"}')).toBe(0);
    expect(await gauge('papilio_running{model="stories260K"}')).toBe(0);
    await sleep(200);
    expect(queryObjects(Exchange, { format: "count" })).toBeLessThan(2 * CLIENTS);
    return process.memoryUsage().heapUsed;
  };
  // Code becomes faster, and slots of sequences are opened.
  const warm = await afterDisconnects(DISCONNECTS / 4);
  expect((await afterDisconnects(DISCONNECTS)) - warm).toBeLessThan(GROWTH);
  expect(ended.filter((status) => status >= 500)).toEqual([]);
  expect(await answer()).toBe(before);
  await close();
});
