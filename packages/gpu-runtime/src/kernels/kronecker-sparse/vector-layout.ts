import type { Pattern } from "@papilio/butterfly";
import type { VectorKroneckerSparse } from "./variant.ts";

/** How the vector kernel cuts a pattern's weights into workgroups, and where each weight lies. */
export interface VectorLayout {
  /** Workgroups for the outputs of one block. */
  readonly outputTiles: number;
  /** Loads along `c` of each invocation and output. */
  readonly turns: number;
  /** Packed weights, the zeros that fill tiles included. */
  readonly length: number;
  /** Index of the weight from input `l` to output `j` of a block in `a * d`. */
  readonly place: (block: number, j: number, l: number) => number;
}

/**
 * Weights as `[block][output tile][turn][output of an invocation][invocation][vector]`: each load of
 * a workgroup is contiguous, and follows the one before.
 */
export function vectorLayout(
  { b, c, blocks }: Pattern,
  { vector, splitK, groups, tile }: VectorKroneckerSparse,
): VectorLayout {
  const invocations = splitK * groups;
  const outputTiles = Math.ceil(b / (groups * tile));
  const turns = Math.ceil(c / (splitK * vector));
  return {
    outputTiles,
    turns,
    length: blocks * outputTiles * turns * tile * invocations * vector,
    place: (block, j, l) => {
      const group = Math.floor(j / tile);
      const load = Math.floor(l / vector);
      const workgroup = block * outputTiles + Math.floor(group / groups);
      const turn = workgroup * turns + Math.floor(load / splitK);
      const invocation = (group % groups) * splitK + (load % splitK);
      return ((turn * tile + (j % tile)) * invocations + invocation) * vector + (l % vector);
    },
  };
}
