import type { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { type FewBits, quantizeValues, scalesOfRows } from "@papilio/butterfly/numeric";
import { fewBitsLayout, SCALED, scalesWords, unitsWords } from "./few-bits.ts";
import { storedCode, UNIT, unitBytes } from "./few-bits-codes.ts";
import { type KroneckerSparsePacking, placesOf } from "./packing.ts";

/** Values of few bits, `[a, b, c, d]`, with a scale of each 32 of a row. */
export interface RoundedWeights {
  readonly weightDtype: FewBits;
  readonly codes: Uint8Array;
  /** Bits in half precision, `[a, b, ceil(c / 32), d]`. */
  readonly scales: Uint16Array;
}

/** The values of a factor that it stores, rounded. @throws PapilioError `VALUE_RANGE` */
export function roundWeights(
  { stored, values }: KroneckerSparse,
  weightDtype: FewBits,
): RoundedWeights {
  const { a, b, c, d } = stored;
  const rounded = quantizeValues(values, [a, b, c, d], weightDtype);
  return { weightDtype, codes: rounded.codes, scales: scalesOfRows(rounded) };
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
 * Units of codes as kernels read them, and then the scales, two in a word, in an order. What only pads is zeros.
 *
 * @param pattern of what is stored
 */
export function packFewBits(
  pattern: Pattern,
  { weightDtype, codes, scales }: RoundedWeights,
  packing: KroneckerSparsePacking,
): Uint32Array<ArrayBuffer> {
  const layout = fewBitsLayout(pattern, packing);
  const units = placesOf(layout.units.pattern, layout.units.packing);
  const parts = placesOf(layout.scales.pattern, layout.scales.packing);
  const first = unitsWords(units.length, weightDtype);
  const words = new Uint32Array(first + scalesWords(parts.length));
  const bytes = new Uint8Array(words.buffer);
  const halves = new Uint16Array(words.buffer, 4 * first);
  const { a, b, c, d } = pattern;
  // A code has as many bits as a unit has bytes.
  const bits = unitBytes(weightDtype);
  const inUnits = storedCode(weightDtype);
  let [read, readScale] = [0, 0];
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        const bit = bits * (l % UNIT);
        for (let k = 0; k < d; k++) {
          const unit = units.place(i * d + k, j, Math.floor(l / UNIT));
          const byte = bits * unit + (bit >> 3);
          const code = inUnits(codes[read++] as number) << (bit & 7);
          bytes[byte] = (bytes[byte] as number) | code;
          if (code > 0xff) bytes[byte + 1] = (bytes[byte + 1] as number) | (code >> 8);
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
