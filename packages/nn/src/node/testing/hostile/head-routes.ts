import { SINGLE } from "../../../weights/testing/small-model.ts";
import { reply } from "./hostile-server.ts";
import { type Below, BROKEN, FAILED, LENGTH, type Route, STATUS } from "./route.ts";

export function statusRoutes(below: Below): Route[] {
  const any = (...statuses: readonly number[]): number =>
    statuses[below(statuses.length)] as number;
  const answers = (
    name: string,
    status: number,
    expected: Route["expected"],
    headers: Readonly<Record<string, string>> = {},
  ): Route => ({
    name: `status ${name}`,
    expected,
    answer: (exchange) => reply(exchange, status, { ...LENGTH, ...headers }, SINGLE),
  });
  const end = SINGLE.length - 1;
  return [
    answers("of a copy", 203, "loaded"),
    answers("of other protocols", 101, FAILED, { upgrade: "x", connection: "upgrade" }),
    answers("without contents", any(204, 205), BROKEN),
    answers("of a part", 206, STATUS, { "content-range": `bytes 0-${end}/${end + 1}` }),
    answers("of another part", 206, STATUS, {
      "content-range": `bytes ${below(end)}-9/${below(99)}`,
    }),
    answers("of a part of what changed", 206, STATUS, { etag: `"${below(1e9)}"` }),
    answers("not modified", 304, STATUS, { etag: '"x"' }),
    answers("300", any(300, 305, 306, 309), STATUS),
    answers("of a proxy", 407, FAILED),
    answers("unauthorized", 401, STATUS, { "www-authenticate": "Basic realm=x" }),
    answers("4xx", any(400, 402, 403, 404, 405, 408, 410, 416, 418, 421, 429, 451, 499), STATUS),
    answers("5xx", any(500, 501, 502, 503, 504, 505, 507, 511, 599), STATUS, {
      "retry-after": "9",
    }),
    answers("of no kind", any(600, 777, 999), [...STATUS, ...FAILED]),
    ...[
      ["a page", "text/html", ["HTTP_CONTENT"]],
      ["a page with a charset", "Text/HTML; charset=utf-8", ["HTTP_CONTENT"]],
      ["a page of no type", "application/octet-stream", ["FILE_HEADER"]],
      ["a page of XML", "application/xhtml+xml", ["FILE_HEADER"]],
    ].map(
      ([name, type, expected]): Route => ({
        name: name as string,
        expected: expected as string[],
        answer: (exchange) =>
          reply(
            exchange,
            200,
            { "content-type": type as string },
            `<!DOCTYPE html><title>${"x".repeat(below(5000))}</title>`,
          ),
      }),
    ),
  ];
}

export function headRoutes(below: Below): Route[] {
  const says = (name: string, text: string, expected: Route["expected"] = FAILED): Route => ({
    name,
    expected,
    answer: ({ socket }) => {
      socket.write(Buffer.from(text, "latin1"));
      socket.end(SINGLE);
    },
  });
  const long = "x".repeat(2 ** 20 + below(2 ** 20));
  const many = Array.from({ length: 50_000 }, (_, index) => `x${index}: y\r\n`).join("");
  return [
    says("a header of megabytes", `HTTP/1.1 200 x\r\nx: ${long}\r\n\r\n`),
    says("a header's name of megabytes", `HTTP/1.1 200 x\r\n${long}: x\r\n\r\n`),
    says("headers of megabytes", `HTTP/1.1 200 x\r\n${many}\r\n`),
    says("a reason of megabytes", `HTTP/1.1 200 ${long}\r\n\r\n`, "loaded"),
    says("a header without a colon", "HTTP/1.1 200 x\r\nnonsense\r\n\r\n"),
    says("a header of zeros", "HTTP/1.1 200 x\r\nx: a\0b\r\n\r\n"),
    says("a status that is not a number", "HTTP/1.1 2x0 x\r\n\r\n"),
    says("another protocol", "SSH-2.0-OpenSSH_9.9\r\n"),
    says("another version", `HTTP/${3 + below(7)}.0 200 x\r\n\r\n`),
    says("HTTP/0.9", ""),
  ];
}

export function resetRoutes(below: Below): Route[] {
  const head = `HTTP/1.1 200 x\r\ncontent-length: ${SINGLE.length}\r\n\r\n`;
  const resets = (name: string, expected: readonly string[], sent: () => Uint8Array): Route => ({
    name: `a connection that breaks ${name}`,
    expected,
    answer: async ({ socket }) => {
      const bytes = sent();
      if (bytes.length > 0) await new Promise((resolve) => socket.write(bytes, resolve));
      if (below(2) === 0) socket.resetAndDestroy();
      else socket.destroy();
    },
  });
  const whole = Buffer.concat([Buffer.from(head), SINGLE]);
  const upTo = (end: number): Uint8Array => whole.subarray(0, end);
  return [
    resets("at once", FAILED, () => upTo(0)),
    resets("in the status", FAILED, () => upTo(1 + below(12))),
    resets("in the headers", FAILED, () => upTo(16 + below(head.length - 18))),
    resets("after the head", BROKEN, () => upTo(head.length)),
    resets("in the body", BROKEN, () => upTo(head.length + 1 + below(SINGLE.length - 1))),
  ];
}
