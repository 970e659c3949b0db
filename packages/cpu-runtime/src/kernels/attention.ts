import {
  describeValue,
  requireBoolean,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { ATTENTION } from "../kernel/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { vectorsBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

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
}

/** What assembly/kernels/attention/attention.ts divides the work into, and the memory that it needs. */
const QUERIES = 16;
const KEYS = 64;
const SPARE_ROWS = 7;
const ROW_BYTES = 64;
const OBJECTS_BYTES = 128 + 4 * ROW_BYTES;

/** Multiply-adds of an item, some tens of microseconds. */
const ITEM_PRODUCTS = 2 ** 19;

/**
 * Operands: `q`, `k` and `v` in tiles, which are read, `y`, which is written, and then `position` and `lengths`,
 * unsigned integers of 32 bits, where the problem has them.
 *
 * @throws PapilioError `OPTION_INVALID` where no memory could hold what is asked for
 */
export function attention(problem: AttentionProblem): KernelCall {
  requireAttention(problem);
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
  const { scale, causal, position, lengths } = problem;
  const blocks = sequences * heads * Math.ceil(queries / QUERIES);
  const blockProducts = 2 * Math.min(queries, QUERIES) * keys * headFeatures;
  const blocksEach = Math.max(1, Math.floor(ITEM_PRODUCTS / blockProducts));
  const rows = 2 * headFeatures + KEYS + 2 * SPARE_ROWS;
  const queried = { vectors: sequences * queries, features: heads * headFeatures };
  const keyed = { vectors: sequences * keys, features: keyValueHeads * headFeatures };
  return {
    kernel: ATTENTION,
    label: `attention ${queried.vectors} x ${keys} x ${heads} x ${headFeatures}`,
    items: Math.ceil(blocks / blocksEach),
    scratchBytes: OBJECTS_BYTES + rows * ROW_BYTES,
    operands: [
      vectorsOperand("q", "read", "tiles", queried),
      vectorsOperand("k", "read", "tiles", keyed),
      vectorsOperand("v", "read", "tiles", keyed),
      vectorsOperand("y", "write", "tiles", queried),
      ...(position ? [wordsOperand("position", 1)] : []),
      ...(lengths ? [wordsOperand("lengths", sequences)] : []),
    ],
    words: ([q = 0, k = 0, v = 0, y = 0, ...rest]) => [
      ...[q, k, v, y],
      position ? (rest[0] ?? 0) : 0,
      lengths ? (rest.at(-1) ?? 0) : 0,
      ...[sequences, queries, keys, heads, keyValueHeads, headFeatures],
      floatWord(scale * Math.LOG2E),
      causal ? 1 : 0,
      blocksEach,
    ],
    flops: 4 * queried.vectors * queried.features * keys,
    bytes:
      2 * vectorsBytes("tiles", queried.vectors, queried.features) +
      2 * vectorsBytes("tiles", keyed.vectors, keyed.features),
  };
}

function requireAttention(problem: AttentionProblem): void {
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
  if (heads % keyValueHeads === 0) return;
  throw wrongArgument(
    "heads",
    `${heads}`,
    `a multiple of the ${keyValueHeads} heads of keys and values`,
  );
}
