import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { answerOf, openAiError } from "../protocol/answer.ts";
import type { Exchange } from "../protocol/exchange.ts";

/**
 * An answer as server-sent events, the last of which is `[DONE]`. A client that goes away ends the exchange;
 * an error in the middle is an event of its own.
 */
export async function eventStream(
  context: Context,
  exchange: Exchange,
  events: AsyncGenerator<object, void, undefined>,
): Promise<Response> {
  // What is wrong with the request, or that there is no room for it, has an answer of its own.
  const first = await events.next();
  exchange.streams = true;
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => exchange.leave());
    try {
      // A client that reads no more does not hold what is over.
      const write = (event: object): Promise<void> =>
        Promise.race([stream.writeSSE({ data: JSON.stringify(event) }), exchange.aborted]);
      if (!first.done) await write(first.value);
      for await (const event of events) await write(event);
      await Promise.race([stream.writeSSE({ data: "[DONE]" }), exchange.aborted]);
    } catch (error) {
      exchange.error = error;
      const told = tell(stream, error).catch(() => undefined);
      if (!exchange.signal.aborted) await told;
    } finally {
      exchange.end();
    }
  });
}

async function tell(stream: SSEStreamingApi, error: unknown): Promise<void> {
  if (stream.aborted) return;
  await stream.writeSSE({ data: JSON.stringify(openAiError(answerOf(error))) });
}
