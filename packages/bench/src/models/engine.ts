import type { Layout } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { RunInputs, RunOutputs } from "@papilio/nn";
import type { Profile } from "@papilio/nn/backends";
import type { Graph } from "@papilio/nn/graph";
import type { Engine, Processor, VariantResult } from "../results/model-results.ts";

/** Numbers and layout of what is between operations; the layout null where it is the engine's own. */
export interface ModelForm {
  readonly dtype: WeightDtype;
  readonly layout: Layout | null;
}

/** What an engine is to compute. */
export interface ModelTask {
  readonly graph: Graph;
  readonly inputs: RunInputs;
  /** What the graph's states begin with, by name: the first vectors of each. */
  readonly past: Readonly<Record<string, Float32Array>>;
}

/** A model that is ready to run. */
export interface PreparedModel extends Disposable {
  /** Known after the first run. */
  readonly facts: Pick<VariantResult, "dispatches" | "rewrites" | "bytes" | "peakBytes" | "note">;
  /** Takes the task's inputs, computes, and gives its outputs. */
  run(): Promise<RunOutputs>;
  /** Times the operations of a run; null where that cannot be done. */
  profile(): Promise<Profile | null>;
}

/** What computes whole models. */
export interface ModelEngine {
  readonly engine: Engine;
  readonly processor: Processor;
  /** Threads that it computes on; null on an adapter. */
  readonly threads: number | null;
  /** Each is a variant of its own. */
  readonly forms: readonly ModelForm[];
  /** What it cannot compute is refused with a PapilioError, whose message becomes the reason. */
  prepare(task: ModelTask, form: ModelForm): Promise<PreparedModel>;
}
