import { TiledVectors } from "../../tiled-vectors";
import { exp2 } from "../../vector-math";
import { lengthOf, positionOf, queriesAt } from "../attention/attention-call";
import { loadQueries, storeOutputs } from "../attention/block";
import { allFinite, maskWeights, weighSeenValues } from "../attention/hidden-values";
import { Seen } from "../attention/online-softmax";
import { weighValues } from "../attention/outputs";
import { blocksOf, KEYS, LANES, SPARE_ROWS } from "../attention/query-block";
import { listRuns, RUNS_BYTES } from "../attention/runs";
import { scoreKeys } from "../attention/scores";
import { AttentionGradientCall, fillLanes, statisticsAt } from "./gradient-call";

/** Bytes of the objects of a thread in its scratch memory. */
const OBJECTS_BYTES: usize = 128;

/** What a thread has of a block of keys, in its scratch memory; rows of 16 numbers follow it. */
@unmanaged
class Keys extends Seen {
  registers: i32;
  /** Rows of the numbers that sums are multiplied by: 1, and the scale. */
  ones: usize;
  scales: usize;
  runs: usize;
  /** `[features, 4 · registers]` */
  k: usize;
  v: usize;
  dk: usize;
  dv: usize;
  /** `[queries, 4 · registers]` */
  weights: usize;
  products: usize;

  set(memory: usize, features: i32): void {
    const bytes = (<usize>features) << 6;
    this.firsts = memory;
    this.limits = memory + 64;
    this.ones = memory + 128;
    this.scales = memory + 192;
    this.runs = memory + 256;
    this.k = this.runs + RUNS_BYTES;
    this.v = this.k + bytes;
    this.dk = this.v + bytes;
    this.dv = this.dk + bytes + ((<usize>SPARE_ROWS) << 6);
    this.weights = this.dv + bytes + ((<usize>SPARE_ROWS) << 6);
    this.products = this.weights + ((<usize>(KEYS + SPARE_ROWS)) << 6);
  }
}

/** An item is some blocks of keys. */
export function attentionKeysGradient(
  call: AttentionGradientCall,
  item: i32,
  scratch: usize,
): void {
  const blocks = call.sequences * call.keyValueHeads * blocksOf(call.keys);
  const first = item * call.blocksEach;
  const end = min(blocks, first + call.blocksEach);
  for (let block = first; block < end; block++) blockGradient(call, block, scratch);
}

function blockGradient(call: AttentionGradientCall, index: i32, scratch: usize): void {
  const blocks = blocksOf(call.keys);
  const heads = call.keyValueHeads;
  const sequence = index / (blocks * heads);
  const keyHead = (index / blocks) % heads;
  const first = (index % blocks) * LANES;
  const count = min(LANES, call.keys - first);
  const features = call.headFeatures;

  const vectors = changetype<TiledVectors>(scratch);
  const keys = changetype<Keys>(scratch + 3 * offsetof<TiledVectors>());
  keys.set(scratch + OBJECTS_BYTES, features);
  keys.registers = (count + 3) / 4;
  fillLanes(keys.ones, 1);
  fillLanes(keys.scales, call.plainScale);
  limitQueries(keys, call, sequence, first);

  keyBlockAt(vectors, call, call.k, heads, sequence, keyHead);
  loadQueries(vectors, first, count, features, call.scale, keys.k);
  keyBlockAt(vectors, call, call.v, heads, sequence, keyHead);
  loadQueries(vectors, first, count, features, 1, keys.v);
  const sumsBytes = (<usize>(features * keys.registers)) << 4;
  memory.fill(keys.dk, 0, sumsBytes);
  memory.fill(keys.dv, 0, sumsBytes);
  const sharing = call.heads / heads;
  for (let each = 0; each < sharing; each++) {
    addQueries(call, sequence, keyHead * sharing + each, count, keys, scratch);
  }
  keyBlockAt(vectors, call, call.gradients, 2 * heads, sequence, keyHead);
  storeOutputs(keys.dk, keys.scales, vectors, first, count, features);
  keyBlockAt(vectors, call, call.gradients, 2 * heads, sequence, heads + keyHead);
  storeOutputs(keys.dv, keys.ones, vectors, first, count, features);
}

/** A head of vectors of the keys of a sequence, which have so many heads. */
function keyBlockAt(
  to: TiledVectors,
  call: AttentionGradientCall,
  address: usize,
  heads: i32,
  sequence: i32,
  head: i32,
): void {
  const features = call.headFeatures;
  const vectors = call.sequences * call.keys;
  to.set(address, vectors, heads * features, head * features, sequence * call.keys);
}

/** Says which queries see each key: those from its own place on, or all; none where it does not count. */
function limitQueries(seen: Seen, call: AttentionGradientCall, sequence: i32, first: i32): void {
  const position = positionOf(call);
  const queries = call.queries;
  const most = min(lengthOf(call, sequence), position + queries);
  for (let lane = 0; lane < LANES; lane++) {
    const key = first + lane;
    const at = (<usize>lane) << 2;
    store<i32>(seen.firsts + at, call.causal !== 0 ? max(0, key - position) : 0);
    store<i32>(seen.limits + at, key < most ? queries : 0);
  }
}

/** Adds to the gradients of a block of keys what the queries of a head do to them. */
function addQueries(
  call: AttentionGradientCall,
  sequence: i32,
  head: i32,
  count: i32,
  keys: Keys,
  scratch: usize,
): void {
  const features = call.headFeatures;
  const registers = keys.registers;
  const queries = changetype<TiledVectors>(scratch);
  const dys = changetype<TiledVectors>(scratch + offsetof<TiledVectors>());
  const statistics = changetype<TiledVectors>(scratch + 2 * offsetof<TiledVectors>());
  queriesAt(queries, call, call.q, sequence, head);
  queriesAt(dys, call, call.dy, sequence, head);
  statisticsAt(statistics, call, sequence, head);
  const runs = keys.runs;
  const weights = keys.weights;
  const products = keys.products;
  const ones = keys.ones;
  const last = (<usize>(count - 1)) << 2;
  const limit = load<i32>(keys.limits);
  // From here on each query sees all keys of the block.
  const seenByAll = load<i32>(keys.limits + last) < limit ? limit : load<i32>(keys.firsts + last);
  for (let query = load<i32>(keys.firsts); query < limit; query += KEYS) {
    const end = min(query + KEYS, limit);
    listRuns(queries, query, end, runs);
    scoreKeys(queries.start, queries.step, runs, features, keys.k, registers, weights);
    scoreKeys(dys.start, dys.step, runs, features, keys.v, registers, products);
    differentiate(weights, products, statistics, query, end, registers);
    const partly = min(end, seenByAll);
    if (query < partly) {
      maskWeights(keys, weights, query, partly, registers);
      maskWeights(keys, products, query, partly, registers);
      if (
        !allFinite(queries, query, partly, features) ||
        !allFinite(dys, query, partly, features)
      ) {
        weighSeenValues(queries, query, end, features, products, registers, keys, ones, keys.dk);
        weighSeenValues(dys, query, end, features, weights, registers, keys, ones, keys.dv);
        continue;
      }
    }
    weighValues(queries.start, queries.step, runs, features, products, registers, ones, keys.dk);
    weighValues(dys.start, dys.step, runs, features, weights, registers, ones, keys.dv);
  }
}

/** Turns scores into weights, and products of dy and values into gradients of the scores. */
function differentiate(
  scores: usize,
  products: usize,
  statistics: TiledVectors,
  first: i32,
  end: i32,
  registers: i32,
): void {
  const row = (<usize>registers) << 4;
  const step = statistics.step;
  while (first < end) {
    const next = min(end, statistics.endOfTile(first));
    let from = statistics.at(first);
    for (; first < next; first++) {
      const logarithm = v128.load32_splat(from);
      const mean = v128.load32_splat(from + step);
      for (let at: usize = 0; at < row; at += 16) {
        const weight = exp2(f32x4.sub(v128.load(scores + at), logarithm));
        v128.store(scores + at, weight);
        const distance = f32x4.sub(v128.load(products + at), mean);
        v128.store(products + at, f32x4.mul(weight, distance));
      }
      scores += row;
      products += row;
      from += 4;
    }
  }
}
