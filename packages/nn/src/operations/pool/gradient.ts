import { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import { transposed } from "../../adjacency/transposed.ts";
import type { Value } from "../../graph/value.ts";
import { aggregate } from "../aggregate/operation.ts";
import { aggregateLargest } from "../aggregate-largest/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import { forEachPlace } from "../shared/window-places.ts";
import type { PoolOperation } from "./operation.ts";

/**
 * Windows are nodes of a graph whose neighbours are their pixels: means go back to all of them, the largest to the
 * first pixel that is it.
 */
export function gradientOfPool(
  { x, window, pool, output, path }: PoolOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (!to.needs(x)) return;
  const { images, size, kernel } = window;
  const pixels = size[0] * size[1];
  const starts = new Uint32Array(output.vectors + 1);
  const columns: number[] = [];
  forEachPlace(window, (vector, image, _, pixel) => {
    if (pixel !== undefined) columns.push(image * pixels + pixel);
    starts[vector + 1] = columns.length;
  });
  const matrix = new SparseMatrix([output.vectors, images * pixels], starts, columns);
  if (pool === "max") {
    to.add(x, aggregateLargest(x, dy, matrix, path));
    return;
  }
  // A mean is over all places of a window, in the image or not.
  const shares = new Float32Array(columns.length).fill(1 / (kernel[0] * kernel[1]));
  to.add(x, aggregate(dy, transposed(matrix.withValues(shares)).matrix, { path }));
}
