import { fourForOne, oneForOne, sixForOne, sixHalvesForOne } from "./single-vector";
import { oneByFour, oneBySixteen, threeByTwelve, twoBySixteen } from "./small-groups";
import { fourOutputs, sixOutputs } from "./wide-groups";

/**
 * Outputs of a block are computed and packed in groups: of six while that leaves an even number that fours make up,
 * of four, of the last two where the block has no more, and the last of an odd number alone.
 *
 * @param rest outputs of the block that are left
 */
export function groupSize(rest: i32): i32 {
  if (rest === 1) return 1;
  const even = rest & ~1;
  if (even === 2) return 2;
  return even === 4 || even === 8 ? 4 : 6;
}

/** The first output of the group that output `j` of `b` is in. */
export function groupStart(b: i32, j: i32): i32 {
  if ((b & 1) !== 0 && j === b - 1) return j;
  const even = b & ~1;
  if (even === 2) return 0;
  const rest = even % 6;
  const sixes = rest === 0 ? even : rest === 2 ? even - 8 : even - 4;
  return j < sixes ? j - (j % 6) : sixes + ((j - sixes) & ~3);
}

/**
 * One group for the vectors of one tile. Twelve vectors are multiplied together, for half a group of six: eight
 * and then four would load a weight for each multiply-add of the four.
 *
 * @param row bytes of the vectors of a feature: 4 for one vector, else a multiple of 16 up to 64
 * @param continues whether y has the sums of the inputs before
 */
export function multiplyGroup(
  size: i32,
  row: usize,
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
  if (size === 6 && row === 48) {
    threeByTwelve(c, values, x, xRow, y, yRow, bias, biasRow, continues);
    const last = y + 3 * yRow;
    threeByTwelve(c, values + 12, x, xRow, last, yRow, bias + 3 * biasRow, biasRow, continues);
  } else if (size === 6) {
    let at: usize = 0;
    for (; at + 32 <= row; at += 32) {
      sixOutputs<i64>(c, values, x + at, xRow, y + at, yRow, bias, biasRow, continues);
    }
    if (at < row) sixOutputs<i32>(c, values, x + at, xRow, y + at, yRow, bias, biasRow, continues);
  } else if (size === 4) {
    let at: usize = 0;
    for (; at + 32 <= row; at += 32) {
      fourOutputs<i64>(c, values, x + at, xRow, y + at, yRow, bias, biasRow, continues);
    }
    if (at < row) fourOutputs<i32>(c, values, x + at, xRow, y + at, yRow, bias, biasRow, continues);
  } else if (row === 64) {
    if (size === 2) twoBySixteen(c, values, x, xRow, y, yRow, bias, biasRow, continues);
    else oneBySixteen(c, values, x, xRow, y, bias, continues);
  } else {
    for (let o = 0; o < size; o++) {
      for (let at: usize = 0; at < row; at += 16) {
        oneByFour(c, size, values, x + at, xRow, y + at, bias, continues);
      }
      values += 4;
      y += yRow;
      bias += biasRow;
    }
  }
}

/** One group for one vector. */
export function multiplyGroupForOne(
  size: i32,
  half: bool,
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  if (size === 6) {
    if (half) sixHalvesForOne(c, values, x, xRow, y, yRow, start, startRow);
    else sixForOne(c, values, x, xRow, y, yRow, start, startRow);
  } else if (size === 4) {
    fourForOne(c, values, x, xRow, y, yRow, start, startRow);
  } else {
    for (let o = 0; o < size; o++) {
      oneForOne(c, size, values, x, xRow, y, start);
      values += 4;
      y += yRow;
      start += startRow;
    }
  }
}
