import * as v from "valibot";
import { optionsOf } from "../arguments/checks.ts";
import type { ServerMetrics } from "../metrics/metrics.ts";
import type { RequestRecord } from "../protocol/exchange.ts";
import type { Limits } from "../protocol/limits.ts";

/** What is set of a server, whoever computes its answers. */
export interface FrontendSettings {
  /** What requests must send as a bearer token; anyone is answered unless given. */
  readonly apiKey?: string | undefined;
  readonly limits?: Partial<Limits>;
  /** Counts what happens, and answers `/metrics`, which there is not unless given. */
  readonly metrics?: ServerMetrics | undefined;
  /** Is given each request when it is over. */
  readonly log?: ((record: RequestRecord) => void) | undefined;
}

const callback = v.custom((value) => typeof value === "function", "it must be a function");
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

export const frontendEntries: v.ObjectEntries = {
  apiKey: v.optional(
    // What a header can have (RFC 6750).
    v.pipe(v.string(), v.regex(/^[\w.~+/-]+=*$/, "it must be letters, digits and -._~+/ alone")),
  ),
  limits: v.optional(
    optionsOf({
      bodyBytes: v.optional(whole),
      tokens: v.optional(whole),
      items: v.optional(whole),
      queue: v.optional(whole),
      requests: v.optional(whole),
      seconds: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(86_400))),
      batch: v.optional(v.pipe(whole, v.maxValue(1024))),
      waitMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000))),
    }),
  ),
  metrics: v.optional(
    v.object({
      watch: callback,
      request: callback,
      batch: callback,
      tokens: callback,
      token: callback,
      expose: callback,
    }),
  ),
  log: v.optional(callback),
};
