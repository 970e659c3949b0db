import { requireObject } from "@papilio/butterfly/errors";
import { oneOf } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { type Window2d, windowCheck, windowsOf } from "../shared/window.ts";

/** Each pixel of images as the sum of what windows have at its places. */
export interface FoldOperation extends GraphOperation<"fold"> {
  /** Vectors of `[channels, kernel height, kernel width]`, one for each window. */
  readonly x: Value;
  readonly window: Window2d;
  /** Whether a vector of the output is a whole image, or the channels of a pixel. */
  readonly source: "image" | "pixels";
}

/** What a graph must know of the operation. */
export const foldDefinition: OperationDefinition<FoldOperation> = {
  kind: "fold",
  fields: {
    x: valueCheck,
    window: windowCheck,
    source: oneOf("image", "pixels"),
  },
  operands: ({ x }) => [x],
  flops: ({ x }) => x.vectors * x.features,
};

/** Adds windows to the pixels of images, as PyTorch's Fold: the gradient of `unfold`. */
export function fold(
  x: Value,
  window: Window2d,
  options: { readonly path?: string; readonly source: FoldOperation["source"] },
): Value {
  requireObject("What fold is given", options, "an object of options");
  windowCheck("the window", window);
  const { path = "", source } = options;
  const { images, channels, size, kernel } = window;
  const [high, wide] = windowsOf(window);
  requireShape(path, x, images * high * wide, channels * kernel[0] * kernel[1]);
  const pixels = size[0] * size[1];
  const [vectors, features] =
    source === "image" ? [images, channels * pixels] : [images * pixels, channels];
  return x.graph.add(foldDefinition, { path, x, window, source }, { vectors, features });
}
