import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { SINGLE } from "../../../weights/testing/small-model.ts";
import { BOMB, bomb } from "./bomb.ts";
import { type Answer, chunked, reply } from "./hostile-server.ts";
import { type Below, BROKEN, FAILED, LENGTH, type Route, TRUNCATED } from "./route.ts";

export function wholeRoutes(below: Below): Route[] {
  const ends = Array.from({ length: 1 + below(20) }, () => below(SINGLE.length));
  const types = ["text/plain", "application/octet-stream", "TEXT/X", "", ";;;"];
  const loaded = (name: string, answer: Answer): Route => ({ name, expected: "loaded", answer });
  return [
    loaded("a length", (exchange) => reply(exchange, 200, LENGTH, SINGLE)),
    loaded("no length", (exchange) => reply(exchange, 200, {}, SINGLE)),
    loaded("HTTP/1.0", ({ socket }) => {
      socket.write("HTTP/1.0 200 OK\r\n\r\n");
      socket.end(SINGLE);
    }),
    loaded("chunks", (exchange) =>
      reply(
        exchange,
        200,
        { "transfer-encoding": "chunked" },
        Buffer.concat([chunked(SINGLE, ends, ";a=b"), Buffer.from("x-trailer: 1\r\n\r\n")]),
      ),
    ),
    loaded("any type", (exchange) =>
      reply(exchange, 200, { "content-type": types[below(types.length)] as string }, SINGLE),
    ),
    loaded("an odd reason", (exchange) => reply(exchange, "200 \u00e4 404 OK", LENGTH, SINGLE)),
    loaded("information first", (exchange) => {
      for (let count = below(4); count >= 0; count--) {
        const hint = below(2) === 0 ? "102 Processing" : "103 Early Hints\r\nlink: </x>";
        exchange.socket.write(`HTTP/1.1 ${hint}\r\n\r\n`);
      }
      reply(exchange, 200, LENGTH, SINGLE);
    }),
    {
      name: "an invitation to go on, first",
      expected: FAILED,
      answer: (exchange) => {
        // Of a body that no request has.
        exchange.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        reply(exchange, 200, LENGTH, SINGLE);
      },
    },
    loaded("slow pieces", async ({ socket }) => {
      socket.write("HTTP/1.1 200 x\r\nconnection: close\r\n\r\n");
      let start = 0;
      for (const end of [...ends, SINGLE.length].toSorted((p, q) => p - q)) {
        socket.write(SINGLE.subarray(start, end));
        start = end;
        await sleep(2);
      }
      socket.end();
    }),
  ];
}

export function lengthRoutes(below: Below): Route[] {
  const lengths = (name: string, value: string, expected: readonly string[]): Route => ({
    name,
    expected,
    answer: (exchange) => reply(exchange, 200, { "content-length": value }, SINGLE),
  });
  const cut = SINGLE.subarray(0, below(SINGLE.length));
  return [
    lengths("a length too large", `${SINGLE.length + 1 + below(1000)}`, BROKEN),
    lengths("a length too small", `${1 + below(SINGLE.length - 1)}`, BROKEN),
    lengths("a length of 0", "0", TRUNCATED),
    lengths("a length of petabytes", "9007199254740991", BROKEN),
    lengths("a length of more than 64 bits", "99999999999999999999999", FAILED),
    lengths("a negative length", "-1", FAILED),
    lengths("a length that is not a number", "0x5dc", FAILED),
    lengths("two lengths in one", `${SINGLE.length}, ${SINGLE.length + 1}`, FAILED),
    {
      name: "two lengths",
      expected: FAILED,
      answer: (exchange) =>
        reply(exchange, 200, { ...LENGTH, "Content-Length": SINGLE.length - 1 }, SINGLE),
    },
    {
      name: "a length and chunks",
      expected: FAILED,
      answer: (exchange) =>
        reply(exchange, 200, { ...LENGTH, "transfer-encoding": "chunked" }, chunked(SINGLE, [])),
    },
    {
      name: "a part without a length",
      expected: TRUNCATED,
      answer: (exchange) => reply(exchange, 200, {}, cut),
    },
    {
      name: "more than the file",
      expected: ["FILE_TENSOR"],
      answer: (exchange) =>
        reply(exchange, 200, {}, Buffer.concat([SINGLE, Buffer.alloc(1 + below(100))])),
    },
    ...[
      ["cut chunks", chunked(SINGLE, [cut.length]).subarray(0, -3 - below(SINGLE.length))],
      ["a chunk of no size", "zz\r\nabc"],
      ["a chunk of exabytes", "ffffffffffffffff\r\nabc"],
      ["a chunk without an end", "3\r\nabcd\r\n"],
      ["no chunks", ""],
    ].map(
      ([name, body]): Route => ({
        name: name as string,
        expected: BROKEN,
        answer: (exchange) =>
          reply(exchange, 200, { "transfer-encoding": "chunked" }, body as string | Uint8Array),
      }),
    ),
  ];
}

export function codingRoutes(below: Below): Route[] {
  const gzip = gzipSync(SINGLE);
  const coded = (
    name: string,
    coding: string,
    body: Uint8Array,
    expected: Route["expected"],
  ): Route => ({
    name,
    expected,
    answer: (exchange) => reply(exchange, 200, { "content-encoding": coding }, body),
  });
  const members = 1 + below(SINGLE.length - 1);
  const two = [SINGLE.subarray(0, members), SINGLE.subarray(members)].map((part) => gzipSync(part));
  return [
    coded("gzip", "gzip", gzip, "loaded"),
    coded("gzip in members", "x-gzip", Buffer.concat(two), "loaded"),
    coded("deflate", "deflate", deflateSync(SINGLE), "loaded"),
    coded("brotli", "br", brotliCompressSync(SINGLE), "loaded"),
    coded("gzip twice", "gzip, gzip", gzipSync(gzip), "loaded"),
    coded("a coding that is not known", "nonsense", SINGLE, "loaded"),
    coded("gzip that is not gzip", "gzip", SINGLE, TRUNCATED),
    coded("cut gzip", "gzip", gzip.subarray(0, 20 + below(gzip.length - 30)), TRUNCATED),
    coded("gzip with a wrong sum", "gzip", gzip.with(gzip.length - 8, 1), [
      ...TRUNCATED,
      "FILE_TENSOR",
    ]),
    {
      name: "a bomb of tensors",
      expected: ["STATE_DICT_TOO_LARGE"],
      answer: (exchange) =>
        bomb(exchange, header('{"a":{"dtype":"U8","shape":[LEFT],"data_offsets":[0,LEFT]}}')),
    },
    {
      name: "a bomb of a header",
      expected: ["STATE_DICT_TOO_LARGE", "FILE_HEADER"],
      answer: (exchange) => bomb(exchange, lengthOf(90_000_000)),
    },
    {
      name: "a bomb after the file",
      expected: ["FILE_TENSOR"],
      answer: (exchange) => bomb(exchange, SINGLE),
    },
  ];
}

function header(text: string): Uint8Array {
  const json = Buffer.from(text.replaceAll("LEFT", `${BOMB}`));
  return Buffer.concat([lengthOf(json.length), json]);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes));
  return length;
}
