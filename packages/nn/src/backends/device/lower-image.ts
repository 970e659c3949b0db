import { poolKernel, unfoldKernel, type Vectors } from "@papilio/gpu-runtime";
import type { PoolOperation, UnfoldOperation, Window2d } from "../../graph/operation.ts";
import type { Lowering } from "./lowering.ts";

function problemOf(window: Window2d, x: Vectors, y: Vectors): WindowsProblem {
  const { size, ...rest } = window;
  return {
    ...rest,
    height: size[0],
    width: size[1],
    from: x.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: { from: x.batch, to: y.batch },
  };
}

/** What both kernels are told. */
type WindowsProblem = Omit<Window2d, "size"> &
  Pick<
    Parameters<typeof unfoldKernel>[0],
    "height" | "width" | "from" | "to" | "dtype" | "batches"
  >;

export function unfold({ x, window, source, output }: UnfoldOperation, to: Lowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = unfoldKernel({ ...problemOf(window, input, y), source });
  to.push(kernel, [input.memory, y.memory], "rewrite");
}

export function pool({ x, pool: kind, window, output }: PoolOperation, to: Lowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { dilation: _, ...problem } = problemOf(window, input, y);
  to.push(poolKernel({ ...problem, kind }), [input.memory, y.memory]);
}
