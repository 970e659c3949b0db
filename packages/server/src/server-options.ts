import { PapilioError } from "@papilio/butterfly";
import { WEIGHT_DTYPES } from "@papilio/cpu-runtime/kernels";
import type { Gpu } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { optionsOf, requireShape } from "./arguments/checks.ts";
import type { ServedModel } from "./engines/served-model.ts";
import type { ServerMetrics } from "./metrics/metrics.ts";
import type { RequestRecord } from "./protocol/exchange.ts";
import { LIMITS, type Limits } from "./protocol/limits.ts";

export interface ServerOptions {
  readonly models: readonly ServedModel[];
  /** Opens the device that models are computed on, now and after each loss; the CPU unless given. */
  readonly openDevice?: (() => Promise<Gpu>) | undefined;
  /** What requests must send as a bearer token; anyone is answered unless given. */
  readonly apiKey?: string | undefined;
  readonly limits?: Partial<Limits>;
  /** Counts what happens, and answers `/metrics`, which there is not unless given. */
  readonly metrics?: ServerMetrics | undefined;
  /** Is given each request when it is over. */
  readonly log?: ((record: RequestRecord) => void) | undefined;
}

const callback = v.custom((value) => typeof value === "function", "it must be a function");
const object = v.custom<object>(
  (value) => typeof value === "object" && value !== null,
  "it must be an object",
);
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const optionsShape = v.object({
  models: v.pipe(
    v.array(
      v.object({
        name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
        model: object,
        tokenizer: v.optional(object),
        stopTokens: v.optional(v.array(v.number())),
        sentences: v.optional(object),
        chatTemplate: v.optional(v.string()),
        specialTokens: v.optional(v.record(v.string(), v.string())),
        context: v.optional(whole),
        cacheBudget: v.optional(whole),
        place: v.optional(v.picklist(["cpu", "gpu"])),
        dtype: v.optional(v.picklist(WEIGHT_DTYPES)),
      }),
    ),
    v.minLength(1, "it must have a model"),
  ),
  openDevice: v.optional(callback),
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
});

/**
 * The limits of a server whose options are valid.
 *
 * @throws PapilioError `OPTION_INVALID`, `SERVED_NAME`
 */
export function requireServerOptions(options: ServerOptions): Limits {
  requireShape("The options of a server", options, optionsShape);
  const names = options.models.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return { ...LIMITS, ...options.limits };
  throw new PapilioError(
    "SERVED_NAME",
    `Two models are called ${twice}.`,
    "Give each a name of its own.",
  );
}
