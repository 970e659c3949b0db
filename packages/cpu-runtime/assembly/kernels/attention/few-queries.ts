/**
 * Attention of few queries, as of a language model that writes: keys and values are read once for all queries and
 * heads that share them, so that memory limits it. The keys may be divided into parts, whose results are joined
 * after.
 */
import { TILE, TILE_BYTES } from "../../program";
import { TiledVectors } from "../../tiled-vectors";
import { exp2 } from "../../vector-math";
import { AttentionCall, keysAt, lengthOf, positionOf, queriesAt } from "./attention-call";
import { loadQueries } from "./block";
import { scorePair, sumOfLanes, weighAll, weighPair, weighSome } from "./key-lanes";

/** Bytes of three objects, in the scratch memory. */
const OBJECTS_BYTES: usize = 128;
/** Numbers of a partial result before its sums: the largest score and the sum of the weights. */
const HEADER: i32 = 2;

/** What is known of a query of a head, in the scratch memory; sums and scores follow it. */
@unmanaged
class State {
  /** The largest score, and the sum of weights relative to it. */
  most: f32;
  total: f32;
  /** Keys of the part that it sees. */
  seen: i32;
  /** `[features, 4]`: sums of weighed values, in four lanes, and the query. */
  sums: usize;
  query: usize;
  /** Of all keys of a part, in whole pairs of tiles. */
  scores: usize;
}

/** Bytes of a {@link State}. */
const STATE_BYTES: usize = 64;

/** An item is some heads of keys of sequences, or a part of the keys of one. */
export function attentionOfFew(call: AttentionCall, item: i32, scratch: usize): void {
  const parts = call.parts;
  if (parts > 1) {
    const head = item / parts;
    const part = item % parts;
    const end = seenKeys(call, head / call.keyValueHeads, call.queries - 1);
    // Whole pairs of tiles, which are read together.
    const pairs = (end + 2 * TILE - 1) / (2 * TILE);
    const first = ((pairs * part) / parts) * (2 * TILE);
    attend(call, head, first, ((pairs * (part + 1)) / parts) * (2 * TILE), scratch);
    for (let each = 0; each < sharing(call); each++) storePartial(call, head, each, part, scratch);
    return;
  }
  const first = item * call.blocksEach;
  const end = min(call.sequences * call.keyValueHeads, first + call.blocksEach);
  for (let head = first; head < end; head++) {
    attend(call, head, 0, call.keys, scratch);
    for (let each = 0; each < sharing(call); each++) {
      const state = stateAt(call, each, scratch);
      const share: f32 = state.seen > 0 ? 1 / state.total : 0;
      storeOutput(call, rowOf(call, head, each), state.sums, share, scratch);
    }
  }
}

/** Puts the parts of the keys together: an item is a query of a head of a sequence. */
export function joinAttention(call: AttentionCall, item: i32, scratch: usize): void {
  const parts = call.parts;
  const features = call.headFeatures;
  const row = (<usize>(features + HEADER)) << 2;
  const first = call.partials + <usize>(item * parts) * row;
  let most = load<f32>(first);
  for (let part = 1; part < parts; part++) {
    most = max(most, load<f32>(first + <usize>part * row));
  }
  const sums = scratch + OBJECTS_BYTES;
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
  const seen = seenKeys(call, item / (call.heads * call.queries), item % call.queries);
  storeOutput(call, item, sums, seen > 0 ? 1 / total : 0, scratch);
}

/** Queries and heads that share a head of keys. */
function sharing(call: AttentionCall): i32 {
  return (call.heads / call.keyValueHeads) * call.queries;
}

/** The number of one of those, of all queries of all heads of all sequences. */
function rowOf(call: AttentionCall, head: i32, each: i32): i32 {
  return head * sharing(call) + each;
}

function stateAt(call: AttentionCall, each: i32, scratch: usize): State {
  const features = call.headFeatures;
  const pairs = (call.keys + 2 * TILE - 1) / (2 * TILE);
  const sums = STATE_BYTES;
  const query = sums + ((<usize>features) << 4);
  const scores = query + ((<usize>features) << 4);
  const bytes = scores + <usize>pairs * (2 * TILE_BYTES);
  const address = scratch + OBJECTS_BYTES + <usize>each * bytes;
  const state = changetype<State>(address);
  state.sums = address + sums;
  state.query = address + query;
  state.scores = address + scores;
  return state;
}

function seenKeys(call: AttentionCall, sequence: i32, query: i32): i32 {
  const last = positionOf(call) + (call.causal !== 0 ? query : call.queries - 1);
  return max(0, min(lengthOf(call, sequence), last + 1));
}

/** Leaves in scratch memory what is known of each query that shares a head of keys, of a part of the keys. */
function attend(call: AttentionCall, keyHead: i32, first: i32, end: i32, scratch: usize): void {
  const features = call.headFeatures;
  const sequence = keyHead / call.keyValueHeads;
  const keys = changetype<TiledVectors>(scratch);
  const values = changetype<TiledVectors>(scratch + offsetof<TiledVectors>());
  const queries = changetype<TiledVectors>(scratch + 2 * offsetof<TiledVectors>());
  const firstRow = rowOf(call, keyHead, 0);
  const head = (firstRow / call.queries) % call.heads;
  keysAt(keys, call, call.k, sequence, head, first);
  keysAt(values, call, call.v, sequence, head, first);
  const count = sharing(call);
  let most = 0;
  for (let each = 0; each < count; each++) {
    const state = stateAt(call, each, scratch);
    const query = each % call.queries;
    state.seen = max(0, min(end, seenKeys(call, sequence, query)) - first);
    most = max(most, state.seen);
    queriesAt(queries, call, call.q, sequence, head + each / call.queries);
    loadQueries(queries, query, 1, features, call.scale, state.query);
    memory.fill(state.sums, 0, (<usize>features) << 4);
  }
  for (let key = 0; key < most; key += 2 * TILE) {
    const k0 = keys.at(key);
    const k1 = key + TILE < most ? keys.at(key + TILE) : k0;
    for (let each = 0; each < count; each++) {
      const state = stateAt(call, each, scratch);
      scorePair(k0, k1, features, state.query, state.scores + ((<usize>key) << 2));
    }
  }
  for (let each = 0; each < count; each++) {
    const state = stateAt(call, each, scratch);
    weighAll(state.scores, state.seen, changetype<usize>(state));
  }
  for (let key = 0; key < most; key += 2 * TILE) {
    const v0 = values.at(key);
    const v1 = key + TILE < most ? values.at(key + TILE) : v0;
    for (let each = 0; each < count; each++) {
      const state = stateAt(call, each, scratch);
      const left = state.seen - key;
      const weights = state.scores + ((<usize>key) << 2);
      if (left >= 2 * TILE) {
        weighPair(v0, v1, features, weights, state.sums);
      } else {
        weighSome(v0, min(left, TILE), features, weights, state.sums);
        weighSome(v1, left - TILE, features, weights + TILE_BYTES, state.sums);
      }
    }
  }
}

/** Stores sums of four lanes, each times `share`, as the output of a query of a head. */
function storeOutput(call: AttentionCall, row: i32, sums: usize, share: f32, scratch: usize): void {
  const outputs = changetype<TiledVectors>(scratch);
  const head = row / call.queries;
  queriesAt(outputs, call, call.y, head / call.heads, head % call.heads);
  let to = outputs.at(row % call.queries);
  for (let e = 0; e < call.headFeatures; e++) {
    store<f32>(to, sumOfLanes(v128.load(sums)) * share);
    sums += 16;
    to += outputs.step;
  }
}

function storePartial(call: AttentionCall, head: i32, each: i32, part: i32, scratch: usize): void {
  const features = call.headFeatures;
  const state = stateAt(call, each, scratch);
  const row = rowOf(call, head, each) * call.parts + part;
  let to = call.partials + ((<usize>(row * (features + HEADER))) << 2);
  store<f32>(to, state.most);
  store<f32>(to, state.total, 4);
  let sums = state.sums;
  for (let e = 0; e < features; e++) {
    to += 4;
    store<f32>(to, sumOfLanes(v128.load(sums)), 4);
    sums += 16;
  }
}
