import type { BatchShape, StorageDtype } from "@papilio/butterfly";
import { requireOneOf } from "@papilio/butterfly/errors";
import { FLOAT_FORMATS, stridesOf } from "@papilio/butterfly/numeric";

/** @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `OPTION_INVALID` */
export function requireInputShape(shape: InputShape): void {
  stridesOf(shape, 1);
  requireOneOf("The element type", shape.dtype, Object.keys(FLOAT_FORMATS));
}

/** What a multiplication is prepared for, besides its factor. */
export interface InputShape extends BatchShape {
  readonly dtype: StorageDtype;
}
