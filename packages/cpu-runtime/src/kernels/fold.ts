import { requireOneOf } from "@papilio/butterfly/errors";
import { FOLD } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileCount, vectorsBytes } from "./layout.ts";
import { vectorsOperand } from "./problem.ts";
import type { UnfoldProblem } from "./unfold.ts";
import { windowWords } from "./windows.ts";

/** Bytes of a `FourWindows` of assembly/kernels/fold.ts, and of four pixels behind it. */
const SCRATCH_BYTES = 20 + 4 * 12;

/**
 * PyTorch's `Fold`, the gradient of `unfold`: each pixel is the sum of what windows have at its places, 0 where no
 * window has it. Operands: x, the windows as `unfold` writes them; y, the images as it reads them.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function fold(problem: UnfoldProblem): KernelCall {
  const { windows, places, strip, words } = windowWords(problem, problem?.source);
  const { images, channels, height, width, source } = problem;
  requireOneOf("The source", source, ["image", "pixels"]);
  const pixels = height * width;
  const x = { vectors: windows, features: channels * places };
  const y =
    source === "image"
      ? { vectors: images, features: channels * pixels }
      : { vectors: images * pixels, features: channels };
  return {
    kernel: FOLD,
    label: `fold ${images} x ${channels} x ${height} x ${width}`,
    items: tileCount(y.vectors) * Math.ceil(channels / strip),
    scratchBytes: SCRATCH_BYTES,
    operands: [vectorsOperand("x", "read", "tiles", x), vectorsOperand("y", "write", "tiles", y)],
    words: ([from = 0, to = 0]) => [from, to, ...words],
    flops: windows * x.features,
    bytes:
      vectorsBytes("tiles", windows, x.features) + vectorsBytes("tiles", y.vectors, y.features),
  };
}
