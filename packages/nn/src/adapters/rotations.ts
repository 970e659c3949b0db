import { cayleyTransform } from "@papilio/butterfly/constructions";
import type { StoredTensor } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import type { RotationChange } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";
import { denseProduct } from "./dense-product.ts";
import type { WeightSize } from "./low-rank-changes.ts";
import type { TensorParts } from "./tensor-parts.ts";

/** How PEFT's OFT makes blocks of numbers. */
export interface OftOptions {
  /** Whether there is one block, which stands for all. */
  readonly shared: boolean;
  /** Of the configuration, where it has one. */
  readonly size: number | undefined;
  /** Of the series that stands for the inverse, where one does. */
  readonly terms: number | undefined;
}

/**
 * Rotations of inputs by PEFT's OFT: the entries above the diagonals of skew-symmetric blocks.
 *
 * @throws PapilioError `ADAPTER_INVALID`
 */
export function peftOft(
  parts: TensorParts,
  { inFeatures }: WeightSize,
  options: OftOptions,
): RotationChange {
  const entries = parts.take("oft_R.weight", [options.shared ? 1 : undefined, undefined]);
  const [stored = 1, pairs = 0] = entries.shape;
  // pairs = size (size - 1) / 2
  const size = options.size ?? Math.round((1 + Math.sqrt(1 + 8 * pairs)) / 2);
  const count = options.shared ? inFeatures / size : stored;
  if (
    (size * (size - 1)) / 2 !== pairs ||
    !Number.isInteger(count) ||
    count * size !== inFeatures
  ) {
    throw wrongBlocks(parts, entries, inFeatures);
  }
  const blocks = (): Float64Array => {
    const numbers = entries.toReal("float64");
    const skew = new Float64Array(count * size * size);
    for (let block = 0; block < count; block++) {
      let from = (block % stored) * pairs;
      for (let row = 0; row < size; row++) {
        for (let col = row + 1; col < size; col++) {
          const value = numbers[from++] as number;
          skew[(block * size + row) * size + col] = value;
          skew[(block * size + col) * size + row] = -value;
        }
      }
    }
    return options.terms === undefined
      ? cayleyTransform(skew, size)
      : neumannSeries(skew, size, options.terms);
  };
  return { kind: "oft", side: "input", size, factors: 1, order: "halves", blocks };
}

/**
 * Rotations of inputs by PEFT's BOFT.
 *
 * @throws PapilioError `ADAPTER_INVALID`
 */
export function peftBoft(
  parts: TensorParts,
  weight: WeightSize,
  wanted: { readonly size: number | undefined; readonly factors: number | undefined },
): RotationChange {
  const raw = parts.take("boft_R", [wanted.factors, undefined, wanted.size, wanted.size]);
  const outputScale = parts.take("boft_s", [weight.outFeatures, 1]);
  const [factors = 1, , size = 1] = raw.shape;
  requireBlocks(parts, raw, weight.inFeatures, factors > 1);
  const blocks = (): Float64Array => cayleyTransform(raw.toReal("float64"), size);
  return { kind: "boft", side: "input", size, factors, order: "halves", outputScale, blocks };
}

/**
 * Rotations of outputs by LyCORIS, whose tensors have three axes for OFT and four for BOFT.
 *
 * @param constraint the largest norm of the skew-symmetric numbers, for each output; 0 for none
 * @throws PapilioError `ADAPTER_INVALID`
 */
export function lycorisRotation(
  parts: TensorParts,
  kind: "oft" | "boft",
  weight: WeightSize,
  constraint: number,
): RotationChange {
  const anySize = new Array<undefined>(kind === "oft" ? 3 : 4).fill(undefined);
  const raw = parts.take("oft_blocks", anySize);
  const outputScale = parts.takeIfAny("rescale", [weight.outFeatures, 1]);
  const [factors = 1, , size = 1] = kind === "oft" ? [1, ...raw.shape] : raw.shape;
  requireBlocks(parts, raw, weight.outFeatures, kind === "boft");
  const blocks = (): Float64Array => {
    const numbers = raw.toReal("float64");
    // It has B - B^T where Cayley's is of half of that, and (I + S)(I - S)^-1, that of -S. Its OFT multiplies by the
    // transpose of this, which is that of S again.
    const factor =
      (kind === "oft" ? 2 : -2) * shrinking(numbers, size, constraint * weight.outFeatures);
    return cayleyTransform(
      numbers.map((value) => factor * value),
      size,
    );
  };
  return {
    kind,
    side: "output",
    size,
    factors,
    order: "pairs",
    ...(outputScale && { outputScale }),
    blocks,
  };
}

/** What brings the norm of all `B - B^T` to `most`, where there is such a constraint and it is larger. */
function shrinking(numbers: Float64Array, size: number, most: number): number {
  let squares = 0;
  numbers.forEach((value, index) => {
    const [row, col] = [Math.floor(index / size) % size, index % size];
    const across = numbers[index + (col - row) * (size - 1)] as number;
    squares += (value - across) ** 2;
  });
  const norm = Math.sqrt(squares) + 1e-8;
  return most > 0 && norm > most ? most / norm : 1;
}

/**
 * `I + 2 S + 2 S^2 + ...` of each block, which PEFT takes for Cayley's where it is asked to. Of three powers and more,
 * the last counts once; as `_cayley_batch` is written, there is no series of three terms, but one of four.
 */
function neumannSeries(skew: Float64Array, size: number, terms: number): Float64Array {
  const powers = terms < 3 ? terms : Math.max(terms, 4);
  const sums = new Float64Array(skew.length);
  for (let at = 0; at < skew.length; at += size * size) {
    const block = skew.subarray(at, at + size * size);
    let power: Float64Array = Float64Array.from(block, (_, index) =>
      index % (size + 1) === 0 ? 1 : 0,
    );
    for (let exponent = 0; exponent < powers; exponent++) {
      const factor = exponent === 0 || (exponent > 2 && exponent === powers - 1) ? 1 : 2;
      for (const [index, value] of power.entries()) {
        sums[at + index] = (sums[at + index] as number) + factor * value;
      }
      if (exponent < powers - 1) power = denseProduct(power, block, size);
    }
  }
  return sums;
}

/** @param even whether halves of blocks are coupled, twice as far apart in each level */
function requireBlocks(
  parts: TensorParts,
  tensor: StoredTensor,
  features: number,
  even: boolean,
): void {
  const [rows = 0, cols = 0] = tensor.shape.slice(-2);
  const [factors = 1, count = 1] = tensor.shape.length === 3 ? [1, ...tensor.shape] : tensor.shape;
  const coupled = !even || (rows % 2 === 0 && count % 2 ** (factors - 1) === 0);
  if (rows === cols && count * rows === features && coupled) return;
  throw wrongBlocks(parts, tensor, features);
}

function wrongBlocks(parts: TensorParts, tensor: StoredTensor, features: number): Error {
  return adapterError(
    "ADAPTER_INVALID",
    `The blocks ${quoteNames([tensor.name])} of shape [${tensor.shape.join(", ")}] do not rotate the ${features} features of the module ${quoteNames([parts.module])}.`,
  );
}
