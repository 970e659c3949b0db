import type { HeightWidth, SlidingWindows } from "@papilio/butterfly/numeric";
import type { BatchStorage } from "./outputs.ts";

/** Windows that slide over images. */
export interface WindowsProblem extends BatchStorage, Omit<SlidingWindows, "dilation"> {
  readonly images: number;
  readonly channels: number;
}

/** WGSL that declares the `image`, `i` and `j` of window `(image·rows + i)·columns + j`: `vector`. */
export function windowWgsl([rows, columns]: HeightWidth): string {
  return `let j = vector % ${columns}u;
  let i = (vector / ${columns}u) % ${rows}u;
  let image = vector / ${rows * columns}u;`;
}
