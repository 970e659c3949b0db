import {
  describeValue,
  requireBoolean,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { TILE } from "../wasm/constants.ts";
import { ATTENTION, ATTENTION_OF_FEW, JOIN_ATTENTION } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall, type Operand } from "./kernel-call.ts";
import { tileWidth, vectorsBytes } from "./layout.ts";
import { type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/**
 * Scaled dot-product attention with grouped queries, of sequences that lie one after the other:
 * `y = softmax(scale q kᵀ) v` for each head of each sequence.
 *
 * Query `t` of sequence `s` is vector `s * queries + t` of q and of y, key `u` is vector `s * keys + u` of
 * k and v. Head `h` has the features from `h * headFeatures` on, and the keys of head
 * `floor(h * keyValueHeads / heads)`. A query that sees no key becomes zeros.
 */
export interface AttentionProblem {
  readonly sequences: number;
  /** Queries of a sequence. */
  readonly queries: number;
  /** Keys of a sequence that there is room for. */
  readonly keys: number;
  readonly heads: number;
  /** A divisor of `heads`. */
  readonly keyValueHeads: number;
  /** Features of a head, in q and k as in v. */
  readonly headFeatures: number;
  /** By what the products of queries and keys are multiplied, often `1 / √headFeatures`. */
  readonly scale: number;
  /**
   * Whether query `t` sees the keys `u <= t + offset` alone, where the offset is `position[0]` or, without a
   * position, `keys - queries`.
   */
  readonly causal: boolean;
  /** Whether an operand says how many keys precede the first query: keys up to the last query count. */
  readonly position: boolean;
  /** Whether an operand says for each sequence how many of its keys count. */
  readonly lengths: boolean;
  /** Where the keys and values are in pages of a pool that sequences share, which an operand lists for each. */
  readonly pages?: AttentionPages | undefined;
}

/** A pool of vectors, in pages. */
export interface AttentionPages {
  /** Vectors of a page: a multiple of 16 that divides `keys`. Key `u` of a sequence is in the page `u / size` of its list. */
  readonly size: number;
  /** Pages of the pool. */
  readonly count: number;
}

/** What the kernels of assembly/kernels/attention divide the work into, and the memory that they need. */
const QUERIES = 16;
const KEYS = 64;
const SPARE_ROWS = 7;
const ROW_BYTES = 64;
const OBJECTS_BYTES = 192 + 6 * ROW_BYTES;
/** Queries that are taken one by one. */
const FEW = 4;
const STATE_BYTES = 64;
/** Numbers of a partial result before its sums. */
const HEADER = 2;

/** Keys of a part, at least: some microseconds, more than what putting the parts together takes. */
const PART_KEYS = 128;
/** Share of the time in which threads have something to do that is as good as all of it. */
const MOSTLY = 0.9;

/** Multiply-adds of an item, ten microseconds or more. */
const ITEM_PRODUCTS = 2 ** 18;

/**
 * Operands: `q`, `k` and `v` in tiles, which are read, `y`, which is written, and then `position`, `lengths` and `pages`
 * (`[sequences, keys / size]`, each below `count`), unsigned integers of 32 bits, where the problem has them.
 *
 * @throws PapilioError `OPTION_INVALID` where no memory could hold what is asked for
 */
export function attention(problem: AttentionProblem): KernelCall {
  requireAttention(problem);
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
  const few = isOfFew(problem);
  const blocks = few ? sequences * keyValueHeads : sequences * heads * Math.ceil(queries / QUERIES);
  // Of few queries one takes as long as four do: reading the keys.
  const lanes = few ? Math.max(4, sharing(problem)) : Math.min(QUERIES, 4 * Math.ceil(queries / 4));
  const blockProducts = 2 * lanes * keys * headFeatures;
  const blocksEach = Math.max(1, Math.floor(ITEM_PRODUCTS / blockProducts));
  const rows = 2 * headFeatures + KEYS + 2 * SPARE_ROWS;
  const { q, k, v, y, flops, bytes } = operandsOf(problem);
  return {
    kernel: few ? ATTENTION_OF_FEW : ATTENTION,
    label: labelOf(problem),
    items: Math.ceil(blocks / blocksEach),
    scratchBytes: few ? scratchOfFew(problem) : OBJECTS_BYTES + rows * ROW_BYTES,
    operands: [q, k, v, y, ...indicesOf(problem)],
    words: ([qAt = 0, kAt = 0, vAt = 0, yAt = 0, ...indices]) =>
      attentionWords(problem, [qAt, kAt, vAt, yAt], indices, blocksEach, 1, 0),
    flops,
    bytes,
  };
}

/**
 * Attention of at most four queries, as of `attention`, whose keys are divided into parts, for more threads than there are
 * heads of keys. The first operation's operands are those of `attention` with `partials` in the place of `y`; those of the
 * second one are `partials`, `y`, and then `position`, `lengths` and `pages` again.
 *
 * @param parts of the keys, at least 2
 * @throws PapilioError `OPTION_INVALID`, also where there are more queries, or sequences whose keys are no whole tiles
 */
export function dividedAttention(
  problem: AttentionProblem,
  parts: number,
): {
  readonly attend: KernelCall;
  readonly join: KernelCall;
  /** Of the vectors between the two. */
  readonly partials: VectorsShape;
} {
  requireAttention(problem);
  requireWhole("parts", parts, 2);
  if (!isOfFew(problem)) {
    throw wrongArgument(
      "The problem",
      `one of ${problem.queries} queries and ${problem.keys} keys`,
      `${FEW} queries at most, and keys in whole tiles`,
    );
  }
  const { sequences, queries, heads, keyValueHeads, headFeatures } = problem;
  const { q, k, v, y, flops, bytes } = operandsOf(problem);
  const partials = {
    vectors: sequences * heads * queries * parts,
    features: headFeatures + HEADER,
  };
  const partialBytes = vectorsBytes("rows", partials.vectors, partials.features);
  const indices = indicesOf(problem);
  const label = labelOf(problem);
  const scratchBytes = scratchOfFew(problem);
  return {
    partials,
    attend: {
      kernel: ATTENTION_OF_FEW,
      label: `${label}, ${parts} parts`,
      items: sequences * keyValueHeads * parts,
      scratchBytes,
      operands: [q, k, v, vectorsOperand("partials", "write", "rows", partials), ...indices],
      words: ([qAt = 0, kAt = 0, vAt = 0, partialsAt = 0, ...rest]) =>
        attentionWords(problem, [qAt, kAt, vAt, 0], rest, 1, parts, partialsAt),
      flops,
      bytes: bytes + partialBytes,
    },
    join: {
      kernel: JOIN_ATTENTION,
      label: `${label}, joined`,
      items: sequences * heads * queries,
      scratchBytes,
      operands: [vectorsOperand("partials", "read", "rows", partials), y, ...indices],
      words: ([partialsAt = 0, yAt = 0, ...rest]) =>
        attentionWords(problem, [0, 0, 0, yAt], rest, 1, parts, partialsAt),
      flops: 2 * partials.vectors * partials.features,
      bytes: partialBytes,
    },
  };
}

/**
 * Parts into which the keys of a problem are worth dividing: the fewest that leave threads idle for at most a
 * tenth of the time, or as little as parts of `PART_KEYS` can. 1 where they cannot be, and for pages: the order of
 * sums must not depend on how many sequences there are.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function attentionParts(problem: AttentionProblem, threads: number): number {
  requireAttention(problem);
  requireWhole("threads", threads, 1);
  if (!isOfFew(problem) || problem.pages !== undefined) return 1;
  const heads = problem.sequences * problem.keyValueHeads;
  const busy = (parts: number): number =>
    (heads * parts) / (threads * Math.ceil((heads * parts) / threads));
  const most = Math.max(1, Math.floor(problem.keys / PART_KEYS));
  let best = 1;
  for (let parts = 2; parts <= most && busy(best) < MOSTLY; parts++) {
    if (busy(parts) > busy(best)) best = parts;
  }
  return best;
}

/** Whether keys are read once for few queries, of sequences whose keys begin with a tile; they can be divided. */
export function isOfFew({ sequences, queries, keys, pages }: AttentionProblem): boolean {
  if (pages !== undefined) return queries <= FEW;
  const whole = sequences === 1 || keys % TILE === 0;
  return queries <= FEW && whole && tileWidth(sequences * keys) === TILE;
}

/** Queries and heads that share a head of keys. */
function sharing({ queries, heads, keyValueHeads }: AttentionProblem): number {
  return (queries * heads) / keyValueHeads;
}

function scratchOfFew(problem: AttentionProblem): number {
  const pairs = Math.ceil(problem.keys / (2 * TILE));
  const state = STATE_BYTES + 2 * 16 * problem.headFeatures + 2 * ROW_BYTES * pairs;
  return 2 * ROW_BYTES + sharing(problem) * state;
}

function labelOf({ sequences, queries, keys, heads, headFeatures }: AttentionProblem): string {
  return `attention ${sequences * queries} x ${keys} x ${heads} x ${headFeatures}`;
}

function operandsOf(problem: AttentionProblem): {
  readonly [K in "q" | "k" | "v" | "y"]: Operand;
} & { readonly flops: number; readonly bytes: number } {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
  const queried: VectorsShape = {
    vectors: sequences * queries,
    features: heads * headFeatures,
  };
  const keyed: VectorsShape = {
    vectors: problem.pages === undefined ? sequences * keys : poolVectors(problem.pages),
    features: keyValueHeads * headFeatures,
  };
  return {
    q: vectorsOperand("q", "read", "tiles", queried),
    k: vectorsOperand("k", "read", "tiles", keyed),
    v: vectorsOperand("v", "read", "tiles", keyed),
    y: vectorsOperand("y", "write", "tiles", queried),
    flops: 4 * queried.vectors * queried.features * keys,
    bytes:
      2 * vectorsBytes("tiles", queried.vectors, queried.features) +
      2 * vectorsBytes("tiles", keyed.vectors, keyed.features),
  };
}

function poolVectors({ size, count }: AttentionPages): number {
  return size * count;
}

function indicesOf({ sequences, keys, position, lengths, pages }: AttentionProblem): Operand[] {
  return [
    ...(position ? [wordsOperand("position", 1)] : []),
    ...(lengths ? [wordsOperand("lengths", sequences)] : []),
    ...(pages ? [wordsOperand("pages", (sequences * keys) / pages.size)] : []),
  ];
}

/** The fields of the call, as assembly/kernels/attention/attention-call.ts declares them. */
export function attentionWords(
  problem: AttentionProblem,
  vectors: readonly number[],
  indices: readonly number[],
  blocksEach: number,
  parts: number,
  partials: number,
): number[] {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures, pages } = problem;
  const left = [...indices];
  return [
    ...vectors,
    problem.position ? (left.shift() ?? 0) : 0,
    problem.lengths ? (left.shift() ?? 0) : 0,
    pages ? (left.shift() ?? 0) : 0,
    ...[sequences, queries, keys, heads, keyValueHeads, headFeatures],
    floatWord(problem.scale * Math.LOG2E),
    problem.causal ? 1 : 0,
    ...[blocksEach, parts, partials],
    ...[pages?.size ?? 1, pages === undefined ? 0 : poolVectors(pages)],
  ];
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireAttention(problem: AttentionProblem): void {
  requireObject("The problem", problem, "an AttentionProblem");
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
  const counts = { sequences, queries, keys, heads, keyValueHeads, headFeatures };
  for (const [name, count] of Object.entries(counts)) requireWhole(name, count, 1);
  if (!Number.isFinite(problem.scale)) {
    throw wrongArgument("scale", describeValue(problem.scale), "a finite number");
  }
  const { causal, position, lengths } = problem;
  for (const [name, flag] of Object.entries({ causal, position, lengths })) {
    requireBoolean(name, flag);
  }
  if (problem.pages !== undefined) requirePages(keys, problem.pages);
  if (heads % keyValueHeads === 0) return;
  throw wrongArgument(
    "heads",
    `${heads}`,
    `a multiple of the ${keyValueHeads} heads of keys and values`,
  );
}

function requirePages(keys: number, pages: AttentionPages): void {
  requireObject("pages", pages, "an AttentionPages");
  const { size, count } = pages;
  requireWhole("The size of a page", size, TILE);
  requireWhole("The number of pages", count, 1);
  if (size % TILE === 0 && keys % size === 0) return;
  throw wrongArgument(
    "The size of a page",
    `${size}`,
    `a multiple of ${TILE} that divides ${keys} keys`,
  );
}
