import { TiledVectors } from "../../tiled-vectors";
import { exp2 } from "../../vector-math";
import { keysAt, queriesAt } from "../attention/attention-call";
import { loadQueries, storeOutputs } from "../attention/block";
import { allFinite, maskWeights, weighSeenValues } from "../attention/hidden-values";
import { SOFTMAX_BYTES, Softmax } from "../attention/online-softmax";
import { weighValues } from "../attention/outputs";
import {
  KEYS,
  limitKeys,
  QUERY_BLOCK_BYTES,
  QueryBlock,
  queryBlocks,
  SPARE_ROWS,
} from "../attention/query-block";
import { listRuns, RUNS_BYTES } from "../attention/runs";
import { scoreKeys } from "../attention/scores";
import { AttentionGradientCall, fillLanes, STATISTICS, statisticsAt } from "./gradient-call";

/** Bytes that the objects of a thread take in its scratch memory. */
const OBJECTS_BYTES: usize = 192;

/** An item is some blocks of queries. */
export function attentionQueriesGradient(
  call: AttentionGradientCall,
  item: i32,
  scratch: usize,
): void {
  const first = item * call.blocksEach;
  const end = min(queryBlocks(call), first + call.blocksEach);
  for (let block = first; block < end; block++) blockGradient(call, block, scratch);
}

function blockGradient(call: AttentionGradientCall, index: i32, scratch: usize): void {
  const block = changetype<QueryBlock>(scratch);
  block.set(call, index);
  const sequence = block.sequence;
  const head = block.head;
  const first = block.first;
  const count = block.count;
  const registers = block.registers;
  const features = call.headFeatures;

  const objects = scratch + QUERY_BLOCK_BYTES;
  const vectors = changetype<TiledVectors>(objects);
  const keys = changetype<TiledVectors>(objects + offsetof<TiledVectors>());
  const values = changetype<TiledVectors>(objects + 2 * offsetof<TiledVectors>());
  const softmax = changetype<Softmax>(objects + 3 * offsetof<TiledVectors>());
  softmax.set(scratch + OBJECTS_BYTES);
  const runs = scratch + OBJECTS_BYTES + SOFTMAX_BYTES;
  const statistics = runs + RUNS_BYTES;
  const q = statistics + ((<usize>STATISTICS) << 6);
  const dy = q + ((<usize>features) << 6);
  const sums = dy + ((<usize>features) << 6);
  const weights = sums + ((<usize>(features + SPARE_ROWS)) << 6);
  const products = weights + ((<usize>(KEYS + SPARE_ROWS)) << 6);

  limitKeys(softmax, call, block);
  const seenByAll = load<i32>(softmax.limits);
  const seenBySome = load<i32>(softmax.limits + ((<usize>(count - 1)) << 2));
  queriesAt(vectors, call, call.q, sequence, head);
  loadQueries(vectors, first, count, features, call.scale, q);
  queriesAt(vectors, call, call.dy, sequence, head);
  loadQueries(vectors, first, count, features, 1, dy);
  statisticsAt(vectors, call, sequence, head);
  loadQueries(vectors, first, count, STATISTICS, 1, statistics);
  keysAt(keys, call, call.k, sequence, head, 0);
  keysAt(values, call, call.v, sequence, head, 0);

  fillLanes(softmax.keep, 1);
  memory.fill(sums, 0, (<usize>(features * registers)) << 4);
  for (let key = 0; key < seenBySome; key += KEYS) {
    const end = min(key + KEYS, seenBySome);
    listRuns(keys, key, end, runs);
    scoreKeys(keys.start, keys.step, runs, features, q, registers, weights);
    scoreKeys(values.start, values.step, runs, features, dy, registers, products);
    differentiate(weights, products, statistics, end - key, registers);
    const hidden = end > seenByAll;
    if (hidden) maskWeights(softmax, weights, key, end, registers);
    const keep = softmax.keep;
    if (hidden && !allFinite(keys, max(key, seenByAll), end, features)) {
      weighSeenValues(keys, key, end, features, weights, registers, softmax, keep, sums);
    } else {
      weighValues(keys.start, keys.step, runs, features, weights, registers, keep, sums);
    }
  }
  fillLanes(softmax.keep, call.plainScale);
  queriesAt(vectors, call, call.gradients, sequence, head);
  storeOutputs(sums, softmax.keep, vectors, first, count, features);
}

/** Turns scores into their gradients: the weights times how far products of dy and values are from their mean. */
function differentiate(
  scores: usize,
  products: usize,
  statistics: usize,
  count: i32,
  registers: i32,
): void {
  const row = (<usize>registers) << 4;
  const bytes = <usize>count * row;
  for (let at: usize = 0; at < row; at += 16) {
    const logarithm = v128.load(statistics + at);
    const mean = v128.load(statistics + row + at);
    for (let offset = at; offset < bytes; offset += row) {
      const weight = exp2(f32x4.sub(v128.load(scores + offset), logarithm));
      const distance = f32x4.sub(v128.load(products + offset), mean);
      v128.store(scores + offset, f32x4.mul(weight, distance));
    }
  }
}
