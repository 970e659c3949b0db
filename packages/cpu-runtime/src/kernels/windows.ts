import { requireObject, requireWhole, wrongArgument } from "@papilio/butterfly/errors";
import { type SlidingWindows, windowsOf } from "@papilio/butterfly/numeric";
import { tileWidth } from "./layout.ts";

/** Windows that slide over images. */
export interface WindowsProblem extends SlidingWindows {
  readonly images: number;
  readonly channels: number;
}

/** Numbers of an item, about. */
const ITEM_NUMBERS = 8192;

/** Bytes of a `FourPixels` of assembly/windows.ts. */
export const FOUR_PIXELS_BYTES = 24;

/** What calls with windows begin with, after the addresses. */
export interface WindowWords {
  /** Vectors of y. */
  readonly windows: number;
  /** Of a window. */
  readonly places: number;
  /** Channels that are an item. */
  readonly strip: number;
  readonly words: readonly number[];
}

/**
 * @param numbers of y for each channel of a window
 * @throws PapilioError `OPTION_INVALID` where the sizes are not whole numbers or have no windows
 */
export function windowWords(
  problem: WindowsProblem,
  source: "image" | "pixels",
  numbers: "one" | "each",
): WindowWords {
  requireObject("The problem", problem, "a problem with windows");
  const { images, channels, height, width, kernel, stride, padding, dilation } = problem;
  requireWhole("The number of images", images, 1);
  requireWhole("The number of channels", channels, 1);
  const [rows, columns] = windowsOf(problem);
  if (rows < 1 || columns < 1) {
    throw wrongArgument(
      "The kernel of the windows",
      kernel.join(" x "),
      "one that fits the images",
    );
  }
  const windows = images * rows * columns;
  const places = kernel[0] * kernel[1];
  const each = tileWidth(windows) * (numbers === "each" ? places : 1);
  const strip = Math.min(channels, Math.max(1, Math.floor(ITEM_NUMBERS / each)));
  const words = [
    ...[images, channels, height, width],
    ...[...kernel, ...stride, ...padding, ...(dilation ?? [1, 1])],
    ...[rows, columns, source === "image" ? 1 : 0, strip],
  ];
  return { windows, places, strip, words };
}
