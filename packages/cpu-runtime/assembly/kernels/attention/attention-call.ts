import { TiledVectors } from "../../tiled-vectors";

/** `softmax(scale q kᵀ) v`, as `src/kernels/attention.ts` says. */
@unmanaged
export class AttentionCall {
  q: usize;
  k: usize;
  v: usize;
  y: usize;
  /** Of the first query among the keys; 0 without. */
  position: usize;
  /** For each sequence how many of its keys count; 0 without. */
  lengths: usize;
  /** Which pages of a pool the keys of each sequence are in, `[sequences, keys / pageSize]`; 0 without a pool. */
  pages: usize;
  sequences: i32;
  /** Of each sequence. */
  queries: i32;
  keys: i32;
  heads: i32;
  keyValueHeads: i32;
  headFeatures: i32;
  /** Times log₂ e. */
  scale: f32;
  causal: i32;
  /** Blocks of queries, head by head, or of few queries heads of keys, that are an item. */
  blocksEach: i32;
  /** Parts of the keys of few queries, and what is known of each: 1 and 0 where they are not divided. */
  parts: i32;
  partials: usize;
  /** Vectors of a page, and of the pool. */
  pageSize: i32;
  poolVectors: i32;
}

/** Position of the first query among the keys. */
export function positionOf(call: AttentionCall): i32 {
  return call.position !== 0 ? load<i32>(call.position) : call.keys - call.queries;
}

/** Keys of a sequence that count. */
export function lengthOf(call: AttentionCall, sequence: i32): i32 {
  if (call.lengths === 0) return call.keys;
  return min(call.keys, load<i32>(call.lengths + ((<usize>sequence) << 2)));
}

/** A head of the queries, or of the outputs, of a sequence. */
export function queriesAt(
  to: TiledVectors,
  call: AttentionCall,
  address: usize,
  sequence: i32,
  head: i32,
): void {
  const vectors = call.sequences * call.queries;
  const features = call.headFeatures;
  to.set(address, vectors, call.heads * features, head * features, sequence * call.queries);
}

/** The keys, or the values, of that head, from one of them on. */
export function keysAt(
  to: TiledVectors,
  call: AttentionCall,
  address: usize,
  sequence: i32,
  head: i32,
  first: i32,
): void {
  const features = call.headFeatures;
  const heads = call.keyValueHeads;
  const feature = ((head * heads) / call.heads) * features;
  if (call.pages === 0) {
    const vectors = call.sequences * call.keys;
    to.set(address, vectors, heads * features, feature, sequence * call.keys + first);
    return;
  }
  to.set(address, call.poolVectors, heads * features, feature, first);
  const pagesEach = call.keys / call.pageSize;
  to.pages = call.pages + ((<usize>(sequence * pagesEach)) << 2);
  to.pageSize = call.pageSize;
}
