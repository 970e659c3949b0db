import { expect, it } from "vitest";
import { matrixUnitsText } from "./doctor.ts";

const products = [
  { from: "f16", to: "f32", rows: 8, columns: 8, depth: 8 },
  { from: "i8", to: "i32", rows: 16, columns: 8, depth: 32 },
];

it("says whether there are matrix units and whether they are taken", () => {
  expect(matrixUnitsText({})).toBe("no matrix units");
  expect(matrixUnitsText({ matrixUnits: { taken: true, products } })).toBe(
    "matrix units taken by kernels that are tuned (f16 to f32 8x8x8, i8 to i32 16x8x32)",
  );
  expect(matrixUnitsText({ matrixUnits: { taken: false, products: products.slice(0, 1) } })).toBe(
    "matrix units not taken (f16 to f32 8x8x8)",
  );
});
