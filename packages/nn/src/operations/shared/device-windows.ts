import type { unfoldKernel, Vectors } from "@papilio/gpu-runtime/kernels";
import type { Window2d } from "./window.ts";

export function windowsProblem(window: Window2d, x: Vectors, y: Vectors): WindowsProblem {
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

/** What both kernels are given. */
type WindowsProblem = Omit<Window2d, "size"> &
  Pick<
    Parameters<typeof unfoldKernel>[0],
    "height" | "width" | "from" | "to" | "dtype" | "batches"
  >;
