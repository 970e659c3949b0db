import { request } from "node:http";
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
  const body = (fields: object): string =>
    JSON.stringify({ model: "stories260K", prompt: "Once", temperature: 0, ...fields });
  const headers = { "Content-Type": "application/json" };
  const answer = async () => {
    const init = { method: "POST", headers, body: body({ max_tokens: 20 }) };
    const response = await fetch(`${base}/v1/completions`, init);
    return ((await response.json()) as { choices: [{ text: string }] }).choices[0].text;
  };
  const before = await answer();
  // Some go away before they have asked, or after the answer: as many as wanted do so in between.
  const gone = () => ended.filter((status) => status === 499).length;
  const leave = async (until: number): Promise<void> => {
    for (let turn = 0; gone() < until; turn++) {
      // A connection of its own: what a pool of connections keeps would count.
      const options = { method: "POST", headers, agent: false, host: "127.0.0.1", port };
      const asked = request({ ...options, path: "/v1/completions" });
      asked.on("error", () => undefined).on("response", (response) => response.resume());
      asked.end(body({ max_tokens: 400, stream: turn % 2 === 0 }));
      await sleep(1 + (turn % 7));
      asked.destroy();
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
