import { LAYOUTS } from "@papilio/butterfly";
import * as v from "valibot";
import { FILE_LIMITS, type Limits, TYPES_ALONE } from "./limits.ts";
import {
  type BenchResults,
  type CaseResult,
  type Environment,
  type MeasureRecord,
  type ResultRecord,
  SCHEMA,
  type SkippedCase,
} from "./results.ts";

/** Samples of a result, at most. */
export const MOST_SAMPLES = 100_000;

/** Results of multiplications, and their parts. */
interface ResultsSchemas {
  /** Where a run was made. */
  readonly environment: v.GenericSchema<unknown, Environment>;
  /** The settings of a run. */
  readonly runOptions: v.GenericSchema<unknown, MeasureRecord>;
  readonly caseResult: v.GenericSchema<unknown, CaseResult>;
  readonly skippedCase: v.GenericSchema<unknown, SkippedCase>;
  /** A whole run. */
  readonly benchResults: v.GenericSchema<unknown, BenchResults>;
  /** Any line of a results file. */
  readonly resultRecord: v.GenericSchema<unknown, ResultRecord>;
}

/** Of results in a file. */
export const fileSchemas: ResultsSchemas = resultsSchemas(FILE_LIMITS);

/** Of results in memory. */
export const memorySchemas: ResultsSchemas = resultsSchemas(TYPES_ALONE);

function resultsSchemas(limits: Limits): ResultsSchemas {
  const { number, count, positive, seconds, text, list } = limits;
  const environment = environmentSchema(limits);
  const runOptions = v.object({
    rounds: positive,
    minSample: seconds,
    seed: number,
    maxRunSeconds: v.nullable(seconds),
  });
  const implementations = list(
    v.object({ name: text, description: text, processor: v.picklist(["adapter", "cpu"]) }),
    1000,
  );
  const caseKey = {
    chain: limits.chain,
    batch: positive,
    dtype: v.picklist(["f32", "f16", "f64"]),
    layout: v.picklist(LAYOUTS),
    operation: v.exactOptional(v.picklist(["gradient", "adapt"])),
  };
  const caseResult = v.object({
    ...caseKey,
    verifiedVectors: positive,
    inputs: v.nullable(positive),
    seconds: v.nullable(seconds),
    results: list(implementationSchema(limits), 1000),
    environment: v.exactOptional(environment),
  });
  const skippedCase = v.object({
    ...caseKey,
    cause: v.picklist(["device", "budget"]),
    reason: text,
  });
  return {
    environment,
    runOptions,
    caseResult,
    skippedCase,
    benchResults: v.object({
      schema: v.literal(SCHEMA),
      environment,
      options: runOptions,
      implementations,
      cases: v.array(caseResult),
      skipped: v.array(skippedCase),
      resumed: count,
      complete: v.boolean(),
      damagedLines: v.array(count),
    }),
    resultRecord: v.variant("record", [
      v.object({
        record: v.literal("run"),
        schema: v.literal(SCHEMA),
        environment,
        options: runOptions,
        implementations,
      }),
      v.object({ record: v.literal("case"), ...caseResult.entries }),
      v.object({ record: v.literal("skip"), ...skippedCase.entries }),
      v.object({ record: v.literal("resume"), date: text, load: loadSchema(limits) }),
      v.object({ record: v.literal("end"), date: text }),
    ]),
  };
}

function implementationSchema(
  limits: Limits,
): v.GenericSchema<unknown, CaseResult["results"][number]> {
  const { number, count, positive, seconds, quantity, text, list } = limits;
  const verification = v.object({
    ok: v.boolean(),
    maxError: number,
    maxRatio: number,
    worstIndex: count,
    rmsRelative: number,
    nonFinite: count,
  });
  const samples = list(limits.duration, MOST_SAMPLES);
  const parts = list(limits.partDuration, MOST_SAMPLES);
  return v.variant("status", [
    v.object({
      implementation: text,
      status: v.literal("timed"),
      verification,
      roundingError: v.exactOptional(number),
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
          joules: quantity,
          lower: quantity,
          upper: quantity,
          watts: quantity,
          seconds,
          runs: positive,
        }),
      ),
    }),
    v.object({ implementation: text, status: v.literal("wrong"), verification }),
    v.object({ implementation: text, status: v.literal("skipped"), reason: text }),
  ]);
}

function environmentSchema(limits: Limits): v.GenericSchema<unknown, Environment> {
  const { count, seconds, quantity, rate, text } = limits;
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
      matrixUnits: v.exactOptional(
        v.object({
          taken: v.boolean(),
          products: v.array(
            v.object({ from: text, to: text, rows: count, columns: count, depth: count }),
          ),
        }),
      ),
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
  return v.object({
    date: text,
    command: text,
    adapter: v.nullable(adapter),
    platform: text,
    processors: text,
    versions: v.record(text, text),
    revision: v.nullable(text),
    load: loadSchema(limits),
    cacheBytes: v.nullable(count),
    clockSteps: v.object({ device: v.nullable(seconds), wall: v.nullable(seconds) }),
    rates: v.nullable(
      v.object({ copyBytesPerSecond: rate, flopsPerSecond: rate, dispatchSeconds: seconds }),
    ),
    energy: v.union([v.object({ meter: text, idleWatts: quantity }), v.object({ reason: text })]),
  });
}

function loadSchema({ quantity }: Limits): v.GenericSchema<unknown, Environment["load"]> {
  return v.object({ average: v.nullable(quantity), busy: v.nullable(quantity) });
}
