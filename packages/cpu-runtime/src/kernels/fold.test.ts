import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { WINDOWS, windowPlaces } from "../testing/window-places.ts";
import { fold } from "./fold.ts";

describe.each(["image", "pixels"] as const)("windows are added to %s", (source) => {
  it.each(WINDOWS)("$images x $channels x $height x $width by $kernel", (windows) => {
    const { images, channels, height, width, kernel } = windows;
    const [pixels, places] = [height * width, kernel[0] * kernel[1]];
    const windowsOf = windowPlaces(windows);
    const x = draw(windowsOf.length * channels * places, 7);
    x.set([Number.NaN, Number.NEGATIVE_INFINITY].slice(0, x.length - 1), 0);
    const sums = new Float64Array(images * pixels * channels);
    const sizes = sums.slice();
    windowsOf.forEach((found, window) => {
      found.forEach((pixel, place) => {
        if (pixel === undefined) return;
        for (let channel = 0; channel < channels; channel++) {
          const number = x[(window * channels + channel) * places + place] as number;
          const [image, within] = [Math.floor(pixel / pixels), pixel % pixels];
          const imageAt = (image * channels + channel) * pixels + within;
          const to = source === "image" ? imageAt : pixel * channels + channel;
          sums[to] = (sums[to] as number) + number;
          sizes[to] = (sizes[to] as number) + Math.abs(number);
        }
      });
    });
    const call = fold({ ...windows, source });
    for (const simd of BOTH_SIMDS) {
      const { y } = runKernel(call, { x }, { simd, order: "backwards" });
      expectWithin(y, sums, (at) => places * UNIT * (sizes[at] as number));
    }
  });
});

it("refuses windows that fit nowhere, and what is no source", () => {
  const [windows] = WINDOWS;
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => fold({ ...windows, dilation: [2, 1], source: "image" } as never)).toThrow(refused);
  expect(() => fold({ ...windows, source: "rows" } as never)).toThrow(refused);
});
