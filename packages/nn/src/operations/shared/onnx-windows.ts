import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import type { Window2d } from "./window.ts";

/** An image with a value around it. */
export function padded(
  image: OnnxValue,
  { padding }: Window2d,
  { firstAxis, value }: { readonly firstAxis: number; readonly value: number },
  to: OnnxBuilder,
): OnnxValue {
  if (padding.every((width) => width === 0)) return image;
  const widths = image.shape.map((_, axis) => padding[axis - firstAxis] ?? 0);
  const shape = image.shape.map((size, axis) => size + 2 * (widths[axis] as number));
  return to.node("Pad", [image, to.integers([...widths, ...widths]), to.scalar(value)], shape);
}
