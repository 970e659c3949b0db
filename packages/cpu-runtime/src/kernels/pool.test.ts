import { describe, expect, it } from "vitest";
import { draw } from "../testing/draw.ts";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { WINDOWS, windowPlaces } from "../testing/window-places.ts";
import { pool } from "./pool.ts";

describe.each(["max", "average"] as const)("%s pooling", (kind) => {
  it.each(WINDOWS)("of $images x $channels x $height x $width by $kernel", (windows) => {
    const { images, channels, height, width } = windows;
    const x = draw(images * height * width * channels, 6);
    x.set([Number.NaN, Number.POSITIVE_INFINITY].slice(0, x.length - 1), 0);
    const results = windowPlaces(windows).flatMap((pixels) =>
      Array.from({ length: channels }, (_, channel) => {
        const numbers = pixels.map((pixel) =>
          pixel === undefined ? undefined : (x[pixel * channels + channel] as number),
        );
        if (kind === "max") {
          const most = Math.max(...numbers.filter((number) => number !== undefined));
          return [most, 0] as const;
        }
        // What is outside counts as zero.
        const sum = numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
        const size = numbers.reduce<number>((total, number) => total + Math.abs(number ?? 0), 0);
        return [sum / pixels.length, ((pixels.length + 3) * UNIT * size) / pixels.length] as const;
      }),
    );
    for (const simd of BOTH_SIMDS) {
      const { y } = runKernel(
        pool({ ...windows, pool: kind }),
        { x },
        { simd, order: "backwards" },
      );
      const expected = results.map(([value]) => value);
      expectWithin(y, expected, (index) => results[index]?.[1] as number);
    }
  });
});

it("refuses windows that fit nowhere, and what is no pooling", () => {
  const [windows] = WINDOWS;
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => pool({ ...windows, kernel: [5, 5], pool: "max" } as never)).toThrow(refused);
  expect(() => pool({ ...windows, pool: "least" } as never)).toThrow(refused);
  expect(() => pool({ ...windows, images: 0, pool: "max" } as never)).toThrow(refused);
});
