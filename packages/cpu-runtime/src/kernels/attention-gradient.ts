import {
  ATTENTION_KEYS_GRADIENT,
  ATTENTION_QUERIES_GRADIENT,
  ATTENTION_STATISTICS,
} from "../wasm/kernel-ids.ts";
import { type AttentionProblem, attentionWords, requireAttention } from "./attention.ts";
import { floatWord, type KernelCall, type Operand } from "./kernel-call.ts";
import { operandBytes } from "./layout.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** Attention whose gradient is computed: of whole sequences, without a cache, as of {@link AttentionProblem}. */
export type AttentionGradientProblem = Omit<AttentionProblem, "position">;

/** What the kernels of assembly/kernels/attention-gradient divide the work into, and the memory that they need. */
const LANES = 16;
const ROWS = 64;
const SPARE_ROWS = 7;
const ROW_BYTES = 64;
/** Objects of a thread, and rows beside the blocks. */
const FIXED_BYTES = 192 + 8 * ROW_BYTES;
/** Numbers of a query of a head. */
const STATISTICS = 2;

/** Multiply-adds of an item, ten microseconds or more. */
const ITEM_PRODUCTS = 2 ** 18;

/**
 * What the gradient needs to know of each query, two numbers for each head: the logarithm to base 2 of the sum of
 * the exponentials of its scores, and the product of `y` and `dy`. Where a query sees no key the first is 0.
 *
 * Operands: `q`, `k`, `y` and `dy`, the gradient by y, in tiles, `statistics`, vectors of `2 * heads` features, which is
 * written, and then `lengths`, where the problem has them.
 *
 * @throws PapilioError `OPTION_INVALID` where no memory could hold what is asked for
 */
export function attentionStatistics(problem: AttentionGradientProblem): KernelCall {
  const { queried, keyed, statistics, lengths } = operandsOf(problem);
  const operands = [
    ...[queried("q"), keyed("k"), queried("y"), queried("dy"), statistics("write")],
    ...lengths,
  ];
  const blocksEach = blocksOfItem(problem, queriesLanes(problem) * problem.keys);
  return {
    ...ofWork(problem, 1, operands),
    kernel: ATTENTION_STATISTICS,
    label: labelOf(problem, "statistics"),
    items: Math.ceil(queryBlocks(problem) / blocksEach),
    scratchBytes: scratchBytes(problem, { blocks: 2, products: 1 }),
    words: ([q = 0, k = 0, y = 0, dy = 0, statistics = 0, lengthsAt = 0]) =>
      gradientWords(problem, blocksEach, { q, k, v: 0, y, dy, statistics, lengthsAt }),
  };
}

/**
 * The gradient of attention by its queries, without a matrix of scores in memory.
 *
 * Operands: `q`, `k`, `v`, `dy`, and `statistics` of {@link attentionStatistics}, in tiles, `dq`, which is written, and then
 * `lengths`, where the problem has them.
 *
 * @throws PapilioError `OPTION_INVALID` where no memory could hold what is asked for
 */
export function attentionQueriesGradient(problem: AttentionGradientProblem): KernelCall {
  const { queried, keyed, statistics, lengths } = operandsOf(problem);
  const operands = [
    ...[queried("q"), keyed("k"), keyed("v"), queried("dy"), statistics("read")],
    ...[queried("dq", "write"), ...lengths],
  ];
  const blocksEach = blocksOfItem(problem, 3 * queriesLanes(problem) * problem.keys);
  return {
    ...ofWork(problem, 3, operands),
    kernel: ATTENTION_QUERIES_GRADIENT,
    label: labelOf(problem, "gradient by queries"),
    items: Math.ceil(queryBlocks(problem) / blocksEach),
    scratchBytes: scratchBytes(problem, { blocks: 3, products: 2 }),
    words: ([q = 0, k = 0, v = 0, dy = 0, statistics = 0, gradients = 0, lengthsAt = 0]) =>
      gradientWords(problem, blocksEach, { q, k, v, dy, statistics, gradients, lengthsAt }),
  };
}

/**
 * The gradient of attention by its keys and values, without a matrix of scores in memory: sums over the queries of
 * all heads that share them.
 *
 * Operands: `q`, `k`, `v`, `dy`, and `statistics` of {@link attentionStatistics}, in tiles, `dkv`, which is written, and then
 * `lengths`, where the problem has them. `dkv` has the features of the keys and then those of the values.
 *
 * @throws PapilioError `OPTION_INVALID` where no memory could hold what is asked for
 */
export function attentionKeysGradient(problem: AttentionGradientProblem): KernelCall {
  const { queried, keyed, statistics, lengths } = operandsOf(problem);
  const { sequences, queries, keys, heads, keyValueHeads } = problem;
  const operands = [
    ...[queried("q"), keyed("k"), keyed("v"), queried("dy"), statistics("read")],
    ...[keyed("dkv", "write", 2), ...lengths],
  ];
  const lanes = Math.min(LANES, 4 * Math.ceil(keys / 4));
  const blocksEach = blocksOfItem(problem, (4 * lanes * queries * heads) / keyValueHeads);
  const blocks = sequences * keyValueHeads * Math.ceil(keys / LANES);
  return {
    ...ofWork(problem, 4, operands),
    kernel: ATTENTION_KEYS_GRADIENT,
    label: labelOf(problem, "gradient by keys and values"),
    items: Math.ceil(blocks / blocksEach),
    scratchBytes: scratchBytes(problem, { blocks: 4, products: 2 }),
    words: ([q = 0, k = 0, v = 0, dy = 0, statistics = 0, gradients = 0, lengthsAt = 0]) =>
      gradientWords(problem, blocksEach, { q, k, v, dy, statistics, gradients, lengthsAt }),
  };
}

function operandsOf(problem: AttentionGradientProblem): {
  readonly queried: (name: string, access?: "read" | "write") => Operand;
  readonly keyed: (name: string, access?: "read" | "write", times?: number) => Operand;
  readonly statistics: (access: "read" | "write") => Operand;
  readonly lengths: readonly Operand[];
} {
  requireAttention({ ...problem, position: false });
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = problem;
  const ofQueries = (features: number): { vectors: number; features: number } => ({
    vectors: sequences * queries,
    features,
  });
  const ofKeys = { vectors: sequences * keys, features: keyValueHeads * headFeatures };
  return {
    queried: (name, access = "read") =>
      vectorsOperand(name, access, "tiles", ofQueries(heads * headFeatures)),
    keyed: (name, access = "read", times = 1) =>
      vectorsOperand(name, access, "tiles", { ...ofKeys, features: times * ofKeys.features }),
    statistics: (access) =>
      vectorsOperand("statistics", access, "tiles", ofQueries(STATISTICS * heads)),
    lengths: problem.lengths ? [wordsOperand("lengths", sequences)] : [],
  };
}

/** The work of so many products of all queries and keys. */
function ofWork(
  { sequences, queries, keys, heads, headFeatures }: AttentionGradientProblem,
  products: number,
  operands: readonly Operand[],
): Pick<KernelCall, "operands" | "flops" | "bytes"> {
  return {
    operands,
    flops: 2 * products * sequences * queries * keys * heads * headFeatures,
    bytes: operands.reduce((sum, operand) => sum + operandBytes(operand), 0),
  };
}

function queriesLanes({ queries }: AttentionGradientProblem): number {
  return Math.min(LANES, 4 * Math.ceil(queries / 4));
}

function queryBlocks({ sequences, heads, queries }: AttentionGradientProblem): number {
  return sequences * heads * Math.ceil(queries / LANES);
}

/** Blocks of an item, each of which has so many products of vectors. */
function blocksOfItem({ headFeatures }: AttentionGradientProblem, products: number): number {
  return Math.max(1, Math.floor(ITEM_PRODUCTS / (products * headFeatures)));
}

function scratchBytes(
  { headFeatures }: AttentionGradientProblem,
  { blocks, products }: { readonly blocks: number; readonly products: number },
): number {
  const rows = blocks * (headFeatures + SPARE_ROWS) + products * (ROWS + SPARE_ROWS);
  return FIXED_BYTES + (STATISTICS + rows) * ROW_BYTES;
}

function labelOf(
  { sequences, queries, keys, heads, headFeatures }: AttentionGradientProblem,
  what: string,
): string {
  return `attention's ${what} ${sequences * queries} x ${keys} x ${heads} x ${headFeatures}`;
}

/** The fields of the call, as assembly/kernels/attention-gradient/gradient-call.ts declares them. */
function gradientWords(
  problem: AttentionGradientProblem,
  blocksEach: number,
  at: Readonly<Record<"q" | "k" | "v" | "dy" | "statistics" | "lengthsAt", number>> & {
    readonly y?: number;
    readonly gradients?: number;
  },
): number[] {
  const { q, k, v, y = 0, dy, statistics, gradients = 0, lengthsAt } = at;
  return [
    ...attentionWords({ ...problem, position: false }, [q, k, v, y], [lengthsAt], blocksEach, 1, 0),
    ...[dy, statistics, gradients, floatWord(problem.scale)],
  ];
}
