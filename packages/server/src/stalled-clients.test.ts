import { expect, it } from "vitest";
import type { RequestRecord } from "./protocol/exchange.ts";
import { ModelServer } from "./server.ts";
import { stories } from "./testing/models.ts";

/** Asks for a long text as a stream, which nobody reads to its end. */
function stream(server: ModelServer, signal: AbortSignal): Promise<Response> {
  return server.fetch(
    new Request("http://localhost/v1/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ model: "stories260K", prompt: "Once", max_tokens: 500, stream: true }),
      signal,
    }),
  );
}

it("a client that reads no more is ended in time, and when it goes away", async () => {
  const records: RequestRecord[] = [];
  const ended = Promise.withResolvers<void>();
  using server = await ModelServer.create({
    models: [stories()],
    limits: { seconds: 1, queue: 2 },
    log: (record) => {
      records.push(record);
      if (records.length === 2) ended.resolve();
    },
  });
  const gone = new AbortController();
  const responses = await Promise.all([
    stream(server, new AbortController().signal),
    stream(server, gone.signal),
  ]);
  const readers = responses.map(({ body }) => (body as ReadableStream).getReader());
  for (const reader of readers) expect((await reader.read()).done).toBe(false);
  gone.abort();
  await ended.promise;
  expect(records.map(({ status }) => status)).toEqual([499, 504]);
  // Their places are free.
  const next = new AbortController();
  const third = await stream(server, next.signal);
  expect(third.status).toBe(200);
  next.abort();
  await server.drain();
});
