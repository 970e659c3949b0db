import type { ModelHealth } from "../frontend/frontend.ts";

/** A request that goes to a worker as it is. */
export interface ForwardedRequest {
  /** Of this request alone. */
  readonly id: string;
  readonly model: string;
  readonly method: "GET" | "POST";
  /** Path of the address. */
  readonly path: string;
  /** Those that the answer depends on. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Brings requests to workers, each of which answers them as a `ModelServer` does. */
export interface Forwarder {
  /** Models that there are workers of, or were: ready where there is one now. */
  models(): readonly ModelHealth[];
  /**
   * The answer of a worker. Its body is an error where the workers cannot come to its end.
   *
   * @param signal aborts when nobody waits for the answer any more
   */
  forward(request: ForwardedRequest, signal: AbortSignal): Promise<Response>;
}
