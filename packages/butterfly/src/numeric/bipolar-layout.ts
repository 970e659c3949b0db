import { requireOneOf, wrongArgument } from "../errors/argument-checks.ts";
import { BIPOLAR_BITS, type BipolarBits, type BipolarValues, requireBipolar } from "./bipolar.ts";
import { requireSizes, type Sizes } from "./few-bits-groups.ts";

/** Inputs of a word. */
const WORD = 32;
/** Outputs whose weights lie together. */
const GROUP = 4;
/** Inputs of a block whose sums, of 15 times 15 each and twice that, stay below 2^31. */
const MOST_INPUTS = 2 ** 22;

/**
 * Words of 32 bits that the planes of a vector take for a factor. For each block, `[a, d]`: for 32 inputs at a time a
 * word of each bit, the highest first; then the scale, in float32.
 *
 * @param sizes `[a, b, c, d]` of the factor's pattern
 * @throws PapilioError `OPTION_INVALID`, for more than 2^22 inputs of a block too
 */
export function bipolarPlanesWords(sizes: Sizes, bits: BipolarBits): number {
  const [a, , c, d] = requireLayout(sizes, bits);
  return a * d * (wordsOf(c) * bits + 1);
}

/**
 * Words of 32 bits that {@link packBipolar} packs weights into.
 *
 * @throws PapilioError `OPTION_INVALID`, for more than 2^22 inputs of a block too
 */
export function bipolarWeightsWords(sizes: Sizes, bits: BipolarBits): number {
  const [a, b, c, d] = requireLayout(sizes, bits);
  return GROUP * a * d * Math.ceil(b / GROUP) * (wordsOf(c) * bits + 1);
}

/**
 * The order of weights that kernels of bipolar products read: of each block, `[a, d]`, four rows at a time, of each
 * bit, the highest first, 32 inputs of each of the four; then their scales. Rows and inputs that fill it up are zeros.
 *
 * @throws PapilioError `OPTION_INVALID`, `VALUES_LENGTH`, `ARRAY_TYPE`
 */
export function packBipolar(weights: BipolarValues): Uint32Array<ArrayBuffer> {
  requireBipolar(weights);
  const { bits, shape, numbers, scales } = weights;
  const [a, b, c, d] = shape;
  const packed = new Uint32Array(bipolarWeightsWords(shape, bits));
  const floats = new Float32Array(packed.buffer);
  const [words, groups, top] = [wordsOf(c), Math.ceil(b / GROUP), 2 ** bits - 1];
  const size = GROUP * (words * bits + 1);
  for (let row = 0; row < a * b; row++) {
    const [i, j] = [Math.floor(row / b), row % b];
    for (let k = 0; k < d; k++) {
      const start = ((i * d + k) * groups + Math.floor(j / GROUP)) * size + (j % GROUP);
      for (let l = 0; l < c; l++) {
        const code = ((numbers[(row * c + l) * d + k] as number) + top) / 2;
        for (let plane = 0; plane < bits; plane++) {
          const at = start + GROUP * (plane * words + Math.floor(l / WORD));
          const bit = (code >> (bits - 1 - plane)) & 1;
          packed[at] = (packed[at] as number) | (bit << (l % WORD));
        }
      }
      floats[start + GROUP * words * bits] = scales[row * d + k] as number;
    }
  }
  return packed;
}

function requireLayout(sizes: Sizes, bits: BipolarBits): Sizes {
  requireSizes(sizes);
  requireOneOf("The number of bits", bits, BIPOLAR_BITS);
  const [, , c] = sizes;
  if (c <= MOST_INPUTS) return sizes;
  const wanted = `at most ${MOST_INPUTS}, whose sum fits 32 bits`;
  throw wrongArgument("The inputs of a block", `${c}`, wanted);
}

function wordsOf(inputs: number): number {
  return Math.ceil(inputs / WORD);
}
