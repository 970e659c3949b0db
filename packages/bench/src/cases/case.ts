import { type Chain, type Layout, PapilioError, type StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { assertFits } from "@papilio/gpu-runtime/kernels";
import * as v from "valibot";
import {
  anyNumber,
  dtype as dtypeShape,
  gpu as gpuShape,
  having,
  layout as layoutShape,
  requireShape,
  type Shape,
} from "../arguments/checks.ts";

/** One problem of the grid: a product of one factor or more, and a batch of vectors. */
export interface Case {
  readonly chain: Chain;
  readonly batch: number;
  readonly dtype: StorageDtype;
  readonly layout: Layout;
}

/** Which problem of the grid. */
export interface CaseKey {
  /** Patterns of the factors, `a,b,c,d`, separated by semicolons: what `Chain.parse` reads. */
  readonly chain: string;
  readonly batch: number;
  readonly dtype: StorageDtype;
  readonly layout: Layout;
}

/** The axes of a grid: its cases are their product. */
export interface Grid {
  readonly chains: readonly Chain[];
  readonly batches: readonly number[];
  readonly dtypes: readonly StorageDtype[];
  readonly layouts: readonly Layout[];
}

const chainShape = having("a Chain", "patterns", "rows", "cols");

/** What a {@link Case} is. */
export const caseShape: Shape = v.object({
  chain: chainShape,
  batch: anyNumber,
  dtype: dtypeShape,
  layout: layoutShape,
});

/** A case, or its names. */
const namedShape = v.object({
  chain: v.union([v.string(), chainShape]),
  batch: anyNumber,
  dtype: v.string(),
  layout: v.string(),
});

const gridShape = v.object({
  chains: v.array(chainShape),
  batches: v.array(anyNumber),
  dtypes: v.array(dtypeShape),
  layouts: v.array(layoutShape),
});

/** All cases of a grid, chains outermost. Throws `OPTION_INVALID`. */
export function expandGrid(grid: Grid): Case[] {
  requireShape("The grid", grid, gridShape);
  const { chains, batches, dtypes, layouts } = grid;
  return chains.flatMap((chain) =>
    batches.flatMap((batch) =>
      dtypes.flatMap((dtype) => layouts.map((layout) => ({ chain, batch, dtype, layout }))),
    ),
  );
}

/** The case as a results file names it. */
export function caseKey(item: Case): CaseKey {
  requireShape("The case", item, caseShape);
  const { chain, batch, dtype, layout } = item;
  return { chain: chain.toString(), batch, dtype, layout };
}

/** A case in one line: `4,64,64,4 x 128 f32 batch-last`. */
export function caseName(item: Case | CaseKey): string {
  requireShape("The case", item, namedShape);
  const { chain, batch, dtype, layout } = item;
  return `${chain} x ${batch} ${dtype} ${layout}`;
}

/** The same for people: of a product of more than three factors, the first and the last. */
export function shortCaseName(item: Case | CaseKey): string {
  requireShape("The case", item, namedShape);
  const patterns = String(item.chain).split(";");
  if (patterns.length <= 3) return caseName(item);
  const ends = `${patterns[0]};...;${patterns.at(-1)} (${patterns.length} factors)`;
  return caseName({ ...item, chain: ends });
}

/** Elements of a vector of the CPU backend, whose memory ends at 4 GiB. */
const MOST_ON_HOST = 2 ** 30;

/**
 * Refuses a case whose input, output or values the device cannot hold, or, without a device, the host.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`; `ARRAY_TOO_LARGE` without a device
 */
export function assertCaseFits(gpu: Gpu | undefined, item: Case): void {
  if (gpu !== undefined) requireShape("The device", gpu, gpuShape);
  requireShape("The case", item, caseShape);
  const { chain, batch, dtype } = item;
  if (gpu === undefined) {
    const most = Math.max(...chain.patterns.flatMap(({ rows, cols }) => [rows, cols])) * batch;
    if (most <= MOST_ON_HOST) return;
    throw new PapilioError(
      "ARRAY_TOO_LARGE",
      `The vectors of ${chain} x ${batch} have ${most} elements, and ${MOST_ON_HOST} are the most on the CPU.`,
      "Use a smaller batch.",
    );
  }
  gpu.assertDtype(dtype);
  const { bytes } = FLOAT_FORMATS[dtype];
  assertFits(gpu, chain.cols * batch * bytes, `the input of ${chain} x ${batch}`);
  for (const pattern of chain.patterns) {
    assertFits(gpu, pattern.rows * batch * bytes, `the output of ${pattern} x ${batch}`);
    assertFits(gpu, pattern.nonZeros * bytes, `the values of ${pattern}`);
  }
}

/** Why a case cannot be run on this device, or without one; undefined when it can. */
export function reasonToSkip(gpu: Gpu | undefined, item: Case): string | undefined {
  try {
    assertCaseFits(gpu, item);
    return undefined;
  } catch (error) {
    if (error instanceof PapilioError) return error.message;
    throw error;
  }
}
