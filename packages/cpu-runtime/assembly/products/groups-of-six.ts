/**
 * Groups of six outputs for sixteen vectors, of blocks whose inputs are few enough to be read at once: as in
 * small-blocks.ts, what computes a group is called from one place, so that the compiler puts it there.
 */
import { Stage } from "../program";
import { multiplyAdd } from "../vector-math";
import { Block } from "./block";
import { finish, hasEpilogue } from "./epilogue";
import { ProductCall } from "./product-call";

/**
 * Outputs `first` to `end - 1`, whole groups of six.
 *
 * @param values of the first block of the stage; those of the next lie `stage.innerI` and `stage.innerK` away
 */
export function multiplySixes(
  call: ProductCall,
  block: Block,
  stage: Stage,
  first: i32,
  end: i32,
  values: usize,
): void {
  const b = stage.b;
  const c = stage.c;
  const d = stage.d;
  const last = block.tiles - 1;
  const lastRow = block.lastRow;
  const xRow = block.xRow;
  const xTile = block.xTile;
  const yRow = block.yRow;
  const yTile = block.yTile;
  const biasRow = block.biasRow;
  const xStep = <usize>d * xRow;
  const yStep = <usize>d * yRow;
  const biasStep = <usize>d * biasRow;
  const finishes = block.finishes && block.follows && hasEpilogue(call);
  for (let i = 0; i < stage.a; i++) {
    for (let k = 0; k < d; k++) {
      let weights =
        values + <usize>i * stage.innerI + <usize>k * stage.innerK + <usize>(4 * first * c);
      const inputs = block.x + <usize>(i * c * d + k) * xRow;
      const output = (i * b + first) * d + k;
      let outputs = block.y + <usize>output * yRow;
      let biases = block.bias + <usize>output * biasRow;
      for (let j = first; j < end; j += 6) {
        let from = inputs;
        let to = outputs;
        for (let tile = 0; tile <= last; tile++) {
          const row: usize = tile === last ? lastRow : 64;
          for (let half: usize = 0; half < row; half += 32) {
            sixOutputs(c, weights, from + half, xStep, to + half, yStep, biases, biasStep);
          }
          if (finishes) finish(call, to, yStep, 6, 64);
          from += xTile;
          to += yTile;
        }
        weights += <usize>(24 * c);
        outputs += 6 * yStep;
        biases += 6 * biasStep;
      }
    }
  }
}

/** Six outputs for eight vectors: `sixOutputs<i64>` of wide-groups.ts that begins with biases. */
function sixOutputs(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
): void {
  const y1 = y + yRow;
  const y2 = y1 + yRow;
  const y3 = y2 + yRow;
  const y4 = y3 + yRow;
  const y5 = y4 + yRow;
  let a0 = v128.load32_splat(bias);
  let a1 = a0;
  let b0 = v128.load32_splat(bias + biasRow);
  let b1 = b0;
  let c0 = v128.load32_splat(bias + 2 * biasRow);
  let c1 = c0;
  let d0 = v128.load32_splat(bias + 3 * biasRow);
  let d1 = d0;
  let e0 = v128.load32_splat(bias + 4 * biasRow);
  let e1 = e0;
  let f0 = v128.load32_splat(bias + 5 * biasRow);
  let f1 = f0;
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let weight = v128.load32_splat(values);
    a0 = multiplyAdd(weight, x0, a0);
    a1 = multiplyAdd(weight, x1, a1);
    weight = v128.load32_splat(values, 4);
    b0 = multiplyAdd(weight, x0, b0);
    b1 = multiplyAdd(weight, x1, b1);
    weight = v128.load32_splat(values, 8);
    c0 = multiplyAdd(weight, x0, c0);
    c1 = multiplyAdd(weight, x1, c1);
    weight = v128.load32_splat(values, 12);
    d0 = multiplyAdd(weight, x0, d0);
    d1 = multiplyAdd(weight, x1, d1);
    weight = v128.load32_splat(values, 16);
    e0 = multiplyAdd(weight, x0, e0);
    e1 = multiplyAdd(weight, x1, e1);
    weight = v128.load32_splat(values, 20);
    f0 = multiplyAdd(weight, x0, f0);
    f1 = multiplyAdd(weight, x1, f1);
    x += xRow;
    values += 24;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y1, b0);
  v128.store(y1, b1, 16);
  v128.store(y2, c0);
  v128.store(y2, c1, 16);
  v128.store(y3, d0);
  v128.store(y3, d1, 16);
  v128.store(y4, e0);
  v128.store(y4, e1, 16);
  v128.store(y5, f0);
  v128.store(y5, f1, 16);
}
