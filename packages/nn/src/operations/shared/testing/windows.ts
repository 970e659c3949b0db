import type { Value } from "../../../graph/value.ts";
import { FEATURES } from "../../../testing/operation-case.ts";
import type { Window2d } from "../window.ts";

const WINDOW: Window2d = {
  images: 2,
  channels: 3,
  size: [7, 6],
  kernel: [3, 2],
  stride: [2, 1],
  padding: [1, 1],
  dilation: [1, 2],
};

/** Windows side by side, as patches are. */
const TILES: Window2d = {
  ...WINDOW,
  size: [6, 8],
  kernel: [3, 2],
  stride: [3, 2],
  padding: [0, 0],
  dilation: [1, 1],
};

export const WINDOWS: Readonly<Record<string, Window2d>> = {
  windows: WINDOW,
  tiles: TILES,
  "tiles with a rest": { ...TILES, size: [7, 9] },
  "tiles of a padded image": { ...TILES, padding: [0, 1] },
  "windows far apart": { ...TILES, stride: [4, 3], kernel: [1, 2] },
};

/** Vectors as the pixels of an image one pixel high. */
export function imageOf(x: Value): Window2d {
  return {
    images: 1,
    channels: FEATURES,
    size: [1, x.vectors],
    kernel: [1, 3],
    stride: [1, 2],
    padding: [0, 1],
    dilation: [1, 1],
  };
}
