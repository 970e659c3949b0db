import type { KernelCall } from "./kernel-call.ts";
import { tileCount, tileWidth } from "./layout.ts";
import type { VectorsShape } from "./problem.ts";

/** How kernels that take a few vectors at a time, with all of their features, are divided: assembly/lane-groups.ts. */
export interface VectorItems extends Pick<KernelCall, "items"> {
  /** Tiles that are an item. */
  readonly tilesEach: number;
}

/** @param numbers of an item, about */
export function vectorItems({ vectors, features }: VectorsShape, numbers: number): VectorItems {
  const tilesEach = Math.max(1, Math.floor(numbers / (tileWidth(vectors) * features)));
  return { tilesEach, items: Math.ceil(tileCount(vectors) / tilesEach) };
}
