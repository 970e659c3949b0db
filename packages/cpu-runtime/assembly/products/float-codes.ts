/** One vector by weights whose codes are floating-point numbers of eight bits: as in single-vector.ts, lanes are outputs. */
import { E4M3 } from "../kernel-options";
import { multiplyAdd } from "../vector-math";
import { firstFloats, floatMask, floatScale, secondFloats } from "./codes";
import { SCALED } from "./few-bits";
import { copyInputs } from "./round-inputs";
import { storeFour, storeTwo } from "./single-vector";

/** Inputs that are multiplied together. */
const EIGHT: i32 = 8;

/** The scales of four outputs: their first 16 bits in float32. */
function scalesOf(halves: v128): v128 {
  return i32x4.shl(halves, 16);
}

/**
 * Six outputs. Sums are added to what begins at `start`.
 *
 * @typeParam T `f32` for E4M3, `f64` for E5M2
 * @param copies scratch memory of eight numbers
 */
function sixForOne<T>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  copies: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = floatMask<T>(c);
  const scale = floatScale<T>(c);
  let first = f32x4.splat(-0.0);
  let last = first;
  for (let l = 0; l < c; l += SCALED) {
    const scales = scalesOf(v128.load16x4_s(values));
    const lastScales = scalesOf(i32x4.extend_low_i16x8_s(v128.load32_splat(values, 8)));
    values += 12;
    let low = f32x4.splat(-0.0);
    let both = low;
    let high = low;
    const end = min(c, l + SCALED);
    for (let at = l; at < end; at += EIGHT) {
      let from = x;
      let row = xRow;
      if (end - at < EIGHT) {
        copyInputs(end - at, EIGHT, x, xRow, copies);
        from = copies;
        row = 4;
      }
      for (let half = 0; half < 2; half++) {
        const p = v128.load32_splat(from);
        const q = v128.load32_splat(from + row);
        from += 2 * row;
        const r = v128.load32_splat(from);
        const s = v128.load32_splat(from + row);
        from += 2 * row;
        const a = v128.load8x8_s(values);
        const b = v128.load8x8_s(values, 8);
        const d = v128.load8x8_s(values, 16);
        low = multiplyAdd(firstFloats<T>(a, mask, scale), p, low);
        both = multiplyAdd(firstFloats<T>(b, mask, scale), i64x2.shuffle(p, r, 0, 2), both);
        high = multiplyAdd(firstFloats<T>(d, mask, scale), r, high);
        low = multiplyAdd(secondFloats<T>(a, mask, scale), q, low);
        both = multiplyAdd(secondFloats<T>(b, mask, scale), i64x2.shuffle(q, s, 0, 2), both);
        high = multiplyAdd(secondFloats<T>(d, mask, scale), s, high);
        values += 24;
      }
      x += <usize>EIGHT * xRow;
    }
    first = multiplyAdd(f32x4.add(low, i64x2.shuffle(both, high, 1, 2)), scales, first);
    last = multiplyAdd(f32x4.add(both, i64x2.shuffle(high, high, 1, 0)), lastScales, last);
  }
  storeFour(first, y, yRow, start, startRow);
  storeTwo(last, y + 4 * yRow, yRow, start + 4 * startRow, startRow);
}

/** Four outputs; as {@link sixForOne} has six. */
function fourForOne<T>(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  copies: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = floatMask<T>(c);
  const scale = floatScale<T>(c);
  let all = f32x4.splat(-0.0);
  for (let l = 0; l < c; l += SCALED) {
    const scales = scalesOf(v128.load16x4_s(values));
    values += 8;
    let sum0 = f32x4.splat(-0.0);
    let sum1 = sum0;
    const end = min(c, l + SCALED);
    for (let at = l; at < end; at += EIGHT) {
      let from = x;
      let row = xRow;
      if (end - at < EIGHT) {
        copyInputs(end - at, EIGHT, x, xRow, copies);
        from = copies;
        row = 4;
      }
      for (let pair = 0; pair < 4; pair++) {
        const codes = v128.load8x8_s(values);
        sum0 = multiplyAdd(firstFloats<T>(codes, mask, scale), v128.load32_splat(from), sum0);
        const second = v128.load32_splat(from + row);
        sum1 = multiplyAdd(secondFloats<T>(codes, mask, scale), second, sum1);
        from += 2 * row;
        values += 8;
      }
      x += <usize>EIGHT * xRow;
    }
    all = multiplyAdd(f32x4.add(sum0, sum1), scales, all);
  }
  storeFour(all, y, yRow, start, startRow);
}

/** A group of four or six outputs. */
export function multiplyFloatCodes(
  size: i32,
  codes: i32,
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  copies: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  if (codes === E4M3) {
    if (size === 6) sixForOne<f32>(c, values, x, xRow, copies, y, yRow, start, startRow);
    else fourForOne<f32>(c, values, x, xRow, copies, y, yRow, start, startRow);
  } else if (size === 6) sixForOne<f64>(c, values, x, xRow, copies, y, yRow, start, startRow);
  else fourForOne<f64>(c, values, x, xRow, copies, y, yRow, start, startRow);
}
