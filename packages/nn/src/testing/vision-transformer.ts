import { expect } from "vitest";
import type { RunOutputs } from "../graph/executable.ts";
import { difference } from "./draw.ts";

/** Numbers of an image of ViT-S/16. */
export const PIXELS = 3 * 224 * 224;
/** Classes of ViT-S/16. */
export const CLASSES = 1000;

/** Logits within what float32 allows: sums of up to 768 numbers, a hundred of them one after the other, in float32. */
export function expectSameLogits({ logits }: RunOutputs, expected: Float32Array): void {
  const { error, magnitude } = difference(logits as Float32Array, expected);
  expect(magnitude).toBeGreaterThan(0.1);
  expect(error).toBeLessThan(1e-4 * magnitude);
}
