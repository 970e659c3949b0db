import { PapilioError } from "@papilio/butterfly";
import { WEIGHT_DTYPES } from "@papilio/cpu-runtime/kernels";
import type { Gpu } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { requireShape } from "./arguments/checks.ts";
import { namesOf, type ServedModel } from "./engines/served-model.ts";
import { type FrontendSettings, frontendEntries } from "./frontend/frontend-options.ts";
import { LIMITS, type Limits } from "./protocol/limits.ts";

export interface ServerOptions extends FrontendSettings {
  readonly models: readonly ServedModel[];
  /** Opens the device that models are computed on, now and after each loss; the CPU unless given. */
  readonly openDevice?: (() => Promise<Gpu>) | undefined;
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
        adapters: v.optional(
          v.record(v.pipe(v.string(), v.minLength(1), v.maxLength(200)), object),
        ),
        tokenizer: v.optional(object),
        stopTokens: v.optional(v.array(v.number())),
        sentences: v.optional(object),
        chatTemplate: v.optional(v.string()),
        specialTokens: v.optional(v.record(v.string(), v.string())),
        context: v.optional(whole),
        cacheBudget: v.optional(whole),
        reproducible: v.optional(v.boolean()),
        place: v.optional(v.picklist(["cpu", "gpu"])),
        dtype: v.optional(v.picklist(WEIGHT_DTYPES)),
        tune: v.optional(object),
      }),
    ),
    v.minLength(1, "it must have a model"),
  ),
  openDevice: v.optional(callback),
  ...frontendEntries,
});

/**
 * The limits of a server whose options are valid.
 *
 * @throws PapilioError `OPTION_INVALID`, `SERVED_NAME`
 */
export function requireServerOptions(options: ServerOptions): Limits {
  requireShape("The options of a server", options, optionsShape);
  const names = options.models.flatMap(namesOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return { ...LIMITS, ...options.limits };
  throw new PapilioError(
    "SERVED_NAME",
    `Two models are called ${twice}.`,
    "Give each a name of its own.",
  );
}
