import type { StoredTensor } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import type {
  KroneckerTerm,
  LohaChange,
  LokrChange,
  LoraChange,
  Magnitude,
  StoredProduct,
} from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";
import type { TensorParts } from "./tensor-parts.ts";

/** Sizes of a module's weight. */
export interface WeightSize {
  readonly outFeatures: number;
  readonly inFeatures: number;
}

/** By what a change is multiplied, for the rank that its tensors have; nothing where they have none. */
type ScaleOf = (rank: number | undefined) => number;

interface Reading {
  readonly parts: TensorParts;
  readonly size: WeightSize;
  readonly scaleOf: ScaleOf;
  readonly magnitude: Magnitude | undefined;
}

/** @param names of the tensors that multiply inputs, and those that give outputs */
export function loraChange(
  { parts, size, scaleOf, magnitude }: Reading,
  names: { readonly a: string; readonly b: string },
): LoraChange {
  const a = parts.take(names.a, [undefined, size.inFeatures]);
  const [rank] = a.shape;
  const b = parts.take(names.b, [size.outFeatures, rank]);
  return { kind: "lora", a, b, scale: scaleOf(rank), ...(magnitude && { magnitude }) };
}

export function lohaChange({ parts, size, scaleOf, magnitude }: Reading): LohaChange {
  const first = productOf(parts, "hada_w1", size.outFeatures, size.inFeatures);
  const [, rank] = first.a.shape;
  const second = productOf(parts, "hada_w2", size.outFeatures, size.inFeatures, rank);
  return { kind: "loha", first, second, scale: scaleOf(rank), ...(magnitude && { magnitude }) };
}

export function lokrChange({ parts, size, scaleOf, magnitude }: Reading): LokrChange {
  const first = termOf(parts, "lokr_w1");
  const second = termOf(parts, "lokr_w2");
  const [rows, cols] = [first.rows * second.rows, first.cols * second.cols];
  if (rows !== size.outFeatures || cols !== size.inFeatures) {
    throw adapterError(
      "ADAPTER_INVALID",
      `The Kronecker product for the module ${quoteNames([parts.module])} is [${rows}, ${cols}], but its weight is [${size.outFeatures}, ${size.inFeatures}].`,
    );
  }
  // As both libraries do, by the first of the two that has a rank.
  const rank = rankOf(first) ?? rankOf(second);
  return { kind: "lokr", first, second, scale: scaleOf(rank), ...(magnitude && { magnitude }) };
}

function termOf(parts: TensorParts, name: string): KroneckerTerm {
  const stored = parts.takeIfAny(name, [undefined, undefined]) ?? productOf(parts, name);
  const [rows] = "a" in stored ? stored.a.shape : stored.shape;
  const [, cols] = "b" in stored ? stored.b.shape : stored.shape;
  return { rows: rows as number, cols: cols as number, stored };
}

function rankOf({ stored }: KroneckerTerm): number | undefined {
  return "a" in stored ? stored.a.shape[1] : undefined;
}

function productOf(
  parts: TensorParts,
  name: string,
  rows?: number,
  cols?: number,
  rank?: number,
): StoredProduct {
  const a: StoredTensor = parts.take(`${name}_a`, [rows, rank]);
  return { a, b: parts.take(`${name}_b`, [a.shape[1], cols]) };
}
