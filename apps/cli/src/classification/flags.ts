import type { AdapterFlags } from "../models/adapter-weights.ts";
import type { ComputeFlags } from "../models/compute.ts";

/** The flags of `papilio classify`. */
export interface ClassifyFlags extends ComputeFlags, AdapterFlags {
  readonly input?: readonly string[];
  readonly graph?: string;
  readonly topK: string;
  readonly json?: boolean;
}
