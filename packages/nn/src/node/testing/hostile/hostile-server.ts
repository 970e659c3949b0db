import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A request, and the connection that it came on. */
export interface Exchange {
  readonly socket: Socket;
  /** With its query. */
  readonly path: string;
  /** The request line and the headers. */
  readonly head: string;
  /** Of the server that was asked, and of one on another port. */
  readonly origin: string;
  readonly other: string;
}

/** Answers a request, byte by byte as it likes. */
export type Answer = (exchange: Exchange) => void | Promise<void>;

/** A server that answers as no server should, on two ports: two origins. */
export class HostileServer implements AsyncDisposable {
  /** `authorization` and path of what the second origin was asked. */
  readonly askedElsewhere: { readonly authorization: string | undefined; readonly path: string }[] =
    [];
  #answer: Answer = ({ socket }) => void socket.destroy();
  readonly #servers: readonly [Server, Server];
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#servers = [this.#serve(false), this.#serve(true)];
  }

  static async open(): Promise<HostileServer> {
    const opened = new HostileServer();
    for (const server of opened.#servers) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return opened;
  }

  get origin(): string {
    return originOf(this.#servers[0]);
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Answers all requests so from now on. */
  answerWith(answer: Answer): void {
    this.#answer = answer;
    this.askedElsewhere.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) {
      server.close();
      await once(server, "close");
    }
  }

  #serve(elsewhere: boolean): Server {
    return createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      // Whoever is answered so hangs up in the middle.
      socket.on("error", () => socket.destroy());
      let head = "";
      socket.on("data", (chunk) => {
        head += chunk.toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        const asked = head;
        head = "";
        const [, path = "/"] = /^GET (\S+)/.exec(asked) ?? [];
        const [, authorization] = /^authorization: *(.*)\r$/im.exec(asked) ?? [];
        if (elsewhere) this.askedElsewhere.push({ authorization, path });
        const [first, second] = this.#servers;
        const origin = originOf(elsewhere ? second : first);
        const other = originOf(elsewhere ? first : second);
        void this.#answer({ socket, path, head: asked, origin, other });
      });
    });
  }
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A whole answer, after which the connection is closed. */
export function reply(
  { socket }: Exchange,
  status: number | string,
  headers: Readonly<Record<string, string | number>>,
  body: Uint8Array | string = "",
): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status}${typeof status === "number" ? " x" : ""}\r\n`);
  socket.write(`connection: close\r\n${lines.join("")}\r\n`);
  socket.end(body);
}

/** A body in chunks that end at these places. */
export function chunked(body: Uint8Array, ends: readonly number[], extension = ""): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (const end of [...ends.toSorted((p, q) => p - q), body.length]) {
    if (end === start) continue;
    const size = (end - start).toString(16);
    parts.push(
      Buffer.from(`${size}${extension}\r\n`),
      Buffer.from(body.subarray(start, end)),
      Buffer.from("\r\n"),
    );
    start = end;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n")]);
}
