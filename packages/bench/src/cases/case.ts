import {
  type Chain,
  type FloatDtype,
  type Layout,
  PapilioError,
  type StorageDtype,
} from "@papilio/butterfly";
import { wrongArgument } from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { assertFits } from "@papilio/gpu-runtime/kernels";
import * as v from "valibot";
import {
  anyNumber,
  caseDtype as dtypeShape,
  gpu as gpuShape,
  having,
  layout as layoutShape,
  requireShape,
  type Shape,
} from "../arguments/checks.ts";

/**
 * What is computed: the product with a batch of vectors, the gradient of a factor's values from a batch of inputs
 * and of gradients of the outputs, or the product with a dense weight that a butterfly adapter (BOFT) rotates.
 */
export type Operation = "multiply" | "gradient" | "adapt";

export const OPERATIONS: readonly Operation[] = ["multiply", "gradient", "adapt"];

/** One problem of the grid: a product of one factor or more, and a batch of vectors. */
export interface Case {
  /** `multiply` unless given. A gradient is of one factor. */
  readonly operation?: Operation;
  /**
   * Of `adapt` the square dense weight, then the levels of the rotation, the last one first, each as the block-diagonal
   * matrix that it is between permutations of its own: `1,64,64,1;16,4,4,1;16,4,4,1`.
   */
  readonly chain: Chain;
  readonly batch: number;
  /** `f64` is multiplied on the CPU alone. */
  readonly dtype: FloatDtype;
  readonly layout: Layout;
}

/** Which problem of the grid. */
export interface CaseKey {
  /** Patterns of the factors, `a,b,c,d`, separated by semicolons: what `Chain.parse` reads. */
  readonly chain: string;
  readonly batch: number;
  readonly dtype: FloatDtype;
  readonly layout: Layout;
  /** Absent for a multiplication. */
  readonly operation?: Operation;
}

/** The axes of a grid: its cases are their product. */
export interface Grid {
  readonly chains: readonly Chain[];
  readonly batches: readonly number[];
  readonly dtypes: readonly FloatDtype[];
  readonly layouts: readonly Layout[];
  /** `multiply` unless given. */
  readonly operation?: Operation;
}

/** What the names of cases begin with. */
const PREFIXES: Readonly<Record<Operation, string>> = {
  multiply: "",
  gradient: "gradient of ",
  adapt: "adapter ",
};

const chainShape = having("a Chain", "patterns", "rows", "cols");

/** What a {@link Case} is. */
export const caseShape: Shape = v.object({
  chain: chainShape,
  batch: anyNumber,
  dtype: dtypeShape,
  layout: layoutShape,
  operation: v.optional(v.picklist(OPERATIONS)),
});

/** A case, or its names. */
const namedShape = v.object({
  chain: v.union([v.string(), chainShape]),
  batch: anyNumber,
  dtype: v.string(),
  layout: v.string(),
  operation: v.optional(v.picklist(OPERATIONS)),
});

const gridShape = v.object({
  chains: v.array(chainShape),
  batches: v.array(anyNumber),
  dtypes: v.array(dtypeShape),
  layouts: v.array(layoutShape),
  operation: v.optional(v.picklist(OPERATIONS)),
});

/** All cases of a grid, chains outermost. Throws `OPTION_INVALID`. */
export function expandGrid(grid: Grid): Case[] {
  requireShape("The grid", grid, gridShape);
  const { chains, batches, dtypes, layouts, operation } = grid;
  const rest = operation === undefined ? {} : { operation };
  return chains.flatMap((chain) =>
    batches.flatMap((batch) =>
      dtypes.flatMap((dtype) =>
        layouts.map((layout) => ({ chain, batch, dtype, layout, ...rest })),
      ),
    ),
  );
}

/** The case as a results file names it. */
export function caseKey(item: Case): CaseKey {
  requireShape("The case", item, caseShape);
  const { chain, batch, dtype, layout, operation } = item;
  const key = { chain: chain.toString(), batch, dtype, layout };
  return operation === undefined || operation === "multiply" ? key : { ...key, operation };
}

/** A case in one line: `4,64,64,4 x 128 f32 batch-last`; that of another operation begins with it, as `gradient of`. */
export function caseName(item: Case | CaseKey): string {
  requireShape("The case", item, namedShape);
  const { chain, batch, dtype, layout, operation } = item;
  return `${PREFIXES[operation ?? "multiply"]}${chain} x ${batch} ${dtype} ${layout}`;
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
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`; `ARRAY_TOO_LARGE` without a device;
 *   `GRADIENT_OF_CHAIN` for the gradient of several factors; `ADAPTER_CHAIN`; `OPTION_INVALID` for either in `f64`
 */
export function assertCaseFits(gpu: Gpu | undefined, item: Case): void {
  if (gpu !== undefined) requireShape("The device", gpu, gpuShape);
  requireShape("The case", item, caseShape);
  const { chain, batch, dtype, operation } = item;
  if (operation === "gradient") requireOneFactor(chain);
  if (operation === "adapt") requireAdapterChain(chain);
  if (operation !== undefined && operation !== "multiply") singleDtypeOf(item);
  if (gpu === undefined || dtype === "f64") {
    const most = Math.max(...chain.patterns.flatMap(({ rows, cols }) => [rows, cols])) * batch;
    const allowed = dtype === "f64" ? MOST_ON_HOST / 2 : MOST_ON_HOST;
    if (most <= allowed) return;
    throw new PapilioError(
      "ARRAY_TOO_LARGE",
      `The vectors of ${chain} x ${batch} have ${most} elements, and ${allowed} are the most on the CPU.`,
      "Use a smaller batch.",
    );
  }
  gpu.assertDtype(dtype);
  const { bytes } = FLOAT_FORMATS[dtype];
  assertFits(gpu, chain.cols * batch * bytes, `the input of ${chain} x ${batch}`);
  for (const pattern of chain.patterns) {
    assertFits(gpu, pattern.rows * batch * bytes, `the output of ${pattern} x ${batch}`);
    assertFits(
      gpu,
      pattern.nonZeros * (operation === "gradient" ? FLOAT_FORMATS.f32.bytes : bytes),
      `the values of ${pattern}`,
    );
  }
}

/** The precision of an operation that has no double. @throws PapilioError `OPTION_INVALID` for `f64` */
export function singleDtypeOf({ dtype, operation = "multiply" }: Case): StorageDtype {
  if (dtype !== "f64") return dtype;
  const wanted = "f32 or f16: multiply alone is measured in double precision";
  throw wrongArgument(`The dtype of ${operation}`, "f64", wanted);
}

/** @throws PapilioError `GRADIENT_OF_CHAIN` */
export function requireOneFactor(chain: Chain): void {
  if (chain.length === 1) return;
  throw new PapilioError(
    "GRADIENT_OF_CHAIN",
    `${chain} is a product of ${chain.length} factors: the gradient that is measured is that of one.`,
    "Give patterns of one factor.",
  );
}

/** The sizes of an adapter. */
export interface AdapterSizes {
  /** Rows and columns of the weight. */
  readonly features: number;
  /** Rows of a block. */
  readonly block: number;
  /** Butterfly factors of the rotation. */
  readonly levels: number;
}

/** @throws PapilioError `ADAPTER_CHAIN` unless it is a square dense weight, then levels of a BOFT rotation */
export function requireAdapterChain(chain: Chain): AdapterSizes {
  const [weight, ...levels] = chain.patterns;
  const [level] = levels;
  const square = weight?.blocks === 1 && weight.rows === weight.cols;
  const alike = levels.every(
    ({ a, b, c, d }) => a === level?.a && b === level.b && c === b && d === 1,
  );
  if (weight !== undefined && level !== undefined && square && alike) {
    const { a, b } = level;
    const divides = a % 2 ** (levels.length - 1) === 0 && (levels.length === 1 || b % 2 === 0);
    if (divides) return { features: weight.rows, block: b, levels: levels.length };
  }
  throw new PapilioError(
    "ADAPTER_CHAIN",
    `${chain} is no dense weight with the rotation of a butterfly adapter.`,
    'Give the weight, then equal levels, such as "1,64,64,1;16,4,4,1;16,4,4,1", of a number of blocks that 2^(levels - 1) divides.',
  );
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
