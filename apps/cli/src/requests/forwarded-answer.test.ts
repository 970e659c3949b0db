import { expect, it } from "vitest";
import { ForwardedAnswer } from "./forwarded-answer.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const HEAD = { status: 200, headers: { "content-type": "text/event-stream" } };
const event = (index: number, text: string, created = 1): string =>
  `data: ${JSON.stringify({ created, choices: [{ index, text, finish_reason: null }] })}\n\n`;
const DONE = "data: [DONE]\n\n";

/** Sends the parts of an attempt after its head, and gives what it is told at the end. */
function send(answer: ForwardedAnswer, number: number, parts: readonly string[]) {
  expect(answer.begin()).toBe(number);
  answer.part(number, 0, HEAD);
  for (const [index, part] of parts.entries()) answer.part(number, index + 1, bytes(part));
  return answer.end(number, parts.length + 1);
}

/** Reads what a client has by now, of an answer that is not over. */
async function text(answer: ForwardedAnswer): Promise<string> {
  return (await answer.response).text();
}

it("sends each event of a stream once, though a worker died and texts came in another order", async () => {
  const answer = new ForwardedAnswer();
  answer.begin();
  answer.part(1, 0, HEAD);
  answer.part(1, 1, bytes(event(0, "a") + event(1, "x").slice(0, 9)));
  answer.part(1, 2, bytes(event(1, "x").slice(9) + event(0, "b")));
  // The one that was taken for dead goes on.
  expect(answer.begin()).toBe(2);
  expect(answer.wants(1)).toBe(false);
  answer.part(1, 3, bytes(event(0, "of the dead")));
  expect(answer.end(1, 4)).toBe("gone");
  answer.part(2, 0, HEAD);
  const again = [event(1, "x", 2), event(1, "y", 2), event(0, "a", 2), event(0, "b", 2)];
  for (const [index, part] of [...again, event(0, "c", 2), DONE].entries()) {
    answer.part(2, index + 1, bytes(part));
  }
  expect(answer.end(2, 7)).toBe("taken");
  expect(await text(answer)).toBe(
    event(0, "a") + event(1, "x") + event(0, "b") + event(1, "y") + event(0, "c") + DONE,
  );
  expect(await answer.over).toBe(true);
});

it("has done again what lost a part, and what was the worker's fault", async () => {
  const answer = new ForwardedAnswer();
  answer.begin();
  answer.part(1, 0, HEAD);
  answer.part(1, 1, bytes(event(0, "a")));
  answer.part(1, 3, bytes(event(0, "c")));
  expect(answer.end(1, 4)).toBe("again");
  expect(
    send(
      answer,
      2,
      [event(0, "a"), event(0, "b")].slice(0, 1).concat('data: {"error":{"code":"gpu_lost"}}\n\n'),
    ),
  ).toBe("again");
  // The end says how many there were.
  answer.begin();
  answer.part(3, 0, HEAD);
  expect(answer.end(3, 2)).toBe("again");
  expect(send(answer, 4, [event(0, "a"), event(0, "b"), DONE])).toBe("taken");
  expect(await text(answer)).toBe(event(0, "a") + event(0, "b") + DONE);
});

it("breaks a stream that another worker continues with another text", async () => {
  const answer = new ForwardedAnswer();
  answer.begin();
  answer.part(1, 0, HEAD);
  answer.part(1, 1, bytes(event(0, "a")));
  const read = text(answer);
  expect(send(answer, 2, [event(0, "z")])).toBe("gone");
  await expect(read).rejects.toMatchObject({ code: "ANSWER_DIFFERS" });
  expect(await answer.over).toBe(false);
});

it("gives an answer that is no stream whole, of the last worker, also an error of the request", async () => {
  const answer = new ForwardedAnswer();
  const head = { status: 400, headers: { "content-type": "application/json" } };
  answer.begin();
  answer.part(1, 0, { status: 200, headers: {} });
  answer.part(1, 1, bytes("half"));
  answer.begin();
  answer.part(2, 0, head);
  answer.part(2, 1, bytes('{"a"'));
  answer.part(2, 2, bytes(":1}"));
  expect(answer.end(2, 3)).toBe("taken");
  const response = await answer.response;
  expect([response.status, await response.json()]).toEqual([400, { a: 1 }]);
  expect(answer.begin()).toBeUndefined();
});

it("hears a client that goes away, before and within a stream", async () => {
  const waiting = new ForwardedAnswer();
  waiting.fail(new Error("left"));
  await expect(waiting.response).rejects.toThrow("left");
  expect([await waiting.over, waiting.begin()]).toEqual([false, undefined]);
  const streamed = new ForwardedAnswer();
  streamed.begin();
  streamed.part(1, 0, HEAD);
  streamed.part(1, 1, bytes(event(0, "a")));
  await (await streamed.response).body?.cancel();
  expect([await streamed.over, streamed.wants(1)]).toEqual([false, false]);
});
