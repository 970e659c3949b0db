import type { Layout } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Environment } from "./results.ts";

/** Version of the format of results of whole models. */
export const MODELS_SCHEMA = "papilio-models/2";

/** What the linear layers of a model are. */
export const LINEAR_KINDS = ["dense", "butterfly"] as const;
export type LinearKind = (typeof LINEAR_KINDS)[number];

/** What computes a model. */
export const ENGINES = ["papilio", "onnxruntime"] as const;
export type Engine = (typeof ENGINES)[number];

/** On what it computes. ONNX Runtime finds an adapter of its own. */
export const PROCESSORS = ["cpu", "adapter"] as const;
export type Processor = (typeof PROCESSORS)[number];

/**
 * Of what a run takes several. For `cached tokens`, a run computes one more token, and so many fill the
 * cache with it.
 */
export const MODEL_UNITS = ["images", "tokens", "cached tokens", "sentences", "nodes"] as const;
export type ModelUnit = (typeof MODEL_UNITS)[number];

/** What the time of a part is spent on. */
export const PART_KINDS = ["linear", "attention", "normalization", "rewrite", "other"] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** A part of a run: a linear layer in all blocks, or a kind of operation. */
export interface ProfilePart {
  /** Path of the module, its numbers replaced by `*`, or the kind of operation. */
  readonly part: string;
  readonly kind: PartKind;
  readonly seconds: number;
  /** Its arithmetic, roughly, and the bytes that it must read and write; absent in older files. */
  readonly flops?: number | undefined;
  readonly bytes?: number | undefined;
}

/** What a processor reaches when it is asked for nothing else: the best of many tries on one thread. */
export interface CpuRates {
  /** Multiplications and additions in registers of WebAssembly (128 bits), in a second. */
  readonly flopsPerSecond: number;
  /** Bytes read and bytes written by a copy of 64 MiB, together, in a second. */
  readonly copyBytesPerSecond: number;
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

/** How outputs compare with those of the reference, which computes in float64. */
export interface ModelVerification {
  readonly ok: boolean;
  /** `|output - reference| / |reference|` in the Euclidean norm, over all that was compared; null if not finite. */
  readonly relativeError: number | null;
  /** What it may be. */
  readonly bound: number;
  /** Of all outputs, those not compared included. */
  readonly nonFinite: number;
  /**
   * How many the reference computed. Images and sentences repeat after these, so that the outputs of all are
   * compared; of tokens, these first ones are.
   */
  readonly units: number;
  /**
   * Of training: so many steps of a small model were compared, their losses and the norms of their gradients. Absent of
   * inference.
   */
  readonly steps?: number | undefined;
}

/** What was found out of a model with one kind of linear layers, computed in one way. */
export interface VariantResult {
  readonly engine: Engine;
  readonly processor: Processor;
  /** Threads that it computes on; null on an adapter. */
  readonly threads: number | null;
  readonly linear: LinearKind;
  readonly dtype: WeightDtype;
  /** Of what is between operations, where it can be chosen: on an adapter, by Papilio. */
  readonly layout: Layout | null;
  /** Sequences of which a run computes a token each, together; absent where it is of one. */
  readonly sequences?: number | undefined;
  readonly parameters: number;
  readonly linears: readonly LinearSummary[];
  /** Of a run's linear layers, as they are: two for each weight and vector. */
  readonly linearFlops: number;
  readonly verification: ModelVerification;
  /** Null where an engine does not say. */
  readonly dispatches: number | null;
  /** Dispatches that only move numbers. */
  readonly rewrites: number | null;
  /** Memory of the model, and the most that was in use while it was compiled and ran first. */
  readonly bytes: number | null;
  readonly peakBytes: number | null;
  /** Seconds to choose kernels, pack, upload and record, or to load an ONNX file, and of the first run. */
  readonly compileSeconds: number;
  readonly firstRunSeconds: number;
  /** Runs that a sample is the mean of; null when the outputs were wrong and nothing was timed. */
  readonly repeats: number | null;
  /** Seconds of a run by the wall clock. */
  readonly wall: readonly number[];
  /** Whether those include the copies of inputs to where it computes, and of outputs back. */
  readonly transfers: boolean;
  /** Null where the engine does not say, and on an adapter without timestamps. The times of parts are medians of several runs. */
  readonly profile: readonly ProfilePart[] | null;
  /** A sentence that a reader should know. */
  readonly note: string | null;
}

/** What could not be compared, and why. */
export interface SkippedVariant {
  /** The name of a variant, such as `onnxruntime adapter dense f32`, or its beginning where it is true of several. */
  readonly name: string;
  readonly reason: string;
}

/** A whole results file. */
export interface ModelResults {
  readonly schema: typeof MODELS_SCHEMA;
  readonly environment: Environment;
  readonly options: { readonly rounds: number; readonly minSample: number; readonly seed: number };
  readonly model: string;
  readonly description: string;
  readonly unit: ModelUnit;
  /** How many a run takes. */
  readonly units: number;
  /** Whether all rounds were made. */
  readonly complete: boolean;
  /** Of the processor, where variants were computed on it; absent in older files. */
  readonly rates?: CpuRates | undefined;
  readonly variants: readonly VariantResult[];
  readonly skipped: readonly SkippedVariant[];
}

/** `papilio adapter butterfly f16 batch-last`, `onnxruntime cpu dense f32`, or `papilio cpu dense f32 16 sequences`. */
export function variantName(
  variant: Pick<
    VariantResult,
    "engine" | "processor" | "linear" | "dtype" | "layout" | "sequences"
  >,
): string {
  const { engine, processor, linear, dtype, layout, sequences } = variant;
  const together = sequences === undefined ? [] : [`${sequences} sequences`];
  const between = layout === null ? [] : [layout];
  return [engine, processor, linear, dtype, ...between, ...together].join(" ");
}
