import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectSame } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { WINDOWS, windowPlaces } from "../testing/window-places.ts";
import { unfold } from "./unfold.ts";

describe.each(["image", "pixels"] as const)("windows as vectors, of %s", (source) => {
  it.each(WINDOWS)("$images x $channels x $height x $width by $kernel", (windows) => {
    const { images, channels, height, width } = windows;
    const pixels = height * width;
    const x = draw(images * pixels * channels, 7);
    x.set([Number.NaN, Number.NEGATIVE_INFINITY].slice(0, x.length - 1), 0);
    const numberAt = (pixel: number, channel: number): number => {
      const [image, place] = [Math.floor(pixel / pixels), pixel % pixels];
      const imageAt = (image * channels + channel) * pixels + place;
      return x[source === "image" ? imageAt : pixel * channels + channel] as number;
    };
    const expected = Float32Array.from(
      windowPlaces(windows).flatMap((places) =>
        Array.from({ length: channels }, (_, channel) =>
          places.map((pixel) => (pixel === undefined ? 0 : numberAt(pixel, channel))),
        ).flat(),
      ),
    );
    for (const simd of BOTH_SIMDS) {
      const call = unfold({ ...windows, source });
      expectSame(runKernel(call, { x }, { simd, order: "backwards" }).y, expected);
    }
  });
});

it("refuses windows that fit nowhere, and what is no source", () => {
  const [windows] = WINDOWS;
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => unfold({ ...windows, dilation: [2, 1], source: "image" } as never)).toThrow(refused);
  expect(() => unfold({ ...windows, source: "rows" } as never)).toThrow(refused);
});
