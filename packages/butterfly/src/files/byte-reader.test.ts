import { describe, expect, it } from "vitest";
import { ByteReader, headOf, joinBytes } from "./byte-reader.ts";
import { readMatrixMarket } from "./matrix-market.ts";
import { matrixMarketValues, readMatrixMarketValues } from "./matrix-market-values.ts";
import { npyValues, readNpy, readNpyValues, writeNpy } from "./npy.ts";
import { readSafetensorsTensor, writeSafetensors } from "./safetensors.ts";

/** Copies of so many bytes each, which a reader may release. */
function inPieces(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer>[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) =>
    Uint8Array.from(bytes.subarray(at * size, (at + 1) * size)),
  );
}

const FILE = Uint8Array.from({ length: 23 }, (_, index) => index);

describe("the pieces of a file", () => {
  it("are read in their order, and released as they are passed", () => {
    const pieces = inPieces(FILE, 5);
    const buffers = pieces.map(({ buffer }) => buffer);
    pieces.splice(2, 0, new Uint8Array(0));
    const reader = new ByteReader(pieces);
    const head = new Uint8Array(7);
    expect([reader.length, reader.copyTo(head), reader.left]).toEqual([23, 7, 16]);
    expect([...head, reader.peek(), ...reader.take(2)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 7, 8]);
    expect([...reader.ahead()].flatMap((part) => [...part])).toEqual([...FILE.subarray(9)]);
    reader.drop(3);
    expect([reader.peek(), reader.left]).toEqual([12, 11]);
    expect(buffers.map(({ detached }) => detached)).toEqual([true, true, false, false, false]);
    reader.drop(100);
    expect([reader.peek(), reader.left]).toEqual([-1, 0]);
  });

  it("leave an array that is the caller's alone", () => {
    const bytes = Uint8Array.from(FILE);
    const reader = new ByteReader(bytes);
    reader.drop(23);
    expect([reader.peek(), joinBytes(bytes) === bytes]).toEqual([-1, true]);
    expect([...bytes]).toEqual([...FILE]);
  });

  it("are joined, and begin with the head", () => {
    const long = Uint8Array.from({ length: 10_000 }, (_, index) => index);
    expect(headOf(inPieces(long, 999))).toEqual(long.subarray(0, 4096));
    expect(headOf(inPieces(FILE, 2))).toEqual(FILE);
    expect(joinBytes(inPieces(long, 999))).toEqual(long);
    expect([...joinBytes([])]).toEqual([]);
  });
});

describe("a file in pieces of any size", () => {
  const sizes = [1, 3, 8, 50, 1000];

  it("has the numbers that it has as a whole: npy", () => {
    const values = Float64Array.from({ length: 24 }, (_, index) => Math.sin(index));
    const complex = { re: Float32Array.from(values), im: Float32Array.from(values).reverse() };
    for (const file of [
      writeNpy(values, [2, 3, 4]),
      writeNpy(Float32Array.from(values), [24]),
      writeNpy(complex, [4, 6]),
    ]) {
      const inFortranOrder = file.slice();
      const at = Buffer.from(file).indexOf("False");
      inFortranOrder.set(Buffer.from("True "), at);
      for (const one of [file, inFortranOrder]) {
        for (const type of ["float32", "float64"] as const) {
          const expected = npyValues(readNpy(one), type);
          for (const size of sizes) {
            expect(readNpyValues(inPieces(one, size), type).values).toEqual(expected);
          }
        }
      }
    }
  });

  it("has the numbers that it has as a whole: a tensor among others", () => {
    const tensor = (name: string, from: number) =>
      ({
        name,
        dtype: "F16",
        shape: [5],
        values: Float32Array.from([0, 1, 2, 3, 4], (k) => from + k),
      }) as const;
    const file = writeSafetensors([tensor("a", 10), tensor("b", 20), tensor("c", 30)]);
    for (const size of sizes) {
      const read = readSafetensorsTensor(inPieces(file, size), () => "b", "float32");
      expect([read.name, read.shape, [...(read.values as Float32Array)]]).toEqual([
        "b",
        [5],
        [20, 21, 22, 23, 24],
      ]);
    }
    expect(() => readSafetensorsTensor(file, () => "d", "float32")).toThrow(
      expect.objectContaining({ code: "TENSOR_MISSING" }),
    );
  });

  it.each([
    "coordinate complex hermitian\n% x\n3 3 3\n1 1 1 0\n2 1 3 -4e-1\n3 2 .5 6.\n",
    "array real skew-symmetric\n3 3\n1\n2\n3\n",
    "coordinate pattern general\n2 3 3\n1 1\n2 3\n1 1\n",
  ])("has the numbers that it has as a whole: Matrix Market, %j", (text) => {
    const file = new TextEncoder().encode(`%%MatrixMarket matrix ${text}`);
    const expected = matrixMarketValues(readMatrixMarket(file), "float64");
    for (const size of sizes) {
      const { rows, values } = readMatrixMarketValues(inPieces(file, size), "float64");
      expect([rows, values]).toEqual([text.includes("2 3 3") ? 2 : 3, expected]);
    }
  });
});
