/**
 * Products of bipolar numbers by counting: a sum over `c` inputs of bits that stand for -1 and 1 is `c` less twice the
 * number of bits that differ. Each pair of a bit of weights and a bit of vectors is counted, and doubled for each place.
 */

/** `y = W x` for W of `(a, b, c, d)`, y in rows. */
@unmanaged
export class BipolarProductCall {
  /** As `bipolar-planes.ts` writes them. */
  planes: usize;
  /** Of each block four outputs at a time: of each bit, the highest first, 32 inputs of four outputs; then their scales. */
  weights: usize;
  y: usize;
  vectors: i32;
  a: i32;
  b: i32;
  c: i32;
  d: i32;
  weightBits: i32;
  vectorBits: i32;
  /** Groups of four outputs of an item, and vectors. */
  groups: i32;
  vectorsOfItem: i32;
}

/** Words whose counts sums of 16 bits hold: 240 each at most. */
const WORDS: i32 = 256;

/** An item is some groups of four outputs for some vectors. */
export function bipolarProduct(call: BipolarProductCall, item: i32, _scratch: usize): void {
  const bits = call.vectorBits;
  const ofBlock = (call.b + 3) >> 2;
  const all = call.a * call.d * ofBlock;
  const items = (all + call.groups - 1) / call.groups;
  const first = (item % items) * call.groups;
  const end = min(first + call.groups, all);
  const start = (item / items) * call.vectorsOfItem;
  const endVector = min(start + call.vectorsOfItem, call.vectors);
  const c = call.c;
  const wordBytes = (<usize>bits) << 2;
  const words = (c + 31) >> 5;
  const weightBits = call.weightBits;
  const ofWeights: usize = (<usize>(weightBits * words + 1)) << 4;
  const ofVectors = (<usize>(words * bits + 1)) << 2;
  const vectorStep = <usize>(call.a * call.d) * ofVectors;
  const scaleAt = (<usize>(words * bits)) << 2;
  const rows = call.a * call.b * call.d;
  const most = c * ((1 << weightBits) - 1) * ((1 << bits) - 1);
  const mostSums = i32x4.splat(most);
  for (let group = first; group < end; group++) {
    const block = group / ofBlock;
    const j = (group % ofBlock) << 2;
    const i = block / call.d;
    const row = (i * call.b + j) * call.d + (block % call.d);
    const weights = call.weights + <usize>group * ofWeights;
    const scales = v128.load(weights + ofWeights - 16);
    const count = min(4, call.b - j);
    let x = call.planes + <usize>start * vectorStep + <usize>block * ofVectors;
    let y = call.y + ((<usize>start * <usize>rows + <usize>row) << 2);
    let vector = start;
    for (; vector + 4 <= endVector; vector += 4) {
      const x1 = x + vectorStep;
      const x2 = x1 + vectorStep;
      const x3 = x2 + vectorStep;
      let total0 = i32x4.splat(0);
      let total1 = total0;
      let total2 = total0;
      let total3 = total0;
      let w = weights;
      for (let plane = 0; plane < weightBits; plane++) {
        total0 = i32x4.shl(total0, 1);
        total1 = i32x4.shl(total1, 1);
        total2 = i32x4.shl(total2, 1);
        total3 = i32x4.shl(total3, 1);
        let inputs: usize = 0;
        for (let left = words; left > 0; left -= WORDS) {
          let sum0 = i16x8.splat(0);
          let sum1 = sum0;
          let sum2 = sum0;
          let sum3 = sum0;
          const endWord = w + ((<usize>min(left, WORDS)) << 4);
          for (; w < endWord; w += 16) {
            const weight = v128.load(w);
            let ones0 = i8x16.splat(0);
            let ones1 = ones0;
            let ones2 = ones0;
            let ones3 = ones0;
            for (const next = inputs + wordBytes; inputs < next; inputs += 4) {
              ones0 = doubledAnd(ones0, weight, x + inputs);
              ones1 = doubledAnd(ones1, weight, x1 + inputs);
              ones2 = doubledAnd(ones2, weight, x2 + inputs);
              ones3 = doubledAnd(ones3, weight, x3 + inputs);
            }
            sum0 = i16x8.add(sum0, i16x8.extadd_pairwise_i8x16_u(ones0));
            sum1 = i16x8.add(sum1, i16x8.extadd_pairwise_i8x16_u(ones1));
            sum2 = i16x8.add(sum2, i16x8.extadd_pairwise_i8x16_u(ones2));
            sum3 = i16x8.add(sum3, i16x8.extadd_pairwise_i8x16_u(ones3));
          }
          total0 = i32x4.add(total0, i32x4.extadd_pairwise_i16x8_u(sum0));
          total1 = i32x4.add(total1, i32x4.extadd_pairwise_i16x8_u(sum1));
          total2 = i32x4.add(total2, i32x4.extadd_pairwise_i16x8_u(sum2));
          total3 = i32x4.add(total3, i32x4.extadd_pairwise_i16x8_u(sum3));
        }
      }
      const step = (<usize>rows) << 2;
      storeOutputs(mostSums, total0, scales, x + scaleAt, y, call.d, count);
      storeOutputs(mostSums, total1, scales, x1 + scaleAt, y + step, call.d, count);
      storeOutputs(mostSums, total2, scales, x2 + scaleAt, y + 2 * step, call.d, count);
      storeOutputs(mostSums, total3, scales, x3 + scaleAt, y + 3 * step, call.d, count);
      x = x3 + vectorStep;
      y += 4 * step;
    }
    for (; vector < endVector; vector++) {
      let total = i32x4.splat(0);
      let w = weights;
      for (let plane = 0; plane < weightBits; plane++) {
        total = i32x4.shl(total, 1);
        let inputs = x;
        for (let left = words; left > 0; left -= WORDS) {
          let sum = i16x8.splat(0);
          const endWord = w + ((<usize>min(left, WORDS)) << 4);
          for (; w < endWord; w += 16) {
            const weight = v128.load(w);
            let ones = i8x16.splat(0);
            for (const next = inputs + wordBytes; inputs < next; inputs += 4) {
              ones = doubledAnd(ones, weight, inputs);
            }
            sum = i16x8.add(sum, i16x8.extadd_pairwise_i8x16_u(ones));
          }
          total = i32x4.add(total, i32x4.extadd_pairwise_i16x8_u(sum));
        }
      }
      storeOutputs(mostSums, total, scales, x + scaleAt, y, call.d, count);
      x += vectorStep;
      y += (<usize>rows) << 2;
    }
  }
}

/** Counts of bits, doubled, and of 32 inputs of four outputs how many bits differ from the next of the vector. */
function doubledAnd(counts: v128, weight: v128, x: usize): v128 {
  return i8x16.add(i8x16.add(counts, counts), i8x16.popcnt(v128.xor(weight, v128.load32_splat(x))));
}

function storeOutputs(
  most: v128,
  differing: v128,
  scales: v128,
  scale: usize,
  y: usize,
  d: i32,
  count: i32,
): void {
  const sums = i32x4.sub(most, i32x4.shl(differing, 1));
  const outputs = f32x4.mul(
    f32x4.mul(f32x4.convert_i32x4_s(sums), v128.load32_splat(scale)),
    scales,
  );
  if (d === 1 && count === 4) {
    v128.store(y, outputs);
    return;
  }
  const step = (<usize>d) << 2;
  v128.store32_lane(y, outputs, 0);
  if (count > 1) v128.store32_lane(y + step, outputs, 1);
  if (count > 2) v128.store32_lane(y + 2 * step, outputs, 2);
  if (count > 3) v128.store32_lane(y + 3 * step, outputs, 3);
}
