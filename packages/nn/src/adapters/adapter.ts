import { describeValue, wrongArgument } from "@papilio/butterfly/errors";
import type { Check } from "../arguments/checks.ts";
import type { StateDict, StoredTensor } from "../weights/stored-tensor.ts";

/** How an adapter changes weights. */
export type AdapterType = "lora" | "loha" | "lokr" | "oft" | "boft";

/**
 * An adapter, read for a model by `readAdapter`: what becomes of the weights of some of its layers, and tensors that
 * take the place of others. Shapes are checked; numbers are decoded when they are asked for.
 */
export class Adapter {
  /** As it is called by who reads it. */
  readonly name: string;
  /** Which library's files and formulas it has. */
  readonly format: "peft" | "lycoris";
  /** In the order of the model's modules. */
  readonly targets: readonly AdapterTarget[];
  /** Tensors of whole modules, and biases, that were trained with it, by the names of the model's parameters. */
  readonly saved: StateDict;

  constructor({ name, format, targets, saved }: Omit<Adapter, "types">) {
    this.name = name;
    this.format = format;
    this.targets = targets;
    this.saved = saved;
  }

  /** The kinds of its changes: one in PEFT's, several where LyCORIS mixed them. */
  get types(): readonly AdapterType[] {
    return [...new Set(this.targets.map(({ change }) => change.kind))];
  }
}

/** Refuses what `readAdapter` did not return. */
export const adapterCheck: Check = (name, value) => {
  if (value instanceof Adapter) return;
  throw wrongArgument(name, describeValue(value), "an Adapter of readAdapter");
};

/** A linear module of the checkpoint whose weight `[outFeatures, inFeatures]` is changed. */
export interface AdapterTarget {
  /** As the checkpoint for Hugging Face names it, such as `transformer.h.0.attn.c_attn`. */
  readonly name: string;
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** Layers of the model whose weights follow one another in the module's: one, or three where it joins q, k and v. */
  readonly layers: readonly AdapterLayer[];
  readonly change: WeightChange;
}

/** A `LinearLayer` of a model, which has rows of a module's weight. */
export interface AdapterLayer {
  /** Its path in `namedModules()`. */
  readonly path: string;
  /** The first of its rows. */
  readonly begin: number;
  /** After the last of its rows. */
  readonly end: number;
}

/** What becomes of a weight W: told apart by `kind`. */
export type WeightChange = LoraChange | LohaChange | LokrChange | RotationChange;

/** `W + scale * D` for some D, whose vectors then get a length that was learned, if there is a `magnitude`. */
interface AdditiveChange {
  readonly scale: number;
  /** DoRA (arXiv 2402.09353). */
  readonly magnitude?: Magnitude;
}

/** Lengths of the rows of a weight, or of its columns. */
export interface Magnitude {
  /** One for each row, or for each column. */
  readonly lengths: StoredTensor;
  readonly of: "rows" | "columns";
  /** What is added to the norms before they divide. */
  readonly epsilon: number;
}

/** D = b a: LoRA (arXiv 2106.09685). */
export interface LoraChange extends AdditiveChange {
  readonly kind: "lora";
  /** `[rank, inFeatures]`. */
  readonly a: StoredTensor;
  /** `[outFeatures, rank]`. */
  readonly b: StoredTensor;
}

/** A matrix that is stored as the product of two: `a` `[rows, rank]` and `b` `[rank, cols]`. */
export interface StoredProduct {
  readonly a: StoredTensor;
  readonly b: StoredTensor;
}

/** D = first * second, element by element: LoHa (arXiv 2108.06098). */
export interface LohaChange extends AdditiveChange {
  readonly kind: "loha";
  /** `[outFeatures, inFeatures]`, as is the second. */
  readonly first: StoredProduct;
  readonly second: StoredProduct;
}

/** D = first (x) second, the Kronecker product: LoKr (arXiv 2309.14859). */
export interface LokrChange extends AdditiveChange {
  readonly kind: "lokr";
  readonly first: KroneckerTerm;
  readonly second: KroneckerTerm;
}

/** One of the two matrices of a Kronecker product: stored as it is, or as a product. */
export interface KroneckerTerm {
  readonly rows: number;
  readonly cols: number;
  readonly stored: StoredTensor | StoredProduct;
}

/**
 * `W' = diag(outputScale) W R^T` where inputs are rotated, `diag(outputScale) R W` where outputs are. R is
 * `oftRotation(change.blocks(), change.size)`, or `boftRotation(change.blocks(), change)`, both of
 * `@papilio/butterfly/constructions`. OFT: arXiv 2306.07280; BOFT: arXiv 2311.06243.
 */
export interface RotationChange {
  readonly kind: "oft" | "boft";
  readonly side: "input" | "output";
  /** Rows of a block. */
  readonly size: number;
  /** Levels of blocks; 1 in OFT. */
  readonly factors: number;
  /** How the elements that a block of BOFT couples stand in it: halves in PEFT, pairs in LyCORIS. */
  readonly order: "halves" | "pairs";
  /** `[outFeatures, 1]`. */
  readonly outputScale?: StoredTensor;
  /**
   * The blocks, `[factors, features / size, size, size]`, computed in float64 at each call: orthogonal, but for those
   * of a truncated series.
   *
   * @throws PapilioError `MATRIX_NOT_FINITE`, and what reading a tensor throws
   */
  blocks(): Float64Array;
}
