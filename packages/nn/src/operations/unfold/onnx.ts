import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { padded } from "../shared/onnx-windows.ts";
import type { Window2d } from "../shared/window.ts";
import { windowsOf } from "../shared/window.ts";
import type { UnfoldOperation } from "./operation.ts";

/** The rows of each window, then the columns, by number, and what is read brought into order. */
export function exportUnfold(
  { x, window, source, output }: UnfoldOperation,
  to: OnnxBuilder,
): OnnxValue {
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
  image: OnnxValue,
  window: Window2d,
  along: 0 | 1,
  axis: number,
  to: OnnxBuilder,
): OnnxValue {
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
