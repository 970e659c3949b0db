import { Chain, LAYOUTS } from "@papilio/butterfly";
import * as v from "valibot";
import { type Environment, type ResultRecord, SCHEMA } from "./results.ts";

/** A millionth of a microsecond, and some thirty years: beyond them, ratios and axes are not finite. */
const [SHORTEST, LONGEST] = [1e-12, 1e9];
/** Joules, watts and rates, at most. */
const MOST_QUANTITY = 1e24;

/** A time, or none. */
export const seconds: v.GenericSchema<unknown, number> = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(LONGEST),
);
/** How long a run took: something. */
export const duration: v.GenericSchema<unknown, number> = v.pipe(
  v.number(),
  v.minValue(SHORTEST),
  v.maxValue(LONGEST),
);

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const samplesOf = <S extends v.GenericSchema<unknown, number>>(
  schema: S,
): v.GenericSchema<unknown, number[]> => v.pipe(v.array(schema), v.maxLength(100_000));
const text = v.pipe(v.string(), v.maxLength(10_000));
const finite = v.pipe(v.number(), v.minValue(-MOST_QUANTITY), v.maxValue(MOST_QUANTITY));
const rate = v.pipe(v.number(), v.minValue(1e-6), v.maxValue(MOST_QUANTITY));
/** Of a part, which may take none. */
const parts = samplesOf(v.union([v.literal(0), duration]));
const samples = samplesOf(duration);

const verification = v.object({
  ok: v.boolean(),
  maxError: v.number(),
  maxRatio: v.number(),
  worstIndex: count,
  rmsRelative: v.number(),
  nonFinite: count,
});

const implementationResult = v.variant("status", [
  v.object({
    implementation: text,
    status: v.literal("timed"),
    verification,
    bytes: count,
    traffic: v.nullable(v.object({ multiply: count, rewrite: count })),
    plan: v.exactOptional(text),
    timing: v.object({
      coldSeconds: seconds,
      repeats: v.nullable(positive),
      wall: samples,
      device: samples,
      multiply: parts,
      rewrite: parts,
    }),
    energy: v.nullable(
      v.object({
        joules: finite,
        lower: finite,
        upper: finite,
        watts: finite,
        seconds,
        runs: positive,
      }),
    ),
  }),
  v.object({ implementation: text, status: v.literal("wrong"), verification }),
  v.object({ implementation: text, status: v.literal("skipped"), reason: text }),
]);

const caseKey = v.object({
  // A chain of sixteen factors has some hundreds of characters.
  chain: v.pipe(
    v.string(),
    v.maxLength(2000),
    v.check(isChain, "it must be patterns that are chainable, separated by semicolons"),
  ),
  batch: positive,
  dtype: v.picklist(["f32", "f16"]),
  layout: v.picklist(LAYOUTS),
});

const adapter = v.object({
  name: text,
  vendor: text,
  architecture: text,
  driver: text,
  kind: v.picklist(["hardware", "software"]),
  embedded: v.boolean(),
  features: v.object({
    f16: v.boolean(),
    subgroups: v.nullable(v.object({ min: count, max: count })),
    timestamps: v.boolean(),
  }),
  limits: v.object({
    maxBufferSize: count,
    maxStorageBufferBindingSize: count,
    maxComputeWorkgroupStorageSize: count,
    maxComputeInvocationsPerWorkgroup: count,
    maxComputeWorkgroupsPerDimension: count,
  }),
  passedOver: v.array(v.object({ name: text, reason: text })),
});

const load = v.object({ average: v.nullable(finite), busy: v.nullable(finite) });

/** Where a run was made. */
export const environment: v.GenericSchema<unknown, Environment> = v.object({
  date: text,
  command: text,
  adapter: v.nullable(adapter),
  platform: text,
  processors: text,
  versions: v.record(text, text),
  revision: v.nullable(text),
  load,
  cacheBytes: v.nullable(count),
  clockSteps: v.object({ device: v.nullable(seconds), wall: v.nullable(seconds) }),
  rates: v.nullable(
    v.object({ copyBytesPerSecond: rate, flopsPerSecond: rate, dispatchSeconds: seconds }),
  ),
  energy: v.union([v.object({ meter: text, idleWatts: finite }), v.object({ reason: text })]),
});

function isChain(text: string): boolean {
  try {
    Chain.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Any line of a results file. */
export const resultRecord: v.GenericSchema<unknown, ResultRecord> = v.variant("record", [
  v.object({
    record: v.literal("run"),
    schema: v.literal(SCHEMA),
    environment,
    options: v.object({
      rounds: positive,
      minSample: seconds,
      seed: v.number(),
      maxRunSeconds: v.nullable(seconds),
    }),
    implementations: v.pipe(
      v.array(
        v.object({ name: text, description: text, processor: v.picklist(["adapter", "cpu"]) }),
      ),
      v.maxLength(1000),
    ),
  }),
  v.object({
    record: v.literal("case"),
    ...caseKey.entries,
    verifiedVectors: positive,
    inputs: v.nullable(positive),
    seconds: v.nullable(seconds),
    results: v.pipe(v.array(implementationResult), v.maxLength(1000)),
  }),
  v.object({
    record: v.literal("skip"),
    ...caseKey.entries,
    cause: v.picklist(["device", "budget"]),
    reason: text,
  }),
  v.object({ record: v.literal("resume"), date: text, load }),
  v.object({ record: v.literal("end"), date: text }),
]);
