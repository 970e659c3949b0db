import { requireObject } from "@papilio/butterfly/errors";
import { oneOf } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { type Window2d, windowCheck, windowsOf } from "../shared/window.ts";

/** Over the windows of images whose pixels are vectors. */
export interface PoolOperation extends GraphOperation<"pool"> {
  readonly x: Value;
  readonly pool: "max" | "average";
  readonly window: Window2d;
}

/** What a graph must know of the operation. */
export const poolDefinition: OperationDefinition<PoolOperation> = {
  kind: "pool",
  fields: {
    x: valueCheck,
    pool: oneOf("max", "average"),
    window: windowCheck,
  },
  operands: ({ x }) => [x],
};

/** The largest or the mean of each window, channel by channel, of images whose pixels are vectors. */
export function pool(
  x: Value,
  window: Window2d,
  options: { readonly path?: string; readonly pool: PoolOperation["pool"] },
): Value {
  requireObject("What pool is given", options, "an object of options");
  windowCheck("the window", window);
  const { path = "", pool: kind } = options;
  const { images, channels, size } = window;
  requireShape(path, x, images * size[0] * size[1], channels);
  const [high, wide] = windowsOf(window);
  return x.graph.add(
    poolDefinition,
    { path, x, pool: kind, window },
    { vectors: images * high * wide, features: channels },
  );
}
