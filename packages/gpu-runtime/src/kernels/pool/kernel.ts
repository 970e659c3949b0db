import { stridesOf, windowsOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import { accessWidth, element, outputsKernel, vectorBindings } from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { accumulateWgsl } from "../reduction.ts";
import { times, wideType } from "../wgsl.ts";
import { type WindowsProblem, windowWgsl } from "../windows.ts";

/**
 * Each window of an image as one pixel. A vector is a pixel, with its channels as features. The
 * padding is at most half of the window, so that none lies in it whole.
 */
export interface PoolProblem extends WindowsProblem {
  /** `average` counts the padding as zeros. */
  readonly kind: "max" | "average";
}

/**
 * Generates PyTorch's `MaxPool2d` or `AvgPool2d`. Bindings: x, with pixel `(image·height + h)·width + w`;
 * y, with pixel `(image·rows + i)·columns + j`.
 */
export function poolKernel(problem: PoolProblem): Kernel {
  requireProblem("pool", problem, {
    ...storageChecks,
    batches: checks.batches,
    kind: checks.oneOf("max", "average"),
    images: checks.count,
    channels: checks.count,
    height: checks.count,
    width: checks.count,
    kernel: checks.pair(checks.count),
    stride: checks.pair(checks.count),
    padding: checks.pair(checks.amount),
  });
  const { kind, images, channels, height, width, batches, from, to, dtype } = problem;
  const { kernel, stride, padding } = problem;
  const windows = windowsOf(problem);
  const access = accessWidth(channels, "batch-first", [from, to]);
  const features = channels / access;
  const wide = wideType(access);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const bounds = (name: "h" | "w", window: string, axis: 0 | 1, size: number): string =>
    `let ${name}_padded = ${times(window, stride[axis])};
  let ${name}_start = max(${name}_padded, ${padding[axis]}u) - ${padding[axis]}u;
  let ${name}_end = min(${name}_padded + ${kernel[axis]}u, ${size + padding[axis]}u) - ${padding[axis]}u;`;
  return outputsKernel({
    label: `pool ${kind} ${images}x${channels}x${height}x${width} by ${kernel.join("x")}`,
    dtype,
    width: access,
    y: { batch: batches.to, layout: to, count: images * windows[0] * windows[1], features },
    bindings: vectorBindings(dtype, access),
    body: `${windowWgsl(windows)}
  ${bounds("h", "i", 0, height)}
  ${bounds("w", "j", 1, width)}
  var value = ${wide}();
  for (var h = h_start; h < h_end; h++) {
    for (var w = w_start; w < w_end; w++) {
      let term = ${wide}(${element("x", strides, `(image * ${height}u + h) * ${width}u + w`, "feature")});
      ${accumulateWgsl(kind === "max" ? "max" : "sum", access, "h == h_start && w == w_start")}
    }
  }${kind === "average" ? `\n  value /= ${literal(kernel[0] * kernel[1])};` : ""}`,
  });
}
