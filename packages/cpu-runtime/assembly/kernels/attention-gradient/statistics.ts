import { TiledVectors } from "../../tiled-vectors";
import { LOG2_E } from "../../vector-constants";
import { log, multiplyAdd } from "../../vector-math";
import { keysAt, queriesAt } from "../attention/attention-call";
import { loadQueries, storeOutputs } from "../attention/block";
import { hideKeys, SOFTMAX_BYTES, Softmax, weighScores } from "../attention/online-softmax";
import {
  KEYS,
  limitKeys,
  QUERY_BLOCK_BYTES,
  QueryBlock,
  queryBlocks,
} from "../attention/query-block";
import { listRuns, RUNS_BYTES } from "../attention/runs";
import { scoreKeys } from "../attention/scores";
import { AttentionGradientCall, fillLanes, STATISTICS, statisticsAt } from "./gradient-call";

/** Bytes that the objects of a thread take in its scratch memory. */
const OBJECTS_BYTES: usize = 128;

/** An item is some blocks of queries. */
export function attentionStatistics(call: AttentionGradientCall, item: i32, scratch: usize): void {
  const first = item * call.blocksEach;
  const end = min(queryBlocks(call), first + call.blocksEach);
  for (let block = first; block < end; block++) blockStatistics(call, block, scratch);
}

function blockStatistics(call: AttentionGradientCall, index: i32, scratch: usize): void {
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
  const softmax = changetype<Softmax>(objects + 2 * offsetof<TiledVectors>());
  softmax.set(scratch + OBJECTS_BYTES);
  const runs = scratch + OBJECTS_BYTES + SOFTMAX_BYTES;
  const statistics = runs + RUNS_BYTES;
  const q = statistics + ((<usize>STATISTICS) << 6);
  const y = q + ((<usize>features) << 6);
  const scores = y + ((<usize>features) << 6);

  limitKeys(softmax, call, block);
  const seenByAll = load<i32>(softmax.limits);
  const seenBySome = load<i32>(softmax.limits + ((<usize>(count - 1)) << 2));
  queriesAt(vectors, call, call.q, sequence, head);
  loadQueries(vectors, first, count, features, call.scale, q);
  keysAt(keys, call, call.k, sequence, head, 0);
  for (let key = 0; key < seenBySome; key += KEYS) {
    const end = min(key + KEYS, seenBySome);
    listRuns(keys, key, end, runs);
    scoreKeys(keys.start, keys.step, runs, features, q, registers, scores);
    if (end > seenByAll) hideKeys(softmax, scores, key, end, registers);
    weighScores(softmax, scores, end - key, registers);
  }
  storeLogarithms(softmax, statistics, registers);

  queriesAt(vectors, call, call.y, sequence, head);
  loadQueries(vectors, first, count, features, 1, y);
  queriesAt(vectors, call, call.dy, sequence, head);
  loadQueries(vectors, first, count, features, 1, q);
  storeProducts(y, q, features, statistics + ((<usize>registers) << 4), registers);

  statisticsAt(vectors, call, sequence, head);
  fillLanes(softmax.keep, 1);
  storeOutputs(statistics, softmax.keep, vectors, first, count, STATISTICS);
}

/** Of the sums of exponentials: 0 where no key is seen, and NaN where there is no softmax. */
function storeLogarithms(softmax: Softmax, to: usize, registers: i32): void {
  for (let at: usize = 0; at < (<usize>registers) << 4; at += 16) {
    const total = v128.load(softmax.total + at);
    // Where all scores are minus infinity the sum is 0, and 0 / 0 is NaN.
    const one = f32x4.div(total, total);
    const logarithm = multiplyAdd(log(total), LOG2_E, v128.load(softmax.most + at));
    const seen = i32x4.gt_s(v128.load(softmax.limits + at), i32x4.splat(0));
    v128.store(to + at, v128.and(f32x4.mul(logarithm, one), seen));
  }
}

/** Sums of products of two blocks over the features. */
function storeProducts(x: usize, y: usize, features: i32, to: usize, registers: i32): void {
  const row = (<usize>registers) << 4;
  for (let at: usize = 0; at < row; at += 16) {
    let sum = f32x4.splat(0);
    let offset = at;
    for (let e = 0; e < features; e++) {
      sum = multiplyAdd(v128.load(x + offset), v128.load(y + offset), sum);
      offset += row;
    }
    v128.store(to + at, sum);
  }
}
