import { expect, it } from "vitest";
import { pickImages } from "./labelled-images.ts";

const data = {
  images: Float32Array.of(0, 1, 10, 11, 20, 21),
  labels: Uint32Array.of(7, 8, 9),
};

it("picks images and their labels, in the order that is asked for", () => {
  expect(pickImages(data, Uint32Array.of(2, 0, 2))).toEqual({
    images: Float32Array.of(20, 21, 0, 1, 20, 21),
    labels: Uint32Array.of(9, 7, 9),
  });
});

it("refuses an image that there is not, and images of another length", () => {
  const code = (expected: string): unknown => expect.objectContaining({ code: expected });
  expect(() => pickImages(data, Uint32Array.of(3))).toThrow(code("INDEX_RANGE"));
  const odd = { ...data, images: new Float32Array(7) };
  expect(() => pickImages(odd, Uint32Array.of(0))).toThrow(code("INPUT_LENGTH"));
});
