import { TiledVectors } from "../../tiled-vectors";
import { AttentionCall, keysAt, lengthOf, positionOf, queriesAt } from "./attention-call";
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
import { weighValues } from "./outputs";
import { listRuns, RUNS_BYTES } from "./runs";
import { scoreKeys } from "./scores";

/** Queries that are taken together. */
const QUERIES: i32 = 16;
/** Keys between two corrections of the sums: 64 rows of scores and as many of keys stay in the first cache. */
const KEYS: i32 = 64;
/** Rows that products may write beyond the last one. */
const SPARE_ROWS: i32 = 7;
/** Bytes that the objects of a thread take in its scratch memory. */
const OBJECTS_BYTES: usize = 128;

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
  const runs = scratch + OBJECTS_BYTES + SOFTMAX_BYTES;
  const q = runs + RUNS_BYTES;
  const sums = q + ((<usize>features) << 6);
  const scores = sums + ((<usize>(features + SPARE_ROWS)) << 6);

  queriesAt(queries, call, call.q, sequence, head);
  queriesAt(outputs, call, call.y, sequence, head);
  keysAt(keys, call, call.k, sequence, head, 0);
  keysAt(values, call, call.v, sequence, head, 0);

  const position = positionOf(call);
  const most = lengthOf(call, sequence);
  if (call.causal !== 0) beginSoftmax(softmax, position + firstQuery + 1, 1, most);
  else beginSoftmax(softmax, position + call.queries, 0, most);
  const seenByAll = load<i32>(softmax.limits);
  const seenBySome = load<i32>(softmax.limits + ((<usize>(count - 1)) << 2));

  loadQueries(queries, firstQuery, count, features, call.scale, q);
  memory.fill(sums, 0, (<usize>(features * registers)) << 4);
  for (let key = 0; key < seenBySome; key += KEYS) {
    const end = min(key + KEYS, seenBySome);
    listRuns(keys, key, end, runs);
    scoreKeys(keys.start, keys.step, runs, features, q, registers, scores);
    const hidden = end > seenByAll;
    if (hidden) hideKeys(softmax, scores, key, end, registers);
    weighScores(softmax, scores, end - key, registers);
    if (hidden && !allFinite(values, max(key, seenByAll), end, features)) {
      weighSeenValues(values, key, end, features, scores, registers, softmax, sums);
    } else {
      weighValues(values.start, values.step, runs, features, scores, registers, softmax.keep, sums);
    }
  }
  endSoftmax(softmax);
  storeOutputs(sums, softmax.keep, outputs, firstQuery, count, features);
}
