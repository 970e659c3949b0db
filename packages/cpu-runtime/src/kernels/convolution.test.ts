import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { UNSHARED } from "@papilio/butterfly/matrix";
import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectSame } from "../testing/expect-within.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { convolution, readsWindows } from "./convolution.ts";
import { layOutWeights } from "./packed-weights.ts";
import { product } from "./product.ts";
import { type UnfoldProblem, unfold, windowSource } from "./unfold.ts";

const passOf = (pattern: Pattern, dtype?: "f16" | "q8") =>
  layOutWeights(pattern, [{ pattern, sharing: UNSHARED }], dtype);

/** More pixels than are multiplied at a time, and fewer; padding, strides and dilations. */
const IMAGES: readonly (UnfoldProblem & { readonly outputs: number })[] = [
  {
    ...{ images: 2, channels: 6, height: 80, width: 80, kernel: [10, 10], stride: [10, 10] },
    ...{ padding: [0, 0], source: "image", outputs: 31 },
  },
  {
    ...{ images: 1, channels: 50, height: 12, width: 11, kernel: [3, 3], stride: [1, 1] },
    ...{ padding: [1, 1], source: "pixels", outputs: 64 },
  },
  {
    ...{ images: 3, channels: 5, height: 17, width: 9, kernel: [2, 3], stride: [2, 1] },
    ...{ padding: [1, 2], dilation: [3, 2], source: "image", outputs: 7 },
  },
  {
    ...{ images: 1, channels: 8, height: 3, width: 320, kernel: [3, 96], stride: [1, 1] },
    ...{ padding: [0, 0], source: "pixels", outputs: 3 },
  },
];

describe.each(IMAGES)("$images x $channels x $height x $width by $kernel", (problem) => {
  const x = windowSource(problem);
  const vectors = (unfold(problem).operands[1] as { readonly vectors: number }).vectors;
  const pattern = new Pattern(1, problem.outputs, problem.channels * kernelSize(problem), 1);
  const factor = KroneckerSparse.random(pattern, { seed: 1 });
  const images = draw(x.vectors * x.features, 2);

  it.each(["f32", "f16"] as const)("is the product with the windows, weights %s", (dtype) => {
    const weights = passOf(pattern, dtype === "f16" ? dtype : undefined);
    for (const simd of BOTH_SIMDS) {
      const run = { simd, order: "backwards" } as const;
      const windows = runKernel(unfold(problem), { x: images }, run).y as Float32Array;
      const { packed } = packWeights(weights, [factor.values], { simd });
      const others = {
        ...{ weights: packed, bias: draw(pattern.rows, 3) },
        multiplier: draw(vectors * pattern.rows, 4),
        addend: draw(vectors * pattern.rows, 5),
      };
      const plain = convolution({ ...problem, weights });
      const y = runKernel(plain, { x: images, weights: packed }, run).y as Float32Array;
      if (dtype === "f32") {
        const shape = { batch: vectors, layout: "batch-first" } as const;
        const right = verifyProduct(new Butterfly([factor]), windows, y, shape, [pattern.c]);
        expect(right).toMatchObject({ ok: true });
      }
      const after = {
        ...{ weights, bias: true, multiply: true, add: true },
        activation: { kind: "silu" },
      } as const;
      const expected = runKernel(product({ vectors, ...after }), { x: windows, ...others }, run).y;
      const found = runKernel(convolution({ ...problem, ...after }), { x: images, ...others }, run);
      expectSame(found.y, expected as Float32Array);
    }
  });
});

describe("convolution", () => {
  const problem = IMAGES[0] as UnfoldProblem;

  it("is for dense matrices in float32 or float16, and many windows", () => {
    const dense = Pattern.parse("1,31,300,1");
    expect(readsWindows(passOf(dense), 113, 10)).toBe(true);
    expect(readsWindows(passOf(dense, "f16"), 113, 10)).toBe(true);
    expect(readsWindows(passOf(dense, "q8"), 113, 10)).toBe(false);
    expect(readsWindows(passOf(dense), 112, 10)).toBe(false);
    expect(readsWindows(passOf(dense), 113, 301)).toBe(false);
    // Products take 264 of them at a time.
    expect(readsWindows(passOf(Pattern.parse("1,31,784,1")), 113, 7)).toBe(false);
    expect(readsWindows(passOf(Pattern.parse("1,31,784,1")), 113, 44)).toBe(true);
    expect(readsWindows(passOf(Pattern.parse("2,31,150,1")), 113, 10)).toBe(false);
  });

  it("refuses what it does not multiply", () => {
    const refused = expect.objectContaining({ code: "OPTION_INVALID" });
    const q8 = passOf(Pattern.parse("1,31,600,1"), "q8");
    expect(() => convolution({ ...problem, weights: q8 })).toThrow(refused);
    const narrow = passOf(Pattern.parse("1,31,400,1"));
    expect(() => convolution({ ...problem, weights: narrow })).toThrow(refused);
    const weights = passOf(Pattern.parse("1,31,600,1"));
    expect(() => convolution({ ...problem, weights, source: "rows" } as never)).toThrow(refused);
  });
});

function kernelSize({ kernel }: UnfoldProblem): number {
  return kernel[0] * kernel[1];
}
