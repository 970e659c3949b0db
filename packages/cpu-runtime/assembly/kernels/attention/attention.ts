import { TiledVectors } from "../../tiled-vectors";
import { loadQueries, storeOutputs } from "./block";
import { allFinite, weighSeenValues } from "./hidden-values";
import {
  beginSoftmax,
  endSoftmax,
  hideKeys,
  SOFTMAX_BYTES,
  Softmax,
  weighScores,
} from "./online-softmax";
import { SPARE_SUMS, weighValues } from "./outputs";
import { scoreKeys } from "./scores";

/** Queries that are taken together. */
const QUERIES: i32 = 16;
/** Keys between two corrections of the sums: 64 rows of scores and as many of keys stay in the first cache. */
const KEYS: i32 = 64;
/** Bytes that the objects of a thread take in its scratch memory. */
const OBJECTS_BYTES: usize = 128;

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
  /** Blocks of queries, head by head, that are an item. */
  blocksEach: i32;
}

export function attention(call: AttentionCall, item: i32, scratch: usize): void {
  const blocks = call.sequences * call.heads * blocksOf(call);
  const first = item * call.blocksEach;
  const end = min(blocks, first + call.blocksEach);
  for (let block = first; block < end; block++) attendBlock(call, block, scratch);
}

/** Blocks of the queries of a sequence. */
function blocksOf(call: AttentionCall): i32 {
  return (call.queries + QUERIES - 1) / QUERIES;
}

function attendBlock(call: AttentionCall, block: i32, scratch: usize): void {
  const blocks = blocksOf(call);
  const heads = call.heads;
  const head = (block / blocks) % heads;
  const sequence = block / (blocks * heads);
  const firstQuery = (block % blocks) * QUERIES;
  const count = min(QUERIES, call.queries - firstQuery);
  const registers = (count + 3) / 4;
  const features = call.headFeatures;

  const queries = changetype<TiledVectors>(scratch);
  const keys = changetype<TiledVectors>(scratch + 16);
  const values = changetype<TiledVectors>(scratch + 32);
  const outputs = changetype<TiledVectors>(scratch + 48);
  const softmax = changetype<Softmax>(scratch + 64);
  softmax.set(scratch + OBJECTS_BYTES);
  const q = scratch + OBJECTS_BYTES + SOFTMAX_BYTES;
  const sums = q + ((<usize>features) << 6);
  const scores = sums + ((<usize>(features + SPARE_SUMS)) << 6);

  const queryVectors = call.sequences * call.queries;
  const keyVectors = call.sequences * call.keys;
  const queryFeatures = heads * features;
  const keyFeatures = call.keyValueHeads * features;
  const keyHead = (head * call.keyValueHeads) / heads;
  queries.set(call.q, queryVectors, queryFeatures, head * features, sequence * call.queries);
  outputs.set(call.y, queryVectors, queryFeatures, head * features, sequence * call.queries);
  keys.set(call.k, keyVectors, keyFeatures, keyHead * features, sequence * call.keys);
  values.set(call.v, keyVectors, keyFeatures, keyHead * features, sequence * call.keys);

  const position = call.position !== 0 ? load<i32>(call.position) : call.keys - call.queries;
  let most = call.keys;
  if (call.lengths !== 0) most = min(most, load<i32>(call.lengths + ((<usize>sequence) << 2)));
  const causal = call.causal !== 0;
  if (causal) beginSoftmax(softmax, position + firstQuery + 1, 1, most);
  else beginSoftmax(softmax, position + call.queries, 0, most);
  const seenByAll = load<i32>(softmax.limits);
  const seenBySome = load<i32>(softmax.limits + ((<usize>(count - 1)) << 2));

  loadQueries(queries, firstQuery, count, features, call.scale, q);
  memory.fill(sums, 0, (<usize>(features * registers)) << 4);
  for (let key = 0; key < seenBySome; key += KEYS) {
    const end = min(key + KEYS, seenBySome);
    scoreKeys(keys, key, end, features, q, registers, scores);
    const hidden = end > seenByAll;
    if (hidden) hideKeys(softmax, scores, key, end, registers);
    weighScores(softmax, scores, end - key, registers);
    if (hidden && !allFinite(values, max(key, seenByAll), end, features)) {
      weighSeenValues(values, key, end, features, scores, registers, softmax, sums);
    } else {
      weighValues(values, key, end, features, scores, registers, softmax.keep, sums);
    }
  }
  endSoftmax(softmax);
  storeOutputs(sums, softmax.keep, outputs, firstQuery, count, features);
}
