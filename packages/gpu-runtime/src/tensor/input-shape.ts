import type { BatchShape, StorageDtype } from "@papilio/butterfly";

/** What a multiplication is prepared for, besides its factor. */
export interface InputShape extends BatchShape {
  readonly dtype: StorageDtype;
}
