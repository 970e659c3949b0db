import { stridesOf, windowsOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { element, outputsKernel, vectorBindings } from "../outputs.ts";
import { requireProblem } from "../problem-checks.ts";
import { type UnfoldProblem, unfoldChecks } from "../unfold/kernel.ts";
import { times } from "../wgsl.ts";

/**
 * Generates PyTorch's `Fold`, the gradient of `unfoldKernel`: each pixel is the sum of what windows have at its
 * places, 0 where no window has it. `from` and `batches.from` are those of the windows, x, which lie as `unfoldKernel`
 * writes them; `to` and `batches.to` are those of the images, y. Bindings: x, y.
 */
export function foldKernel(problem: UnfoldProblem): Kernel {
  requireProblem("fold", problem, unfoldChecks);
  const { images, channels, height, width, source, batches, from, to, dtype } = problem;
  const { kernel, stride, padding, dilation } = problem;
  const [rows, columns] = windowsOf(problem);
  const places = kernel[0] * kernel[1];
  const strides = stridesOf({ batch: batches.from, layout: from }, channels * places);
  const isWhole = source === "image";
  // Before the first window the difference wraps around, to far beyond the last one.
  const along = (name: "i" | "j", pixel: string, place: string, axis: 0 | 1): string =>
    `let ${name}_at = ${pixel} + ${padding[axis]}u - ${times(place, dilation[axis])};
      let ${name} = ${stride[axis] === 1 ? `${name}_at` : `${name}_at / ${stride[axis]}u`};`;
  const isThere = (name: "i" | "j", axis: 0 | 1, count: number): string =>
    `${name} < ${count}u${stride[axis] === 1 ? "" : ` && ${name}_at % ${stride[axis]}u == 0u`}`;
  const window = `(image * ${rows}u + i) * ${columns}u + j`;
  return outputsKernel({
    label: `fold ${images}x${channels}x${height}x${width} by ${kernel.join("x")}`,
    dtype,
    width: 1,
    y: {
      batch: batches.to,
      layout: to,
      count: isWhole ? images : images * height * width,
      features: isWhole ? channels * height * width : channels,
    },
    bindings: vectorBindings(dtype, 1),
    body: `let pixel = ${isWhole ? `feature % ${height * width}u` : `vector % ${height * width}u`};
  let c = ${isWhole ? `feature / ${height * width}u` : "feature"};
  let image = ${isWhole ? "vector" : `vector / ${height * width}u`};
  var value = 0.0;
  for (var p = 0u; p < ${kernel[0]}u; p++) {
    ${along("i", `pixel / ${width}u`, "p", 0)}
    if (!(${isThere("i", 0, rows)})) { continue; }
    for (var q = 0u; q < ${kernel[1]}u; q++) {
      ${along("j", `pixel % ${width}u`, "q", 1)}
      if (${isThere("j", 1, columns)}) {
        value += f32(${element("x", strides, window, `c * ${places}u + p * ${kernel[1]}u + q`)});
      }
    }
  }`,
  });
}
