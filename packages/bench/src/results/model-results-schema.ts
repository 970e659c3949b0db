import { LAYOUTS } from "@papilio/butterfly";
import { WEIGHT_DTYPES } from "@papilio/cpu-runtime/kernels";
import * as v from "valibot";
import { FILE_LIMITS, type Limits, TYPES_ALONE } from "./limits.ts";
import {
  ENGINES,
  LINEAR_KINDS,
  MODEL_UNITS,
  MODELS_SCHEMA,
  type ModelResults,
  PART_KINDS,
  PROCESSORS,
} from "./model-results.ts";
import type { Environment } from "./results.ts";
import { fileSchemas, MOST_SAMPLES, memorySchemas } from "./results-schema.ts";

/** Of results in a file. */
export const fileModelResults: v.GenericSchema<unknown, ModelResults> = modelResults(
  FILE_LIMITS,
  fileSchemas.environment,
);

/** Of results in memory. */
export const memoryModelResults: v.GenericSchema<unknown, ModelResults> = modelResults(
  TYPES_ALONE,
  memorySchemas.environment,
);

function modelResults(
  limits: Limits,
  environment: v.GenericSchema<unknown, Environment>,
): v.GenericSchema<unknown, ModelResults> {
  const { count, positive, seconds, rate, text, list } = limits;
  const linear = v.object({
    rows: positive,
    cols: positive,
    product: text,
    layers: positive,
    weights: positive,
  });
  const variant = v.object({
    engine: v.picklist(ENGINES),
    processor: v.picklist(PROCESSORS),
    threads: v.nullable(positive),
    linear: v.picklist(LINEAR_KINDS),
    dtype: v.picklist(WEIGHT_DTYPES),
    layout: v.nullable(v.picklist(LAYOUTS)),
    sequences: v.optional(positive),
    parameters: count,
    linears: list(linear, 1000),
    linearFlops: count,
    verification: v.object({
      ok: v.boolean(),
      relativeError: v.nullable(seconds),
      bound: seconds,
      nonFinite: count,
      units: positive,
      steps: v.optional(positive),
    }),
    dispatches: v.nullable(count),
    rewrites: v.nullable(count),
    bytes: v.nullable(count),
    peakBytes: v.nullable(count),
    compileSeconds: seconds,
    firstRunSeconds: seconds,
    repeats: v.nullable(positive),
    wall: list(limits.duration, MOST_SAMPLES),
    transfers: v.boolean(),
    profile: v.nullable(
      list(
        v.object({
          part: text,
          kind: v.picklist(PART_KINDS),
          seconds,
          flops: v.optional(count),
          bytes: v.optional(count),
        }),
        10_000,
      ),
    ),
    note: v.nullable(text),
  });
  return v.object({
    schema: v.literal(MODELS_SCHEMA),
    environment,
    options: v.object({ rounds: positive, minSample: seconds, seed: count }),
    model: text,
    description: text,
    unit: v.picklist(MODEL_UNITS),
    units: positive,
    complete: v.boolean(),
    rates: v.optional(v.object({ flopsPerSecond: rate, copyBytesPerSecond: rate })),
    variants: list(variant, 100),
    skipped: list(v.object({ name: text, reason: text }), 100),
  });
}
