import type { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { quantizeValues, scalesOfRows } from "@papilio/butterfly/numeric";
import { fewBitsLayout, SCALED, UNIT, unitWords } from "./few-bits.ts";
import { type KroneckerSparsePacking, placesOf } from "./packing.ts";
import type { WeightBits } from "./weight-bits.ts";

/** Values of few bits, `[a, b, c, d]`, with a scale of each 32 of a row. */
export interface RoundedWeights {
  readonly weightDtype: WeightBits;
  /** Codes from 0 on, and the code of zero. */
  readonly codes: Uint8Array;
  readonly zero: number;
  /** Bits in half precision, `[a, b, ceil(c / 32), d]`. */
  readonly scales: Uint16Array;
}

/** The values of a factor that it stores, rounded. @throws PapilioError `VALUE_RANGE` */
export function roundWeights(
  { stored, values }: KroneckerSparse,
  weightDtype: WeightBits,
): RoundedWeights {
  const { a, b, c, d } = stored;
  const rounded = quantizeValues(values, [a, b, c, d], weightDtype);
  const zero = weightDtype === "q8" ? 128 : 8;
  return { weightDtype, codes: rounded.codes, zero, scales: scalesOfRows(rounded) };
}

/** Those of some super-blocks, of so many. */
export function roundedSuperBlocks(
  { codes, scales, ...rest }: RoundedWeights,
  first: number,
  count: number,
  all: number,
): RoundedWeights {
  const part = <T extends Uint8Array | Uint16Array>(array: T): T => {
    const size = array.length / all;
    return array.subarray(first * size, (first + count) * size) as T;
  };
  return { ...rest, codes: part(codes), scales: part(scales) };
}

/**
 * Codes as numbers with a sign, and then the scales, two in a word, in an order: what only pads is zeros.
 *
 * @param pattern of what is stored
 */
export function packFewBits(
  pattern: Pattern,
  { weightDtype, codes, zero, scales }: RoundedWeights,
  packing: KroneckerSparsePacking,
): Uint32Array<ArrayBuffer> {
  const layout = fewBitsLayout(pattern, packing);
  const units = placesOf(layout.units.pattern, layout.units.packing);
  const parts = placesOf(layout.scales.pattern, layout.scales.packing);
  const unit = unitWords(weightDtype);
  const bits = (32 * unit) / UNIT;
  const perWord = 32 / bits;
  const first = unit * units.length;
  const words = new Uint32Array(first + Math.ceil(parts.length / 2));
  const halves = new Uint16Array(words.buffer, 4 * first);
  const { a, b, c, d } = pattern;
  const mask = 2 ** bits - 1;
  let [read, readScale] = [0, 0];
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        const input = l % UNIT;
        const inUnit = Math.floor(input / perWord);
        const shift = bits * (input % perWord);
        for (let k = 0; k < d; k++) {
          const word = unit * units.place(i * d + k, j, Math.floor(l / UNIT)) + inUnit;
          const number = ((codes[read++] as number) - zero) & mask;
          words[word] = (words[word] as number) | (number << shift);
        }
        if (l % SCALED !== 0) continue;
        for (let k = 0; k < d; k++) {
          halves[parts.place(i * d + k, j, l / SCALED)] = scales[readScale++] as number;
        }
      }
    }
  }
  return words;
}
