import { requireObject } from "@papilio/butterfly/errors";
import { oneOf } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { type Window2d, windowCheck, windowsOf } from "../shared/window.ts";

/** The windows of images as vectors, `[channels, kernel height, kernel width]` each. */
export interface UnfoldOperation extends GraphOperation<"unfold"> {
  readonly x: Value;
  readonly window: Window2d;
  /** Whether a vector of x is a whole image, or the channels of a pixel. */
  readonly source: "image" | "pixels";
}

/** What a graph must know of the operation. */
export const unfoldDefinition: OperationDefinition<UnfoldOperation> = {
  kind: "unfold",
  fields: {
    x: valueCheck,
    window: windowCheck,
    source: oneOf("image", "pixels"),
  },
  operands: ({ x }) => [x],
};

/** The windows of images as vectors of `[channels, kernel height, kernel width]`, as PyTorch's Unfold. */
export function unfold(
  x: Value,
  window: Window2d,
  options: { readonly path?: string; readonly source: UnfoldOperation["source"] },
): Value {
  requireObject("What unfold is given", options, "an object of options");
  windowCheck("the window", window);
  const { path = "", source } = options;
  const { images, channels, size, kernel } = window;
  const pixels = size[0] * size[1];
  const [vectors, features] =
    source === "image" ? [images, channels * pixels] : [images * pixels, channels];
  requireShape(path, x, vectors, features);
  const [high, wide] = windowsOf(window);
  return x.graph.add(
    unfoldDefinition,
    { path, x, window, source },
    { vectors: images * high * wide, features: channels * kernel[0] * kernel[1] },
  );
}
