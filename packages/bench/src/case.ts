import {
  FLOAT_FORMATS,
  type Layout,
  PapilioError,
  type Pattern,
  type StorageDtype,
} from "@papilio/butterfly";
import { assertFits, type Gpu } from "@papilio/gpu-runtime";

/** One problem of the grid. */
export interface Case {
  readonly pattern: Pattern;
  readonly batch: number;
  readonly dtype: StorageDtype;
  readonly layout: Layout;
}

/** The axes of a grid: its cases are their product. */
export interface Grid {
  readonly patterns: readonly Pattern[];
  readonly batches: readonly number[];
  readonly dtypes: readonly StorageDtype[];
  readonly layouts: readonly Layout[];
}

/** All cases of a grid, patterns outermost. */
export function expandGrid({ patterns, batches, dtypes, layouts }: Grid): Case[] {
  return patterns.flatMap((pattern) =>
    batches.flatMap((batch) =>
      dtypes.flatMap((dtype) => layouts.map((layout) => ({ pattern, batch, dtype, layout }))),
    ),
  );
}

/** A case in one line: `4,64,64,4 x 128 f32 batch-last`. */
export function caseName({ pattern, batch, dtype, layout }: Case): string {
  return `${pattern} x ${batch} ${dtype} ${layout}`;
}

/**
 * Refuses a case whose input, output or values the device cannot hold.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`
 */
export function assertCaseFits(gpu: Gpu, { pattern, batch, dtype }: Case): void {
  gpu.assertDtype(dtype);
  const { bytes } = FLOAT_FORMATS[dtype];
  assertFits(gpu, pattern.cols * batch * bytes, `the input of ${pattern} x ${batch}`);
  assertFits(gpu, pattern.rows * batch * bytes, `the output of ${pattern} x ${batch}`);
  assertFits(gpu, pattern.nonZeros * bytes, `the values of ${pattern}`);
}

/** Why a case cannot be run on this device, or undefined when it can. */
export function reasonToSkip(gpu: Gpu, item: Case): string | undefined {
  try {
    assertCaseFits(gpu, item);
    return undefined;
  } catch (error) {
    if (error instanceof PapilioError) return error.message;
    throw error;
  }
}
