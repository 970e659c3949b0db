import { LOWEST, type OnnxBuilder, type OnnxValue } from "../onnx-builder.ts";
import { padded } from "../shared/onnx-windows.ts";
import { windowsOf } from "../shared/window.ts";
import type { PoolOperation } from "./operation.ts";

/** The padding is made first: pooling operators refuse one that is as wide as their kernel. */
export function exportPool(
  { x, pool: kind, window, output }: PoolOperation,
  to: OnnxBuilder,
): OnnxValue {
  const { images, channels, size, kernel, stride, dilation } = window;
  const [high, wide] = windowsOf(window);
  const image = to.arrange(
    to.of(x),
    [images, ...size, channels],
    [0, 3, 1, 2],
    [images, channels, ...size],
  );
  const value = kind === "max" ? LOWEST : 0;
  const windows = (of: OnnxValue): OnnxValue =>
    to.node(kind === "max" ? "MaxPool" : "AveragePool", [of], [images, channels, high, wide], {
      kernel_shape: kernel,
      strides: stride,
      dilations: dilation,
    });
  const border = padded(image, window, { firstAxis: 2, value }, to);
  const pooled = kind === "max" ? to.largest(border, windows) : windows(border);
  return to.arrange(
    pooled,
    [images, channels, high, wide],
    [0, 2, 3, 1],
    [output.vectors, channels],
  );
}
