import { describe, expect, it } from "vitest";
import { rowParts } from "./row-parts.ts";

describe("the parts of a sparse matrix", () => {
  it("are of about as many non-zeros, not of as many rows", () => {
    // Row i has i non-zeros.
    const starts = Uint32Array.from({ length: 1001 }, (_, row) => (row * (row - 1)) / 2);
    const parts = rowParts(starts, 16, "rows");
    expect(parts[0]).toBe(0);
    expect(parts.at(-1)).toBe(1000);
    const sizes = [...parts.subarray(1)].map(
      (end, index) => (starts[end] as number) - (starts[parts[index] as number] as number),
    );
    // A part has room for 2048 multiply-adds of 16 numbers; rows cost a little, and none is divided.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
    expect(Math.min(...sizes.slice(1, -1))).toBeGreaterThan(700);
    const rows = [...parts.subarray(1)].map((end, index) => end - (parts[index] as number));
    expect(rows[0]).toBeGreaterThan(10 * (rows.at(-2) as number));
  });

  it("are whole tiles where the results are in tiles", () => {
    const starts = Uint32Array.from({ length: 101 }, (_, row) => row * 100);
    const parts = [...rowParts(starts, 64, "tiles")];
    expect(parts).toEqual([0, 16, 32, 48, 64, 80, 96, 100]);
  });

  it("have a row that is larger than a part alone", () => {
    const starts = Uint32Array.of(0, 10, 100_010, 100_020);
    expect([...rowParts(starts, 64, "rows")]).toEqual([0, 1, 2, 3]);
  });

  it("are of whole numbers", () => {
    const refused = expect.objectContaining({ code: "OPTION_INVALID" });
    expect(() => rowParts([0, 1] as never, 4, "rows")).toThrow(
      expect.objectContaining({ code: "ARRAY_TYPE" }),
    );
    expect(() => rowParts(new Uint32Array(1), 4, "rows")).toThrow(refused);
    expect(() => rowParts(new Uint32Array(2), 0, "rows")).toThrow(refused);
    expect(() => rowParts(new Uint32Array(2), 4, "columns" as never)).toThrow(refused);
  });
});
