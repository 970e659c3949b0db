import { setTimeout as sleep } from "node:timers/promises";
import { INDEX, SHARDS, SINGLE } from "../../../weights/testing/small-model.ts";
import { bomb } from "./bomb.ts";
import { type Answer, type Exchange, reply } from "./hostile-server.ts";
import { type Below, BROKEN, FAILED, LENGTH, type Route, STATUS, TIMEOUT } from "./route.ts";

export function stalledRoutes(below: Below): Route[] {
  const at = below(SINGLE.length);
  const head = `HTTP/1.1 200 x\r\ncontent-length: ${SINGLE.length}\r\n`;
  const stalls = (name: string, answer: Answer): Route => ({ name, expected: TIMEOUT, answer });
  /** Again and again, until nobody listens. */
  const repeat = async ({ socket }: Exchange, piece: () => string | Uint8Array): Promise<void> => {
    while (!socket.destroyed) {
      socket.write(piece());
      await sleep(5);
    }
  };
  return [
    stalls("silence", () => undefined),
    stalls(
      "silence in the head",
      ({ socket }) => void socket.write(head.slice(0, below(head.length))),
    ),
    stalls("silence after the head", ({ socket }) => void socket.write(`${head}\r\n`)),
    stalls("silence in the body", ({ socket }) => {
      socket.write(`${head}\r\n`);
      socket.write(SINGLE.subarray(0, at));
    }),
    stalls("a reason for ever", async (exchange) => {
      exchange.socket.write("HTTP/1.1 200 ");
      await repeat(exchange, () => "x".repeat(2 ** 16));
    }),
    stalls("headers, byte by byte", async (exchange) => {
      exchange.socket.write(`${head}x: `);
      await repeat(exchange, () => "x");
    }),
    stalls("information for ever", (exchange) => repeat(exchange, () => "HTTP/1.1 102 x\r\n\r\n")),
    stalls("compressed nothing for ever", async (exchange) => {
      const { socket } = exchange;
      socket.write(`HTTP/1.1 200 x\r\ncontent-encoding: gzip\r\n\r\n`);
      // An empty block of deflate, stored.
      socket.write(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3));
      await repeat(exchange, () => Uint8Array.of(0, 0, 0, 0xff, 0xff));
    }),
  ];
}

export function redirectRoutes(below: Below): Route[] {
  const whole = (exchange: Exchange): void => reply(exchange, 200, LENGTH, SINGLE);
  const statuses = [301, 302, 303, 307, 308];
  const status = (): number => statuses[below(statuses.length)] as number;
  const to = (
    name: string,
    expected: Route["expected"],
    target: (exchange: Exchange) => string,
  ): Route => ({
    name: `a redirection ${name}`,
    expected,
    answer: (exchange) => {
      if (exchange.path.startsWith("/end")) return whole(exchange);
      reply(exchange, status(), { location: target(exchange) });
    },
  });
  let hops = 0;
  return [
    to("to a relative address", "loaded", () => "end.safetensors"),
    to("to a path", "loaded", () => "/end.safetensors"),
    to("to an address", "loaded", ({ origin }) => `${origin}/end`),
    to("without a scheme", "loaded", ({ origin }) => origin.replace("http:", "").concat("/end")),
    to("elsewhere", "loaded", ({ other }) => `${other}/end`),
    to("elsewhere and back", "loaded", ({ path, other }) =>
      path.startsWith("/back") ? `${other}/end` : `${other}/back`,
    ),
    to("after others", "loaded", () => (++hops % 10 === 0 ? "/end" : `/hop${hops}`)),
    to("to itself", FAILED, ({ path }) => path),
    to("for ever", FAILED, () => `/hop${++hops}`),
    to("to a file", FAILED, () => "file:///etc/hostname"),
    to("to FTP", FAILED, ({ origin }) => origin.replace("http", "ftp")),
    to("to data", FAILED, () => `data:,${"x".repeat(below(100))}`),
    to("to a script", FAILED, () => "javascript:1"),
    to("to nothing", [...FAILED, ...STATUS], () => ""),
    to("to what is not an address", FAILED, () => "http://user:s3cret@exa mple:99999/"),
    to("to nobody", FAILED, () => "http://127.0.0.1:1/"),
    to("to an address with a password", FAILED, ({ other }) =>
      other.replace("//", "//user:s3cret@").concat("/end"),
    ),
    {
      name: "a redirection without an address",
      expected: STATUS,
      answer: (exchange) => reply(exchange, status(), {}),
    },
  ];
}

export function shardRoutes(below: Below): Route[] {
  const folder = (
    name: string,
    expected: Route["expected"],
    change: (name: string, exchange: Exchange) => boolean,
  ): Route => ({
    name: `shards ${name}`,
    path: "/model/",
    expected,
    answer: (exchange) => {
      const file = decodeURIComponent(exchange.path.replace(/^.*\//, "").replace(/\?.*$/, ""));
      const contents = SHARDS.get(file);
      if (change(file, exchange)) return;
      if (contents === undefined) reply(exchange, 404, {});
      else reply(exchange, 200, { etag: `"${below(1e9)}"` }, contents);
    },
  });
  const names = [...SHARDS.keys()].filter((name) => name !== INDEX);
  const [first = "", second = ""] = names;
  const onSecond = (act: (exchange: Exchange) => void) => (name: string, exchange: Exchange) => {
    if (name === second) act(exchange);
    return name === second;
  };
  return [
    folder("whose tags change", "loaded", () => false),
    folder(
      "of which one is not there",
      ["STATE_DICT_INDEX"],
      onSecond((one) => reply(one, 404, {})),
    ),
    folder(
      "of which one is another",
      ["STATE_DICT_INDEX"],
      onSecond((one) => reply(one, 200, {}, SHARDS.get(first))),
    ),
    folder(
      "of which one is busy",
      STATUS,
      onSecond((one) => reply(one, 503, {})),
    ),
    folder(
      "of which one is a page",
      ["HTTP_CONTENT"],
      onSecond((one) => reply(one, 200, { "content-type": "text/html" }, "<html>")),
    ),
    folder(
      "of which one breaks",
      BROKEN,
      onSecond(({ socket }) => {
        socket.write("HTTP/1.1 200 x\r\ncontent-length: 400\r\n\r\nx", () => socket.destroy());
      }),
    ),
    folder("of which one is elsewhere", "loaded", (name, exchange) => {
      if (name !== second || exchange.path.includes("elsewhere")) return false;
      reply(exchange, 302, { location: `${exchange.other}/elsewhere/${second}` });
      return true;
    }),
    folder(
      "whose index is a bomb",
      ["STATE_DICT_INDEX", "STATE_DICT_TOO_LARGE"],
      (name, exchange) => {
        if (name === INDEX) bomb(exchange, Buffer.from('{"weight_map":'));
        return name === INDEX;
      },
    ),
    folder("whose index leads out", ["STATE_DICT_INDEX"], (name, exchange) => {
      if (name === INDEX) reply(exchange, 200, {}, '{"weight_map":{"a":"../../a.safetensors"}}');
      return name === INDEX;
    }),
  ];
}
