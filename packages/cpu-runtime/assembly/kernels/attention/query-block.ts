import { AttentionCall, lengthOf, positionOf } from "./attention-call";
import { beginSoftmax, Softmax } from "./online-softmax";

/** Vectors that are taken together, side by side in registers. */
export const LANES: i32 = 16;
/** Rows of a block of products: 64 rows of scores and as many of keys stay in the first cache. */
export const KEYS: i32 = 64;
/** Rows that products may write beyond the last one. */
export const SPARE_ROWS: i32 = 7;

/** Up to 16 queries of a head of a sequence. */
@unmanaged
export class QueryBlock {
  sequence: i32;
  head: i32;
  first: i32;
  count: i32;
  registers: i32;

  /** The one with this number, of {@link queryBlocks}. */
  set(call: AttentionCall, block: i32): void {
    const blocks = blocksOf(call.queries);
    const heads = call.heads;
    this.sequence = block / (blocks * heads);
    this.head = (block / blocks) % heads;
    this.first = (block % blocks) * LANES;
    this.count = min(LANES, call.queries - this.first);
    this.registers = (this.count + 3) / 4;
  }
}

export const QUERY_BLOCK_BYTES: usize = 32;

/** Blocks of the queries, or of the keys, of a sequence. */
export function blocksOf(vectors: i32): i32 {
  return (vectors + LANES - 1) / LANES;
}

export function queryBlocks(call: AttentionCall): i32 {
  return call.sequences * call.heads * blocksOf(call.queries);
}

/** Begins the softmax of a block with the keys that its queries see. */
export function limitKeys(softmax: Softmax, call: AttentionCall, block: QueryBlock): void {
  const position = positionOf(call);
  const most = lengthOf(call, block.sequence);
  if (call.causal !== 0) beginSoftmax(softmax, position + block.first + 1, 1, most);
  else beginSoftmax(softmax, position + call.queries, 0, most);
}
