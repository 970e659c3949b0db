import { expect, it } from "vitest";
import { windowCount, windowsOf } from "./windows.ts";

it("counts windows as convolutions and poolings of known networks do", () => {
  // The first convolution of a ResNet, its pooling, and the patches of a vision transformer.
  expect(windowCount(224, { kernel: 7, stride: 2, padding: 3 })).toBe(112);
  expect(windowCount(112, { kernel: 3, stride: 2, padding: 1 })).toBe(56);
  expect(windowCount(224, { kernel: 16, stride: 16, padding: 0 })).toBe(14);
});

it("counts a window as wide as its dilation makes it, and none where none fits", () => {
  expect(windowCount(9, { kernel: 3, stride: 1, padding: 0, dilation: 4 })).toBe(1);
  expect(windowCount(8, { kernel: 3, stride: 1, padding: 0, dilation: 4 })).toBeLessThan(1);
});

it("takes the axes of an image apart", () => {
  const windows = windowsOf({
    height: 6,
    width: 8,
    kernel: [2, 3],
    stride: [3, 2],
    padding: [0, 1],
  });
  expect(windows).toEqual([2, 4]);
});
