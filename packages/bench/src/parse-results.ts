import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import * as v from "valibot";
import { type BenchResults, SCHEMA } from "./results.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const samples = v.pipe(v.array(seconds), v.maxLength(100_000));
const text = v.pipe(v.string(), v.maxLength(10_000));

const timing = v.object({
  coldSeconds: seconds,
  wall: samples,
  device: samples,
  multiply: samples,
  rewrite: samples,
});

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
    timing,
  }),
  v.object({ implementation: text, status: v.literal("wrong"), verification }),
  v.object({ implementation: text, status: v.literal("skipped"), reason: text }),
]);

const caseResult = v.object({
  pattern: text,
  batch: positive,
  dtype: v.picklist(["f32", "f16"]),
  layout: v.picklist(LAYOUTS),
  verifiedVectors: positive,
  results: v.pipe(v.array(implementationResult), v.maxLength(1000)),
});

const environment = v.object({
  date: text,
  command: text,
  adapter: v.object({
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
  }),
  platform: text,
  processors: text,
  versions: v.record(text, text),
  load: v.nullable(v.number()),
});

const benchResults: v.GenericSchema<unknown, BenchResults> = v.object({
  schema: v.literal(SCHEMA),
  environment,
  options: v.object({ rounds: positive, minSample: seconds, seed: v.number() }),
  cases: v.pipe(v.array(caseResult), v.maxLength(100_000)),
  skipped: v.array(v.object({ case: text, reason: text })),
  complete: v.boolean(),
});

/**
 * Reads a results file's text.
 *
 * @throws PapilioError `RESULTS_SYNTAX` when it is not JSON; `RESULTS_VERSION` when it is of another
 * version; `RESULTS_INVALID` naming the first place that does not fit
 */
export function parseResults(json: string): BenchResults {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new PapilioError(
      "RESULTS_SYNTAX",
      `The results are not JSON: ${(cause as Error).message}.`,
      "Give a file that `papilio bench --json FILE` wrote.",
      { cause },
    );
  }
  const schema = (data as { schema?: unknown } | null)?.schema;
  if (typeof schema === "string" && schema !== SCHEMA) {
    throw new PapilioError(
      "RESULTS_VERSION",
      `The results have schema ${JSON.stringify(schema.slice(0, 100))}, and this version reads ${SCHEMA}.`,
      "Read them with the version of papilio that wrote them, or run the benchmark again.",
    );
  }
  const parsed = v.safeParse(benchResults, data);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new PapilioError(
    "RESULTS_INVALID",
    `The results do not fit the schema ${SCHEMA} at ${v.getDotPath(issue) ?? "the top"}: ${issue.message}.`,
    "Give a file that `papilio bench --json FILE` wrote, unchanged.",
  );
}
