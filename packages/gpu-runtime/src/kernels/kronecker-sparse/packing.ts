import type { Pattern } from "@papilio/butterfly";
import { type Sharing, storedPattern, UNSHARED } from "@papilio/butterfly/matrix";
import type { FewBits } from "@papilio/butterfly/numeric";
import { storedBlock, times } from "../wgsl.ts";
import type { KroneckerSparseVariant, VectorKroneckerSparse } from "./variant.ts";
import { type VectorLayout, vectorLayout } from "./vector-layout.ts";

/**
 * The order in which weights lie in memory. Each variant has its own, which it reads fastest; those along
 * the batch and those that stage tiles in workgroup memory read any, so that multiplications of several
 * batch sizes can share one copy.
 */
export type KroneckerSparsePacking =
  /** `[block][tile of outputs][c][tile]`; a tile may hold all outputs of a block and padding. */
  | { readonly order: "tiles"; readonly tile: number }
  /** `[b][c][block]`. */
  | { readonly order: "blocks" }
  /** `[block][inputs][outputs]`, both padded with zeros from `c` and `b` to these sizes. */
  | { readonly order: "padded"; readonly outputs: number; readonly inputs: number }
  /** Of the variant with shared reductions: see `vectorLayout`. */
  | { readonly order: "vector"; readonly variant: VectorKroneckerSparse };

/** The order that a variant reads fastest, and the only one that some can read. */
export function packingOf(
  { b, c }: Pick<Pattern, "b" | "c">,
  variant: KroneckerSparseVariant,
): KroneckerSparsePacking {
  if (variant.kind === "workgroup") return { order: "tiles", tile: b };
  if (variant.kind === "vector") return { order: "vector", variant };
  if (variant.kind === "matrix") {
    const { unitM, unitK, productsK } = variant;
    const depth = unitK * productsK;
    return {
      order: "padded",
      outputs: Math.ceil(b / unitM) * unitM,
      inputs: Math.ceil(c / depth) * depth,
    };
  }
  switch (variant.lanes) {
    case "batch":
      return { order: "tiles", tile: variant.tile };
    case "outputs":
      return { order: "tiles", tile: Math.ceil(b / variant.vector) * variant.vector };
    case "blocks":
      return { order: "blocks" };
  }
}

/** Where the weight from input `l` to output `j` of a block in `a * d` lies, and how many there are with what pads them. */
export function placesOf(
  pattern: Pattern,
  packing: KroneckerSparsePacking,
): Pick<VectorLayout, "length" | "place"> {
  const { b, c, blocks } = pattern;
  if (packing.order === "blocks") {
    return { length: blocks * c * b, place: (block, j, l) => (j * c + l) * blocks + block };
  }
  if (packing.order === "vector") return vectorLayout(pattern, packing.variant);
  if (packing.order === "padded") {
    const { outputs, inputs } = packing;
    return {
      length: blocks * inputs * outputs,
      place: (block, j, l) => (block * inputs + l) * outputs + j,
    };
  }
  const { tile } = packing;
  const tiles = Math.ceil(b / tile);
  return {
    length: blocks * tiles * c * tile,
    place: (block, j, l) => {
      const outputTile = Math.floor(j / tile);
      return ((block * tiles + outputTile) * c + l) * tile + (j % tile);
    },
  };
}

/** A name for the order: the same for orders that are the same. */
export function packingName(packing: KroneckerSparsePacking): string {
  if (packing.order === "blocks") return "blocks";
  if (packing.order === "tiles") return `tiles-${packing.tile}`;
  if (packing.order === "padded") return `padded-${packing.outputs}x${packing.inputs}`;
  const { vector, splitK, groups, tile } = packing.variant;
  return `vector-v${vector}s${splitK}g${groups}t${tile}`;
}

/** What a kernel's label says of weights that are not in its own order. */
export function orderName({
  packing,
}: {
  readonly packing?: KroneckerSparsePacking | undefined;
}): string {
  return packing === undefined ? "" : `-from-${packingName(packing)}`;
}

/** What a kernel's label says of weights that are not stored as activations are. */
export function weightsName({
  weightDtype,
}: {
  readonly weightDtype?: string | undefined;
}): string {
  return weightDtype === undefined ? "" : `-${weightDtype}`;
}

/** Whether a variant reads weights in an order, given the pattern, and how they are stored unless as activations are. */
export function readsPacking(
  pattern: Pick<Pattern, "b" | "c">,
  variant: KroneckerSparseVariant,
  packing: KroneckerSparsePacking,
  weightDtype?: FewBits,
): boolean {
  if (packingName(packingOf(pattern, variant)) === packingName(packing)) return true;
  if (weightDtype !== undefined) return variant.kind === "register" && variant.lanes === "outputs";
  return variant.kind === "workgroup" || (variant.kind === "register" && variant.lanes === "batch");
}

/** WGSL for the index of a weight in some order: the sum of two terms. */
export interface WeightIndex {
  /** The term of a block and of an output within it. */
  base(output: string): string;
  /** The term of an input within the block. */
  input(l: string): string;
}

/**
 * WGSL that finds the weight of an input and an output of the block at `block`, `group_i` and `group_k`.
 */
export function weightIndex(
  pattern: Pattern,
  sharing: Sharing | undefined,
  packing: KroneckerSparsePacking,
): WeightIndex {
  const { b, c } = pattern;
  const block = storedBlock(pattern, sharing, { block: "block", i: "group_i", k: "group_k" });
  if (packing.order === "blocks") {
    const { blocks } = storedPattern(pattern, sharing ?? UNSHARED);
    return {
      base: (output) => `${times(output, c * blocks)} + ${block}`,
      input: (l) => times(l, blocks),
    };
  }
  if (packing.order === "padded") {
    const { outputs, inputs } = packing;
    return {
      base: (output) => `${times(block, inputs * outputs)} + ${output}`,
      input: (l) => times(l, outputs),
    };
  }
  if (packing.order === "tiles") {
    const { tile } = packing;
    const tiles = Math.ceil(b / tile);
    return {
      base: (output) =>
        tiles === 1
          ? `${times(block, c * tile)} + ${output}`
          : `(${block} * ${tiles}u + (${output}) / ${tile}u) * ${c * tile}u + (${output}) % ${tile}u`,
      input: (l) => times(l, tile),
    };
  }
  const { vector, splitK, groups, tile } = packing.variant;
  const { outputTiles, turns } = vectorLayout(pattern, packing.variant);
  const turn = tile * groups * splitK * vector;
  return {
    base: (output) =>
      `(${block} * ${outputTiles}u + (${output}) / ${tile * groups}u) * ${turns * turn}u + (${output}) % ${tile}u * ${groups * splitK * vector}u + (${output}) / ${tile}u % ${groups}u * ${splitK * vector}u`,
    input: (l) => `(${l}) / ${splitK * vector}u * ${turn}u + (${l}) % ${splitK * vector}u`,
  };
}
