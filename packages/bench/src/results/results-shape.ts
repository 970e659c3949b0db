import { LAYOUTS } from "@papilio/butterfly";
import * as v from "valibot";
import { anyNumber, dtype, having, layout, type Shape } from "../arguments/checks.ts";
import { LINEAR_KINDS, MODELS_SCHEMA } from "./model-results.ts";
import { SCHEMA } from "./results.ts";

/*
 * Results in memory, by their types alone: what a file may have of numbers is narrower, as it may be
 * anybody's, and stands in results-schema.ts.
 */

const text = v.string();
const numbers = v.array(anyNumber);
const orNull = (shape: Shape): Shape => v.nullable(shape);

const verification = v.object({
  ok: v.boolean(),
  maxError: anyNumber,
  maxRatio: anyNumber,
  worstIndex: anyNumber,
  rmsRelative: anyNumber,
  nonFinite: anyNumber,
});

const implementationResult = v.variant("status", [
  v.object({
    implementation: text,
    status: v.literal("timed"),
    verification,
    bytes: anyNumber,
    traffic: orNull(v.object({ multiply: anyNumber, rewrite: anyNumber })),
    plan: v.optional(text),
    timing: v.object({
      coldSeconds: anyNumber,
      repeats: orNull(anyNumber),
      wall: numbers,
      device: numbers,
      multiply: numbers,
      rewrite: numbers,
    }),
    energy: orNull(having("an energy", "joules", "lower", "upper")),
  }),
  v.object({ implementation: text, status: v.literal("wrong"), verification }),
  v.object({ implementation: text, status: v.literal("skipped"), reason: text }),
]);

const caseKey = { chain: text, batch: anyNumber, dtype, layout };

/** The result of a case. */
export const caseResult: Shape = v.object({
  ...caseKey,
  verifiedVectors: anyNumber,
  inputs: orNull(anyNumber),
  seconds: orNull(anyNumber),
  results: v.array(implementationResult),
});

/** A case that was skipped. */
export const skippedCase: Shape = v.object({
  ...caseKey,
  cause: v.picklist(["device", "budget"]),
  reason: text,
});

const rates = v.object({
  copyBytesPerSecond: anyNumber,
  flopsPerSecond: anyNumber,
  dispatchSeconds: anyNumber,
});

const environment = v.object({
  date: text,
  command: text,
  adapter: v.nullable(
    v.object({
      name: text,
      vendor: text,
      architecture: text,
      driver: text,
      kind: v.picklist(["hardware", "software"]),
      embedded: v.boolean(),
      features: v.object({
        f16: v.boolean(),
        subgroups: orNull(v.object({ min: anyNumber, max: anyNumber })),
        timestamps: v.boolean(),
      }),
      limits: v.object({
        maxBufferSize: anyNumber,
        maxStorageBufferBindingSize: anyNumber,
        maxComputeWorkgroupStorageSize: anyNumber,
        maxComputeInvocationsPerWorkgroup: anyNumber,
        maxComputeWorkgroupsPerDimension: anyNumber,
      }),
      passedOver: v.array(v.object({ name: text, reason: text })),
    }),
  ),
  platform: text,
  processors: text,
  versions: v.record(text, text),
  revision: orNull(text),
  load: v.object({ average: orNull(anyNumber), busy: orNull(anyNumber) }),
  cacheBytes: orNull(anyNumber),
  clockSteps: v.object({ device: orNull(anyNumber), wall: orNull(anyNumber) }),
  rates: orNull(rates),
  energy: v.union([v.object({ meter: text, idleWatts: anyNumber }), v.object({ reason: text })]),
});

/** The settings of a run. */
export const runOptions: Shape = v.object({
  rounds: anyNumber,
  minSample: anyNumber,
  seed: anyNumber,
  maxRunSeconds: orNull(anyNumber),
});

/** A whole run. */
export const benchResults: Shape = v.object({
  schema: v.literal(SCHEMA),
  environment,
  options: runOptions,
  implementations: v.array(
    v.object({ name: text, description: text, processor: v.picklist(["adapter", "cpu"]) }),
  ),
  cases: v.array(caseResult),
  skipped: v.array(skippedCase),
  resumed: anyNumber,
  complete: v.boolean(),
  damagedLines: numbers,
});

/** The results of a model. */
export const modelResults: Shape = v.object({
  schema: v.literal(MODELS_SCHEMA),
  environment,
  options: v.object({ rounds: anyNumber, minSample: anyNumber, seed: anyNumber }),
  model: text,
  description: text,
  unit: v.picklist(["images", "tokens"]),
  units: anyNumber,
  complete: v.boolean(),
  variants: v.array(
    v.object({
      linear: v.picklist(LINEAR_KINDS),
      dtype,
      layout: v.picklist(LAYOUTS),
      parameters: anyNumber,
      linears: v.array(
        v.object({
          rows: anyNumber,
          cols: anyNumber,
          product: text,
          layers: anyNumber,
          weights: anyNumber,
        }),
      ),
      linearFlops: anyNumber,
      verification: v.object({
        ok: v.boolean(),
        relativeError: orNull(anyNumber),
        bound: anyNumber,
        nonFinite: anyNumber,
        units: anyNumber,
      }),
      dispatches: anyNumber,
      rewrites: anyNumber,
      bytes: anyNumber,
      peakBytes: anyNumber,
      compileSeconds: anyNumber,
      firstRunSeconds: anyNumber,
      repeats: orNull(anyNumber),
      wall: numbers,
      profile: orNull(v.array(v.object({ part: text, kind: text, seconds: anyNumber }))),
    }),
  ),
});
