/**
 * Attention of a single query, as of a language model that writes: keys and values are read once, so that memory
 * limits it. The keys may be divided into parts, whose results are put together after.
 */
import { TILE } from "../../program";
import { TiledVectors } from "../../tiled-vectors";
import { exp2 } from "../../vector-math";
import { AttentionCall, keysAt, lengthOf, positionOf, queriesAt } from "./attention-call";
import { loadQueries } from "./block";
import { scoreTiles, sumOfLanes, weighAll, weighTiles } from "./key-lanes";

/** In the scratch memory, after three objects: the largest score and the sum of weights, and the sums of values. */
const SOFTMAX: usize = 48;
const SUMS: usize = 64;
/** Numbers of a partial result before its sums: the largest score and the sum of the weights. */
const HEADER: i32 = 2;

/** An item is some heads of sequences, or a part of the keys of one. */
export function attentionOfOne(call: AttentionCall, item: i32, scratch: usize): void {
  const parts = call.parts;
  const heads = call.sequences * call.heads;
  if (parts > 1) {
    const head = item / parts;
    const part = item % parts;
    const end = seenKeys(call, head);
    // Whole pairs of tiles, which are read together.
    const pairs = (end + 2 * TILE - 1) / (2 * TILE);
    const first = ((pairs * part) / parts) * (2 * TILE);
    const last = min(end, ((pairs * (part + 1)) / parts) * (2 * TILE));
    attend(call, head, first, last, scratch);
    storePartial(call, item, scratch);
    return;
  }
  const first = item * call.blocksEach;
  for (let head = first; head < min(heads, first + call.blocksEach); head++) {
    const end = seenKeys(call, head);
    attend(call, head, 0, end, scratch);
    const share: f32 = end > 0 ? 1 / load<f32>(scratch + SOFTMAX, 4) : 0;
    storeOutput(call, head, scratch + SUMS, share, scratch);
  }
}

/** Puts the parts of the keys together: an item is a head of a sequence. */
export function joinAttention(call: AttentionCall, item: i32, scratch: usize): void {
  const parts = call.parts;
  const features = call.headFeatures;
  const row = (<usize>(features + HEADER)) << 2;
  const first = call.partials + <usize>(item * parts) * row;
  let most = load<f32>(first);
  for (let part = 1; part < parts; part++) {
    most = max(most, load<f32>(first + <usize>part * row));
  }
  const sums = scratch + SUMS;
  memory.fill(sums, 0, (<usize>features) << 4);
  let total: f32 = 0;
  for (let part = 0; part < parts; part++) {
    const from = first + <usize>part * row;
    const keep = f32x4.extract_lane(exp2(f32x4.splat(load<f32>(from) - most)), 0);
    total += keep * load<f32>(from, 4);
    for (let e = 0; e < features; e++) {
      const at = sums + ((<usize>e) << 4);
      store<f32>(at, load<f32>(at) + keep * load<f32>(from + ((<usize>(e + HEADER)) << 2)));
    }
  }
  storeOutput(call, item, sums, seenKeys(call, item) > 0 ? 1 / total : 0, scratch);
}

function seenKeys(call: AttentionCall, head: i32): i32 {
  return max(0, min(lengthOf(call, head / call.heads), positionOf(call) + 1));
}

/** Leaves the largest score, the sum of weights, and the sums of weighed values in scratch memory. */
function attend(call: AttentionCall, head: i32, first: i32, end: i32, scratch: usize): void {
  const features = call.headFeatures;
  const sequence = head / call.heads;
  const queries = changetype<TiledVectors>(scratch);
  const keys = changetype<TiledVectors>(scratch + 16);
  const values = changetype<TiledVectors>(scratch + 32);
  queriesAt(queries, call, call.q, sequence, head % call.heads);
  keysAt(keys, call, call.k, sequence, head % call.heads, first);
  keysAt(values, call, call.v, sequence, head % call.heads, first);
  const count = max(0, end - first);
  const sums = scratch + SUMS;
  const query = sums + ((<usize>features) << 4);
  const scores = query + ((<usize>features) << 4);
  loadQueries(queries, 0, 1, features, call.scale, query);
  scoreTiles(keys, count, features, query, scores);
  weighAll(scores, count, scratch + SOFTMAX);
  weighTiles(values, count, features, scores, sums);
}

/** Stores sums of four lanes, each times `share`. */
function storeOutput(
  call: AttentionCall,
  head: i32,
  sums: usize,
  share: f32,
  scratch: usize,
): void {
  const outputs = changetype<TiledVectors>(scratch);
  queriesAt(outputs, call, call.y, head / call.heads, head % call.heads);
  let to = outputs.at(0);
  for (let e = 0; e < call.headFeatures; e++) {
    store<f32>(to, sumOfLanes(v128.load(sums)) * share);
    sums += 16;
    to += outputs.step;
  }
}

function storePartial(call: AttentionCall, item: i32, scratch: usize): void {
  const features = call.headFeatures;
  let to = call.partials + ((<usize>(item * (features + HEADER))) << 2);
  v128.store64_lane(to, v128.load(scratch + SOFTMAX), 0);
  let sums = scratch + SUMS;
  for (let e = 0; e < features; e++) {
    to += 4;
    store<f32>(to, sumOfLanes(v128.load(sums)), 4);
    sums += 16;
  }
}
