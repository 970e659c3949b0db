import { windowsOf } from "../../graph/graph.ts";
import type { PoolOperation, UnfoldOperation, Window2d } from "../../graph/operation.ts";
import { LOWEST, type OnnxBuilder, type Tensor } from "./onnx-builder.ts";

/** The rows of each window, then the columns, by number, and what is read brought into order. */
export function unfold({ x, window, source, output }: UnfoldOperation, to: OnnxBuilder): Tensor {
  const { images, channels, kernel } = window;
  const [high, wide] = windowsOf(window);
  const [firstAxis, shape] =
    source === "image"
      ? [2, [images, channels, ...window.size]]
      : [1, [images, ...window.size, channels]];
  const image = padded(to.reshape(to.of(x), shape), window, { firstAxis, value: 0 }, to);
  const rows = windowed(image, window, 0, firstAxis, to);
  const places = windowed(rows, window, 1, firstAxis + 2, to);
  const order = source === "image" ? [0, 2, 4, 1, 3, 5] : [0, 1, 3, 5, 2, 4];
  const axes =
    source === "image"
      ? [images, channels, high, kernel[0], wide, kernel[1]]
      : [images, high, kernel[0], wide, kernel[1], channels];
  return to.arrange(places, axes, order, [output.vectors, output.features]);
}

/** Splits an axis of pixels into windows and the places in them. */
function windowed(
  image: Tensor,
  window: Window2d,
  along: 0 | 1,
  axis: number,
  to: OnnxBuilder,
): Tensor {
  const count = windowsOf(window)[along];
  const [kernel, stride, dilation] = [
    window.kernel[along],
    window.stride[along],
    window.dilation[along],
  ];
  const shape = [...image.shape.slice(0, axis), count, kernel, ...image.shape.slice(axis + 1)];
  // Windows side by side: nothing is read twice or left out.
  const tiled = kernel === 1 ? stride === 1 : stride === kernel && dilation === 1;
  if (tiled && count * kernel === image.shape[axis]) return to.reshape(image, shape);
  const pixels = Uint32Array.from(
    { length: count * kernel },
    (_, place) => Math.floor(place / kernel) * stride + (place % kernel) * dilation,
  );
  return to.gather(image, to.integers(pixels, [count, kernel]), axis);
}

/** An image with a value around it. */
function padded(
  image: Tensor,
  { padding }: Window2d,
  { firstAxis, value }: { readonly firstAxis: number; readonly value: number },
  to: OnnxBuilder,
): Tensor {
  if (padding.every((width) => width === 0)) return image;
  const widths = image.shape.map((_, axis) => padding[axis - firstAxis] ?? 0);
  const shape = image.shape.map((size, axis) => size + 2 * (widths[axis] as number));
  return to.node("Pad", [image, to.integers([...widths, ...widths]), to.scalar(value)], shape);
}

/** The padding is made first: pooling operators refuse one that is as wide as their kernel. */
export function pool({ x, pool: kind, window, output }: PoolOperation, to: OnnxBuilder): Tensor {
  const { images, channels, size, kernel, stride, dilation } = window;
  const [high, wide] = windowsOf(window);
  const image = to.arrange(
    to.of(x),
    [images, ...size, channels],
    [0, 3, 1, 2],
    [images, channels, ...size],
  );
  const value = kind === "max" ? LOWEST : 0;
  const windows = (of: Tensor): Tensor =>
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
