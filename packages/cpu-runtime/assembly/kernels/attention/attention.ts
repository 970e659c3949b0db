import { TiledVectors } from "../../tiled-vectors";
import { AttentionCall, keysAt, queriesAt } from "./attention-call";
import { loadQueries, storeOutputs } from "./block";
import { allFinite, weighSeenValues } from "./hidden-values";
import { endSoftmax, hideKeys, SOFTMAX_BYTES, Softmax, weighScores } from "./online-softmax";
import { weighValues } from "./outputs";
import {
  KEYS,
  limitKeys,
  QUERY_BLOCK_BYTES,
  QueryBlock,
  queryBlocks,
  SPARE_ROWS,
} from "./query-block";
import { listRuns, RUNS_BYTES } from "./runs";
import { scoreKeys } from "./scores";

/** Bytes that the objects of a thread take in its scratch memory. */
const OBJECTS_BYTES: usize = 192;

export function attention(call: AttentionCall, item: i32, scratch: usize): void {
  const first = item * call.blocksEach;
  const end = min(queryBlocks(call), first + call.blocksEach);
  for (let block = first; block < end; block++) attendBlock(call, block, scratch);
}

function attendBlock(call: AttentionCall, index: i32, scratch: usize): void {
  const block = changetype<QueryBlock>(scratch);
  block.set(call, index);
  const sequence = block.sequence;
  const head = block.head;
  const count = block.count;
  const registers = block.registers;
  const features = call.headFeatures;

  const objects = scratch + QUERY_BLOCK_BYTES;
  const queries = changetype<TiledVectors>(objects);
  const keys = changetype<TiledVectors>(objects + offsetof<TiledVectors>());
  const values = changetype<TiledVectors>(objects + 2 * offsetof<TiledVectors>());
  const outputs = changetype<TiledVectors>(objects + 3 * offsetof<TiledVectors>());
  const softmax = changetype<Softmax>(objects + 4 * offsetof<TiledVectors>());
  softmax.set(scratch + OBJECTS_BYTES);
  const runs = scratch + OBJECTS_BYTES + SOFTMAX_BYTES;
  const q = runs + RUNS_BYTES;
  const sums = q + ((<usize>features) << 6);
  const scores = sums + ((<usize>(features + SPARE_ROWS)) << 6);

  queriesAt(queries, call, call.q, sequence, head);
  queriesAt(outputs, call, call.y, sequence, head);
  keysAt(keys, call, call.k, sequence, head, 0);
  keysAt(values, call, call.v, sequence, head, 0);

  limitKeys(softmax, call, block);
  const seenByAll = load<i32>(softmax.limits);
  const seenBySome = load<i32>(softmax.limits + ((<usize>(count - 1)) << 2));

  loadQueries(queries, block.first, count, features, call.scale, q);
  memory.fill(sums, 0, (<usize>(features * registers)) << 4);
  for (let key = 0; key < seenBySome; key += KEYS) {
    const end = min(key + KEYS, seenBySome);
    listRuns(keys, key, end, runs);
    scoreKeys(keys.start, keys.step, runs, features, q, registers, scores);
    const hidden = end > seenByAll;
    if (hidden) hideKeys(softmax, scores, key, end, registers);
    weighScores(softmax, scores, end - key, registers);
    if (hidden && !allFinite(values, max(key, seenByAll), end, features)) {
      const keep = softmax.keep;
      weighSeenValues(values, key, end, features, scores, registers, softmax, keep, sums);
    } else {
      weighValues(values.start, values.step, runs, features, scores, registers, softmax.keep, sums);
    }
  }
  endSoftmax(softmax);
  storeOutputs(sums, softmax.keep, outputs, block.first, count, features);
}
