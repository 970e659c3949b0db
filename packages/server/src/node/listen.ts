import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { PapilioError } from "@papilio/butterfly";
import * as v from "valibot";
import { optionsOf, requireShape } from "../arguments/checks.ts";

export interface ListenOptions {
  /** Address to listen at; 127.0.0.1, which this machine alone reaches, unless given. */
  readonly host?: string;
  /** 0 takes a free one; 8000 unless given. */
  readonly port?: number;
}

/** A server that listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections, and resolves when the last one is over. */
  close(): Promise<void>;
}

/** Milliseconds that connections have to end by themselves when the server closes. */
const PATIENCE = 1000;

const serverShape = v.object({
  fetch: v.custom((value) => typeof value === "function", "it must be a function"),
});
const optionsShape = optionsOf({
  host: v.optional(v.pipe(v.string(), v.minLength(1))),
  port: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(65_535))),
});

/**
 * Answers HTTP requests in Node by a server's `fetch`. There is no TLS: that is a proxy's.
 *
 * @throws PapilioError `OPTION_INVALID`; `LISTEN_FAILED` where the address is taken, or not this machine's
 *
 * @example
 * ```ts
 * const { port, close } = await listen(server, { port: 0 });
 * ```
 */
export async function listen(
  server: { readonly fetch: (request: Request) => Promise<Response> },
  options: ListenOptions = {},
): Promise<Listening> {
  requireShape("The server", server, serverShape);
  requireShape("The options of listen", options, optionsShape);
  const { host = "127.0.0.1", port = 8000 } = options;
  const http = createAdaptorServer({ fetch: (request) => server.fetch(request) }) as Server;
  try {
    http.listen(port, host);
    await once(http, "listening");
  } catch (cause) {
    throw new PapilioError(
      "LISTEN_FAILED",
      `Nothing can listen at ${host}:${port}: ${(cause as Error).message}.`,
      "Give another port, or an address of this machine.",
      { cause },
    );
  }
  return {
    host,
    port: (http.address() as AddressInfo).port,
    close: async () => {
      const closed = once(http, "close");
      http.close();
      http.closeIdleConnections();
      // A client that sends half of a request is not waited for.
      const timer = setTimeout(() => http.closeAllConnections(), PATIENCE);
      await closed;
      clearTimeout(timer);
    },
  };
}
