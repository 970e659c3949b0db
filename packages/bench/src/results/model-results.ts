import type { Layout, StorageDtype } from "@papilio/butterfly";
import type { Environment } from "./results.ts";

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
