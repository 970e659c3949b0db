import type { BatchShape, Pattern, StorageDtype } from "@papilio/butterfly";

/** What a kernel is generated for: everything that is known before the values are. */
export interface Problem extends BatchShape {
  readonly pattern: Pattern;
  /** How x, the weights and y are stored. */
  readonly dtype: StorageDtype;
  /** Adds a vector of `pattern.rows` elements to every output; a binding after the others. */
  readonly bias?: boolean;
}
