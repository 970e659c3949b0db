import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeImage, type Image, isImage } from "./decode-image.ts";
import { preprocess, readPreprocessing } from "./preprocessing.ts";
import { resize } from "./resize.ts";

interface Fixture {
  readonly base64: string;
  readonly width: number;
  readonly height: number;
  /** In base64, as the file. */
  readonly data: string;
}

/** What Pillow decodes and resizes: made by testing/make-images.py. */
const { png, jpeg, source, resized } = JSON.parse(
  readFileSync(new URL("testing/images.json", import.meta.url), "utf8"),
) as {
  png: Readonly<Record<string, Fixture>>;
  jpeg: Readonly<Record<string, Fixture>>;
  source: { size: readonly [number, number]; data: string };
  resized: readonly {
    resample: number;
    size: readonly [number, number];
    data: string;
  }[];
};
const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const decoded = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
const bytesOf = ({ base64 }: Fixture): Uint8Array => decoded(base64);
const original: Image = {
  width: source.size[0],
  height: source.size[1],
  data: decoded(source.data),
};
/** The largest difference of two lists of as many bytes. */
const difference = (found: Uint8Array, expected: Uint8Array): number =>
  Math.max(...found.map((byte, index) => Math.abs(byte - (expected[index] as number))));

describe("an image", () => {
  it.each(Object.entries(png))("is decoded from PNG as Pillow does: %s", (_, fixture) => {
    const bytes = bytesOf(fixture);
    expect(isImage(bytes)).toBe(true);
    const { width, height, data } = decodeImage("x.png", bytes);
    expect([width, height]).toEqual([fixture.width, fixture.height]);
    expect(data).toEqual(decoded(fixture.data));
  });

  it.each(Object.entries(jpeg))("is decoded from JPEG as Pillow does: %s", (_, fixture) => {
    const { width, height, data } = decodeImage("x.jpg", bytesOf(fixture));
    expect([width, height]).toEqual([fixture.width, fixture.height]);
    expect(data).toHaveLength(3 * width * height);
    // Decoders may round the inverse cosine transform and the colors their own way.
    expect(difference(data, decoded(fixture.data))).toBeLessThanOrEqual(4);
  });

  it.each(resized)("is resized by filter $resample to $size as Pillow does", (expected) => {
    const { data } = resize(original, ...expected.size, expected.resample);
    // Pillow's weights are fixed-point numbers of 22 bits.
    expect(difference(data, decoded(expected.data))).toBeLessThanOrEqual(1);
  });

  it("that is damaged or too large is refused", () => {
    const { truecolor, interlaced } = png as { truecolor: Fixture; interlaced: Fixture };
    const whole = bytesOf(truecolor);
    for (const length of [8, 20, 40, whole.length - 20]) {
      expect(() => decodeImage("x", whole.subarray(0, length))).toThrow(code("IMAGE_INVALID"));
    }
    const baseline = bytesOf((jpeg as { baseline: Fixture }).baseline);
    for (const length of [3, 100, Math.round(baseline.length / 2)]) {
      expect(() => decodeImage("x", baseline.subarray(0, length))).toThrow(code("IMAGE_INVALID"));
    }
    const huge = whole.slice();
    new DataView(huge.buffer).setUint32(16, 60_000);
    new DataView(huge.buffer).setUint32(20, 60_000);
    expect(() => decodeImage("x", huge)).toThrow(code("IMAGE_TOO_LARGE"));
    // 64 MiB of zeros where some hundred bytes of pixels should be.
    const bomb = Buffer.from(bytesOf(interlaced));
    const data = deflateSync(Buffer.alloc(2 ** 26));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const before = bomb.indexOf("IDAT") - 4;
    const inflated = Buffer.concat([
      bomb.subarray(0, before),
      length,
      Buffer.from("IDAT"),
      data,
      Buffer.alloc(4),
    ]);
    expect(() => decodeImage("x", inflated)).toThrow(code("IMAGE_INVALID"));
  });
});

describe("what a model sees of an image", () => {
  const image: Image = { width: 2, height: 1, data: Uint8Array.of(255, 0, 51, 102, 153, 204) };

  it("is normalized as preprocessor_config.json says, channel by channel", () => {
    const settings = readPreprocessing(
      { do_resize: false, image_mean: [0.5, 0.25, 0], image_std: [0.5, 1, 2] },
      undefined,
    );
    const { shape, values } = preprocess(image, settings);
    expect(shape).toEqual([3, 1, 2]);
    const expected = [(1 - 0.5) / 0.5, (0.4 - 0.5) / 0.5, 0 - 0.25, 0.6 - 0.25, 0.2 / 2, 0.8 / 2];
    for (const [index, value] of expected.entries()) expect(values[index]).toBeCloseTo(value, 12);
  });

  it("has the size of the model, unless the file says another", () => {
    expect(preprocess(image, readPreprocessing(undefined, 4)).shape).toEqual([3, 4, 4]);
    const cropped = { size: { shortest_edge: 4 }, do_center_crop: true, crop_size: 3 };
    expect(preprocess(original, readPreprocessing(cropped, 224)).shape).toEqual([3, 3, 3]);
    const sized = readPreprocessing({ size: { height: 2, width: 5 } }, 224);
    expect(preprocess(original, sized).shape).toEqual([3, 2, 5]);
  });

  it.each([
    null,
    [],
    { size: -1 },
    { size: { longest_edge: 3 } },
    { size: 1e9 },
    { image_mean: [0.5] },
    { image_std: [0, 1, 1] },
    { resample: 9 },
    { do_resize: 1 },
    { rescale_factor: "1" },
  ])("is refused with %j", (config) => {
    expect(() => readPreprocessing(config, 224)).toThrow(code("CONFIG_INVALID"));
  });

  it("is refused where the image is too narrow or too small", () => {
    const narrow = { width: 1, height: 5000, data: new Uint8Array(15_000) };
    const shortest = readPreprocessing({ size: { shortest_edge: 4 } }, 224);
    expect(() => preprocess(narrow, shortest)).toThrow(code("INPUT_SHAPE"));
    const crop = readPreprocessing({ do_resize: false, do_center_crop: true, crop_size: 9 }, 224);
    expect(() => preprocess(image, crop)).toThrow(code("INPUT_SHAPE"));
  });
});
