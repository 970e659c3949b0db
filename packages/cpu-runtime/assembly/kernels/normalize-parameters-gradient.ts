import { groupOffset, groupsBefore, loadGroup, stepOfFeatures } from "../lane-groups";
import { lanesWithin, sumOfLanes } from "../lanes";
import { tileWidth, vectorInTiles } from "../layout";
import { meanOfGroup, normalizationFactor, squaresOfGroup } from "../normalization";

/** The gradients of weight and bias, as `src/kernels/normalize-parameters-gradient.ts` says. */
@unmanaged
export class NormalizeParametersGradientCall {
  x: usize;
  dy: usize;
  /** A vector for each item: sums for the weight, then for the bias. */
  parts: usize;
  vectors: i32;
  features: i32;
  norm: i32;
  epsilon: f32;
  /** Whether there is a bias. */
  bias: i32;
  /** Tiles that are an item, and items. */
  tilesEach: i32;
  items: i32;
}

/** An item is some tiles. Scratch memory holds four sums of each feature for the weight, then for the bias. */
export function normalizeParametersGradient(
  call: NormalizeParametersGradientCall,
  item: i32,
  scratch: usize,
): void {
  const vectors = call.vectors;
  const features = call.features;
  const columns = call.bias !== 0 ? 2 * features : features;
  memory.fill(scratch, 0, (<usize>columns) << 4);
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    const offset = groupOffset(vectors, features, group);
    const lanes = lanesWithin(0, vectors - 4 * group);
    if (tileWidth(vectors) === 1) addGroup<f32>(call, offset, 4, lanes, scratch);
    else addGroup<v128>(call, offset, stepOfFeatures(vectors), lanes, scratch);
  }

  const width = tileWidth(call.items);
  let to = vectorInTiles(call.parts, item, columns, width);
  for (let column = 0; column < columns; column++) {
    store<f32>(to, sumOfLanes(v128.load(scratch + ((<usize>column) << 4))));
    to += (<usize>width) << 2;
  }
}

/** @param lanes those of the group that are vectors */
function addGroup<T>(
  call: NormalizeParametersGradientCall,
  offset: usize,
  step: usize,
  lanes: v128,
  sums: usize,
): void {
  const features = call.features;
  const norm = call.norm;
  const x = call.x + offset;
  const end = x + <usize>features * step;
  const mean = meanOfGroup<T>(norm, x, end, step, features);
  const squares = squaresOfGroup<T>(x, end, step, mean);
  const factor = normalizationFactor(norm, call.epsilon, features, squares);
  let dy = call.dy + offset;
  let ofBias = sums + ((<usize>features) << 4);
  for (let at = x; at < end; at += step, dy += step, sums += 16) {
    const gradient = loadGroup<T>(dy);
    const scaled = f32x4.mul(f32x4.sub(loadGroup<T>(at), mean), factor);
    const product = v128.and(f32x4.mul(gradient, scaled), lanes);
    v128.store(sums, f32x4.add(v128.load(sums), product));
    if (call.bias !== 0) {
      v128.store(ofBias, f32x4.add(v128.load(ofBias), v128.and(gradient, lanes)));
      ofBias += 16;
    }
  }
}
