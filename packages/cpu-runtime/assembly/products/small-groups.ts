/**
 * Few outputs of a block for vectors side by side: arguments are those of
 * `wide-groups.ts`.
 */
import { multiplyAdd } from "../vector-math";

/** Three outputs for twelve vectors, of six that the values are packed for: `values` is `[c, 6]`. */
export function threeByTwelve(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
  continues: bool,
): void {
  const y1 = y + yRow;
  const y2 = y1 + yRow;
  let a0: v128;
  let a1: v128;
  let a2: v128;
  let b0: v128;
  let b1: v128;
  let b2: v128;
  let c0: v128;
  let c1: v128;
  let c2: v128;
  if (continues) {
    a0 = v128.load(y);
    a1 = v128.load(y, 16);
    a2 = v128.load(y, 32);
    b0 = v128.load(y1);
    b1 = v128.load(y1, 16);
    b2 = v128.load(y1, 32);
    c0 = v128.load(y2);
    c1 = v128.load(y2, 16);
    c2 = v128.load(y2, 32);
  } else {
    a0 = v128.load32_splat(bias);
    a1 = a0;
    a2 = a0;
    b0 = v128.load32_splat(bias + biasRow);
    b1 = b0;
    b2 = b0;
    c0 = v128.load32_splat(bias + 2 * biasRow);
    c1 = c0;
    c2 = c0;
  }
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    let weight = v128.load32_splat(values);
    a0 = multiplyAdd(weight, x0, a0);
    a1 = multiplyAdd(weight, x1, a1);
    a2 = multiplyAdd(weight, x2, a2);
    weight = v128.load32_splat(values, 4);
    b0 = multiplyAdd(weight, x0, b0);
    b1 = multiplyAdd(weight, x1, b1);
    b2 = multiplyAdd(weight, x2, b2);
    weight = v128.load32_splat(values, 8);
    c0 = multiplyAdd(weight, x0, c0);
    c1 = multiplyAdd(weight, x1, c1);
    c2 = multiplyAdd(weight, x2, c2);
    x += xRow;
    values += 24;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y, a2, 32);
  v128.store(y1, b0);
  v128.store(y1, b1, 16);
  v128.store(y1, b2, 32);
  v128.store(y2, c0);
  v128.store(y2, c1, 16);
  v128.store(y2, c2, 32);
}

/** Two outputs for sixteen vectors. `values` is `[c, 2]`. */
export function twoBySixteen(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  bias: usize,
  biasRow: usize,
  continues: bool,
): void {
  const y1 = y + yRow;
  let a0: v128;
  let a1: v128;
  let a2: v128;
  let a3: v128;
  let b0: v128;
  let b1: v128;
  let b2: v128;
  let b3: v128;
  if (continues) {
    a0 = v128.load(y);
    a1 = v128.load(y, 16);
    a2 = v128.load(y, 32);
    a3 = v128.load(y, 48);
    b0 = v128.load(y1);
    b1 = v128.load(y1, 16);
    b2 = v128.load(y1, 32);
    b3 = v128.load(y1, 48);
  } else {
    a0 = v128.load32_splat(bias);
    a1 = a0;
    a2 = a0;
    a3 = a0;
    b0 = v128.load32_splat(bias + biasRow);
    b1 = b0;
    b2 = b0;
    b3 = b0;
  }
  for (let l = 0; l < c; l++) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    let weight = v128.load32_splat(values);
    a0 = multiplyAdd(weight, x0, a0);
    a1 = multiplyAdd(weight, x1, a1);
    a2 = multiplyAdd(weight, x2, a2);
    a3 = multiplyAdd(weight, x3, a3);
    weight = v128.load32_splat(values, 4);
    b0 = multiplyAdd(weight, x0, b0);
    b1 = multiplyAdd(weight, x1, b1);
    b2 = multiplyAdd(weight, x2, b2);
    b3 = multiplyAdd(weight, x3, b3);
    x += xRow;
    values += 8;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y, a2, 32);
  v128.store(y, a3, 48);
  v128.store(y1, b0);
  v128.store(y1, b1, 16);
  v128.store(y1, b2, 32);
  v128.store(y1, b3, 48);
}

/** One output for sixteen vectors. `values` is `[c]`. */
export function oneBySixteen(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  bias: usize,
  continues: bool,
): void {
  let sum0: v128;
  let sum1: v128;
  let sum2: v128;
  let sum3: v128;
  if (continues) {
    sum0 = v128.load(y);
    sum1 = v128.load(y, 16);
    sum2 = v128.load(y, 32);
    sum3 = v128.load(y, 48);
  } else {
    sum0 = v128.load32_splat(bias);
    sum1 = sum0;
    sum2 = sum0;
    sum3 = sum0;
  }
  for (let l = 0; l < c; l++) {
    const weight = v128.load32_splat(values);
    sum0 = multiplyAdd(weight, v128.load(x), sum0);
    sum1 = multiplyAdd(weight, v128.load(x, 16), sum1);
    sum2 = multiplyAdd(weight, v128.load(x, 32), sum2);
    sum3 = multiplyAdd(weight, v128.load(x, 48), sum3);
    x += xRow;
    values += 4;
  }
  v128.store(y, sum0);
  v128.store(y, sum1, 16);
  v128.store(y, sum2, 32);
  v128.store(y, sum3, 48);
}

/** One output for four vectors, of `size` that the values are packed for: they are `[c, size]`. */
export function oneByFour(
  c: i32,
  size: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  bias: usize,
  continues: bool,
): void {
  const step = (<usize>size) << 2;
  let sum = continues ? v128.load(y) : v128.load32_splat(bias);
  for (let l = 0; l < c; l++) {
    sum = multiplyAdd(v128.load32_splat(values), v128.load(x), sum);
    x += xRow;
    values += step;
  }
  v128.store(y, sum);
}
