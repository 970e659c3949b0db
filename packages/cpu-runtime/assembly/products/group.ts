import { fourForOne, oneForOne, sixForOne, sixHalvesForOne } from "./single-vector";
import { oneByFour, oneBySixteen, threeByTwelve, twoBySixteen } from "./small-groups";
import { fourOutputs, sixOutputs } from "./wide-groups";

/** Blocks of at most so many outputs have groups of four where these are all of them. */
const FOURS: i32 = 16;

/** Whether a block of so many outputs has no group of six. */
export function isSmall(b: i32): bool {
  const even = b & ~1;
  return even === 2 || (even <= FOURS && (even & 3) === 0);
}

/**
 * Outputs of a block are computed and packed in groups: first of six, while that leaves an even number that fours make
 * up, then of four; the last two are a group where the block has no more, and the last of an odd number is alone.
 *
 * @returns the outputs of groups of six in a block of `b`
 */
export function outputsInSixes(b: i32): i32 {
  if (isSmall(b)) return 0;
  const even = b & ~1;
  const rest = even % 6;
  return rest === 0 ? even : rest === 2 ? even - 8 : even - 4;
}

/** Of the group that begins with output `j` of `b`, where `sixes` are {@link outputsInSixes}. */
export function groupSize(b: i32, sixes: i32, j: i32): i32 {
  if (j < sixes) return 6;
  return b - j >= 4 ? 4 : b - j >= 2 ? 2 : 1;
}

/** The first output of the group that output `j` of `b` is in. */
export function groupStart(b: i32, sixes: i32, j: i32): i32 {
  if (j < sixes) return j - (j % 6);
  return (b & 1) !== 0 && j === b - 1 ? j : sixes + ((j - sixes) & ~3);
}

/** Pieces into which the outputs of a block can be divided: each is a group of six, the last one the rest too. */
export function outputGroups(b: i32): i32 {
  return max(1, outputsInSixes(b) / 6);
}

/**
 * One group for the vectors of one tile. Twelve vectors are multiplied together, for half a group of six: eight
 * and then four would load a weight for each multiply-add of the four.
 *
 * @param row bytes of the vectors of a feature: 8 for two vectors, else a multiple of 16 up to 64
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
  if (row === 8) {
    const start = continues ? y : bias;
    const startRow = continues ? yRow : biasRow;
    multiplyGroupForOne(size, false, c, values, x, xRow, y, yRow, start, startRow);
    const second = continues ? start + 4 : start;
    multiplyGroupForOne(size, false, c, values, x + 4, xRow, y + 4, yRow, second, startRow);
  } else if (size === 6 && row === 48) {
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
