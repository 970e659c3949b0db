import { answerOf, openAiError } from "../protocol/answer.ts";
import type { Exchange } from "../protocol/exchange.ts";

/**
 * A worker's answer as the client's. An exchange whose answer is a stream is over at the stream's end; an error in the
 * middle is an event of its own.
 *
 * @param left is disposed of when the answer is over
 */
export function passOn(response: Response, exchange: Exchange, left: Disposable): Response {
  const { body, status, headers } = response;
  const type = headers.get("Content-Type") ?? "";
  if (body === null || !type.startsWith("text/event-stream")) {
    left[Symbol.dispose]();
    return response;
  }
  exchange.streams = true;
  const reader = body.getReader();
  const over = (): void => {
    left[Symbol.dispose]();
    exchange.end();
  };
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
      } catch (error) {
        exchange.error = error;
        const told = JSON.stringify(openAiError(answerOf(error)));
        controller.enqueue(new TextEncoder().encode(`data: ${told}\n\n`));
      }
      controller.close();
      over();
    },
    cancel: async () => {
      exchange.leave();
      await reader.cancel().catch(() => undefined);
      over();
    },
  });
  return new Response(stream, { status, headers });
}
