import { multiplyAdd, multiplySubtract } from "../vector-math";
import { Block } from "./block";

/**
 * One complex output for sixteen vectors.
 *
 * @param values `[c, 2]`: real and imaginary part
 * @param xPart from the real to the imaginary part of an input
 */
function complexBySixteen(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  xPart: usize,
  y: usize,
  yPart: usize,
): void {
  let re0 = f32x4.splat(-0.0);
  let re1 = re0;
  let re2 = re0;
  let re3 = re0;
  let im0 = re0;
  let im1 = re0;
  let im2 = re0;
  let im3 = re0;
  for (let l = 0; l < c; l++) {
    const re = v128.load32_splat(values);
    const im = v128.load32_splat(values, 4);
    let x0 = v128.load(x);
    let x1 = v128.load(x, 16);
    let x2 = v128.load(x, 32);
    let x3 = v128.load(x, 48);
    re0 = multiplyAdd(re, x0, re0);
    re1 = multiplyAdd(re, x1, re1);
    re2 = multiplyAdd(re, x2, re2);
    re3 = multiplyAdd(re, x3, re3);
    im0 = multiplyAdd(im, x0, im0);
    im1 = multiplyAdd(im, x1, im1);
    im2 = multiplyAdd(im, x2, im2);
    im3 = multiplyAdd(im, x3, im3);
    const imaginary = x + xPart;
    x0 = v128.load(imaginary);
    x1 = v128.load(imaginary, 16);
    x2 = v128.load(imaginary, 32);
    x3 = v128.load(imaginary, 48);
    re0 = multiplySubtract(im, x0, re0);
    re1 = multiplySubtract(im, x1, re1);
    re2 = multiplySubtract(im, x2, re2);
    re3 = multiplySubtract(im, x3, re3);
    im0 = multiplyAdd(re, x0, im0);
    im1 = multiplyAdd(re, x1, im1);
    im2 = multiplyAdd(re, x2, im2);
    im3 = multiplyAdd(re, x3, im3);
    x += xRow;
    values += 8;
  }
  v128.store(y, re0);
  v128.store(y, re1, 16);
  v128.store(y, re2, 32);
  v128.store(y, re3, 48);
  y += yPart;
  v128.store(y, im0);
  v128.store(y, im1, 16);
  v128.store(y, im2, 32);
  v128.store(y, im3, 48);
}

/** Outputs of one block of a complex stage. */
export function runComplex(
  block: Block,
  c: i32,
  values: usize,
  first: i32,
  end: i32,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
): void {
  values += <usize>(8 * first * c);
  y += <usize>first * yRow;
  for (let j = first; j < end; j++) {
    let from = x;
    let to = y;
    for (let tile = 0; tile < block.tiles; tile++) {
      complexBySixteen(c, values, from, xRow, block.xPart, to, block.yPart);
      from += block.xTile;
      to += block.yTile;
    }
    values += <usize>(8 * c);
    y += yRow;
  }
}
