import { LAYOUTS, type Layout, PapilioError, type StorageDtype } from "@papilio/butterfly";
import { requireText } from "@papilio/butterfly/errors";
import { parseJsonText } from "@papilio/butterfly/files";
import * as v from "valibot";
import { describeIssue } from "../arguments/describe-issue.ts";
import type { Environment } from "./results.ts";
import { duration, environment, seconds } from "./results-schema.ts";

/** Version of the format of results of whole models. */
export const MODELS_SCHEMA = "papilio-models/1";

/** What the linear layers of a model are. */
export const LINEAR_KINDS = ["dense", "butterfly"] as const;
export type LinearKind = (typeof LINEAR_KINDS)[number];

/** What the time of a part is spent on. */
export const PART_KINDS = ["linear", "attention", "normalization", "rewrite", "other"] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** A part of a run on the device: a linear layer in all blocks, or a kind of operation. */
export interface ProfilePart {
  /** Path of the module, its numbers replaced by `*`, or the kind of operation. */
  readonly part: string;
  readonly kind: PartKind;
  readonly seconds: number;
}

/** Linear layers of one shape. */
export interface LinearSummary {
  readonly rows: number;
  readonly cols: number;
  /** Patterns, left-most first, separated by semicolons. */
  readonly product: string;
  /** How many layers of the model are like this. */
  readonly layers: number;
  /** Weights of one of them. */
  readonly weights: number;
}

/** How the device's outputs compare with the CPU's in float64. */
export interface ModelVerification {
  readonly ok: boolean;
  /** `|device - cpu| / |cpu|` in the Euclidean norm, over all that was compared; null if not finite. */
  readonly relativeError: number | null;
  /** What it may be. */
  readonly bound: number;
  /** Of all outputs, those not compared included. */
  readonly nonFinite: number;
  /** Images or tokens that were computed on the CPU. Images repeat after these, and all are compared. */
  readonly units: number;
}

/** What was found out of a model with one kind of linear layers, dtype and layout. */
export interface VariantResult {
  readonly linear: LinearKind;
  readonly dtype: StorageDtype;
  /** Of what is between operations. */
  readonly layout: Layout;
  readonly parameters: number;
  readonly linears: readonly LinearSummary[];
  /** Of a run's linear layers, as they are: two for each weight and vector. */
  readonly linearFlops: number;
  readonly verification: ModelVerification;
  readonly dispatches: number;
  /** Dispatches that only move numbers. */
  readonly rewrites: number;
  /** Device memory of the model, and the most that was in use while it was compiled and ran first. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** Seconds to choose kernels, pack, upload and record, and of the first run. */
  readonly compileSeconds: number;
  readonly firstRunSeconds: number;
  /** Runs that a sample is the mean of; null when the outputs were wrong and nothing was timed. */
  readonly repeats: number | null;
  /** Seconds of a run by the wall clock, from its submission until the device is done. */
  readonly wall: readonly number[];
  /** Null on an adapter without timestamps. The times of parts are medians of several runs. */
  readonly profile: readonly ProfilePart[] | null;
}

/** A whole results file. */
export interface ModelResults {
  readonly schema: typeof MODELS_SCHEMA;
  readonly environment: Environment;
  readonly options: { readonly rounds: number; readonly minSample: number; readonly seed: number };
  readonly model: string;
  readonly description: string;
  readonly unit: "images" | "tokens";
  /** How many a run takes. */
  readonly units: number;
  /** Whether all rounds were made. */
  readonly complete: boolean;
  readonly variants: readonly VariantResult[];
}

/** `butterfly f16 batch-last`. */
export function variantName({
  linear,
  dtype,
  layout,
}: Pick<VariantResult, "linear" | "dtype" | "layout">): string {
  return `${linear} ${dtype} ${layout}`;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const text = v.pipe(v.string(), v.maxLength(10_000));

const variant = v.object({
  linear: v.picklist(LINEAR_KINDS),
  dtype: v.picklist(["f32", "f16"]),
  layout: v.picklist(LAYOUTS),
  parameters: count,
  linears: v.pipe(
    v.array(
      v.object({
        rows: positive,
        cols: positive,
        product: text,
        layers: positive,
        weights: positive,
      }),
    ),
    v.maxLength(1000),
  ),
  linearFlops: count,
  verification: v.object({
    ok: v.boolean(),
    relativeError: v.nullable(seconds),
    bound: seconds,
    nonFinite: count,
    units: positive,
  }),
  dispatches: count,
  rewrites: count,
  bytes: count,
  peakBytes: count,
  compileSeconds: seconds,
  firstRunSeconds: seconds,
  repeats: v.nullable(positive),
  wall: v.pipe(v.array(duration), v.maxLength(100_000)),
  profile: v.nullable(
    v.pipe(
      v.array(v.object({ part: text, kind: v.picklist(PART_KINDS), seconds })),
      v.maxLength(10_000),
    ),
  ),
});

const file: v.GenericSchema<unknown, ModelResults> = v.object({
  schema: v.literal(MODELS_SCHEMA),
  environment,
  options: v.object({ rounds: positive, minSample: seconds, seed: count }),
  model: text,
  description: text,
  unit: v.picklist(["images", "tokens"]),
  units: positive,
  complete: v.boolean(),
  variants: v.pipe(v.array(variant), v.maxLength(100)),
});

/** Whether a file's text is of results of whole models, by its schema: the others are of multiplications. */
export function isModelResults(text: string): boolean {
  requireText("The text of results", text);
  // The first line of the others is a whole record.
  const [first = ""] = text.split("\n", 1);
  return !first.includes('"papilio-bench/') && /"schema"\s*:\s*"papilio-models\//.test(text);
}

/**
 * Results of whole models from a file.
 *
 * @throws PapilioError `RESULTS_SYNTAX` when it is not JSON, `RESULTS_INVALID` naming the first place that
 *   does not fit
 */
export function parseModelResults(json: string): ModelResults {
  requireText("The text of results", json);
  let data: unknown;
  try {
    data = parseJsonText(json);
  } catch (cause) {
    throw new PapilioError(
      "RESULTS_SYNTAX",
      `The results cannot be read as JSON: ${(cause as Error).message}.`,
      "Pass a file that `papilio bench-model NAME --json FILE` wrote.",
      { cause },
    );
  }
  const parsed = v.safeParse(file, data);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new PapilioError(
    "RESULTS_INVALID",
    `The results do not fit ${MODELS_SCHEMA} at ${describeIssue(issue)}.`,
    "Pass a file of this version, or measure again.",
  );
}
