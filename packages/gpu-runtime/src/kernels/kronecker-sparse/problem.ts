import type { Layout, Pattern } from "@papilio/butterfly";
import type { Dtype } from "../../tensor/dtype.ts";

/** What a kernel is generated for: everything that is known before the values are. */
export interface Problem {
  readonly pattern: Pattern;
  /** Number of input vectors. */
  readonly batch: number;
  readonly layout: Layout;
  readonly dtype: Dtype;
}

/** Distance in elements between neighbours along the batch and along the features. */
export function strides(
  problem: Problem,
  features: number,
): { readonly batch: number; readonly feature: number } {
  return problem.layout === "batch-first"
    ? { batch: features, feature: 1 }
    : { batch: 1, feature: problem.batch };
}
