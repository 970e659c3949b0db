import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { gzipSync } from "node:zlib";
import { writeSafetensors } from "@papilio/butterfly/files";
import { loadStateDict } from "@papilio/nn/weights";
import { bytesOf, type Subject } from "./subject.ts";

/** Milliseconds that a server may make no progress: it always ends what it sends. */
const TIMEOUT = 5000;
const MAX_BYTES = 2 ** 20;

/** What a server of weights sends, from the first byte of its answer to the last. */
export function httpSubjects(): Subject[] {
  const values = Float32Array.of(1, 2, 3, 4);
  const body = writeSafetensors([{ name: "a", dtype: "F32", shape: [2, 2], values }]);
  const gzip = gzipSync(body);
  const size = body.length.toString(16);
  const answer = (head: string, ...contents: readonly (Uint8Array | string)[]): Uint8Array =>
    new Uint8Array(
      Buffer.concat(
        [`HTTP/1.1 ${head}\r\n\r\n`, ...contents].map((part) =>
          typeof part === "string" ? bytesOf(part) : part,
        ),
      ),
    );
  let server: Promise<Answering> | undefined;
  return [
    {
      name: "HTTP",
      seeds: [
        answer(`200 OK\r\ncontent-length: ${body.length}\r\ncontent-type: application/x`, body),
        answer("200 OK\r\ntransfer-encoding: chunked", `${size}\r\n`, body, "\r\n0\r\n\r\n"),
        answer(`200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${gzip.length}`, gzip),
        answer("103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close", body),
        answer("302 Found\r\nlocation: /moved\r\ncontent-length: 0"),
        answer("404 Not Found\r\ncontent-type: text/html", "<html>"),
      ],
      textual: true,
      read: async (bytes) => {
        server ??= Answering.open();
        await (await server).load(bytes);
      },
    },
  ];
}

/** A server that answers every request with the same bytes. */
class Answering {
  readonly #server: Server;
  #bytes: Uint8Array = new Uint8Array(0);

  private constructor() {
    this.#server = createServer((socket) => {
      socket.unref();
      // Whoever is answered so hangs up in the middle.
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.end(this.#bytes));
    });
  }

  static async open(): Promise<Answering> {
    const opened = new Answering();
    opened.#server.listen(0, "127.0.0.1").unref();
    await once(opened.#server, "listening");
    return opened;
  }

  load(bytes: Uint8Array): Promise<unknown> {
    this.#bytes = bytes;
    const { port } = this.#server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/a.safetensors`;
    return loadStateDict(url, { timeout: TIMEOUT, maxBytes: MAX_BYTES });
  }
}
