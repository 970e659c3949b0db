import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { decodeImage } from "../../images/decode-image.ts";
import { PNG_CHUNKS } from "./framing.ts";
import type { Subject } from "./subject.ts";

/** Pictures of a few pixels. */
export function imageSubjects(): Subject[] {
  const [width, height] = [6, 5];
  const rgba = Uint8Array.from({ length: 4 * width * height }, (_, index) => (index * 37) % 256);
  const png = new PNG({ width, height });
  png.data.set(rgba);
  const read = (bytes: Uint8Array): unknown => decodeImage("x", bytes);
  return [
    {
      name: "PNG",
      seeds: [new Uint8Array(PNG.sync.write(png))],
      textual: false,
      frame: PNG_CHUNKS,
      read,
    },
    {
      name: "JPEG",
      seeds: [new Uint8Array(jpeg.encode({ width, height, data: rgba }, 80).data)],
      textual: false,
      read,
    },
  ];
}
