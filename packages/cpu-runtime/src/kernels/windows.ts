import { requireObject, requireWhole, wrongArgument } from "@papilio/butterfly/errors";
import { type SlidingWindows, windowsOf } from "@papilio/butterfly/numeric";
import { tileWidth } from "./layout.ts";

/** Windows that slide over images. */
export interface WindowsProblem extends SlidingWindows {
  readonly images: number;
  readonly channels: number;
}

/** Pixels of windows that an item takes, times their channels, about. */
const ITEM_NUMBERS = 8192;

/** Bytes of a `FourPixels` of assembly/windows.ts, and of 16 places behind it, in whole lines. */
export const WINDOWS_SCRATCH_BYTES: number = 256;

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

/** @throws PapilioError `OPTION_INVALID` where the sizes are not whole numbers or have no windows */
export function windowWords(problem: WindowsProblem, source: "image" | "pixels"): WindowWords {
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
  // Parts of about as many channels.
  const parts = Math.ceil((tileWidth(windows) * places * channels) / ITEM_NUMBERS);
  const strip = Math.ceil(channels / Math.min(parts, channels));
  const words = [
    ...[images, channels, height, width],
    ...[...kernel, ...stride, ...padding, ...(dilation ?? [1, 1])],
    ...[rows, columns, source === "image" ? 1 : 0, strip],
  ];
  return { windows, places, strip, words };
}
