import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PapilioError } from "../errors/papilio-error.ts";
import { npyValues, readNpy, writeNpy } from "./npy.ts";
import { NUMPY_FILES, type NumpyFile } from "./testing/numpy-files.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
const decode = (file: Uint8Array): unknown => {
  const values = npyValues(readNpy(file), "float64");
  return "re" in values ? { re: [...values.re], im: [...values.im] } : [...values];
};

/** A version 1 file with a header as it is. */
function fileOf(header: string, data: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(10 + text.length + data);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(file.buffer).setUint16(8, text.length, true);
  file.set(text, 10);
  return file;
}

describe("a npy file", () => {
  it.each(Object.entries(NUMPY_FILES))("of NumPy is read (%s)", (_, { base64, shape, values }) => {
    const file = bytesOf(base64);
    expect(readNpy(file).shape).toEqual(shape);
    expect(decode(file)).toEqual(values);
  });

  it("is written as NumPy writes it", () => {
    for (const name of ["little", "complex"]) {
      const { base64, shape, values } = NUMPY_FILES[name] as NumpyFile;
      const single =
        "re" in values
          ? { re: Float32Array.from(values.re), im: Float32Array.from(values.im) }
          : Float32Array.from(values);
      expect(writeNpy(single, shape)).toEqual(bytesOf(base64));
    }
    expect(decode(writeNpy(Float64Array.of(Math.E), [1, 1, 1]))).toEqual([Math.E]);
    expect(() => writeNpy(new Float32Array(3), [2, 2])).toThrow(code("TENSOR_SHAPE"));
  });

  it.each([
    ["nothing", new Uint8Array(0), "FILE_TRUNCATED"],
    ["another beginning", new Uint8Array(64), "FILE_HEADER"],
    ["a header beyond the end", fileOf("", 0).fill(255, 8, 10), "FILE_TRUNCATED"],
    ["an unknown version", fileOf("{}", 2).fill(9, 6, 7), "FILE_HEADER"],
    ["no header", fileOf("{}", 4), "FILE_HEADER"],
    [
      "two shapes",
      fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (2,), }", 4),
      "FILE_HEADER",
    ],
    [
      "a negative size",
      fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 4),
      "FILE_HEADER",
    ],
    [
      "a size of nan",
      fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (nan,), }", 4),
      "FILE_HEADER",
    ],
    [
      "an expression",
      fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2**3,), }", 4),
      "FILE_HEADER",
    ],
    [
      "a huge size",
      fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999, 9), }", 4),
      "FILE_TRUNCATED",
    ],
    [
      "too few data",
      fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 4),
      "FILE_TRUNCATED",
    ],
    [
      "objects",
      fileOf("{'descr': '|O8', 'fortran_order': False, 'shape': (1,), }", 8),
      "TENSOR_DTYPE",
    ],
    [
      "texts",
      fileOf("{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }", 16),
      "TENSOR_DTYPE",
    ],
  ])("with %s is refused", (_, file, expected) => {
    expect(() => readNpy(file)).toThrow(code(expected));
  });

  it("is refused or read within its bounds, whatever is changed or cut", () => {
    const files = Object.values(NUMPY_FILES).map(({ base64 }) => bytesOf(base64));
    const change = fc.tuple(fc.nat(180), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(180),
        fc.array(change, { maxLength: 4 }),
        (file, cut, changes) => {
          const hostile = file.slice(0, Math.max(0, file.length - (cut > 90 ? 0 : cut)));
          for (const [at, byte] of changes) if (at < hostile.length) hostile[at] = byte;
          try {
            const { bytes } = readNpy(hostile);
            expect(bytes.byteOffset + bytes.length).toBeLessThanOrEqual(hostile.length);
            decode(hostile);
          } catch (error) {
            expect(error).toBeInstanceOf(PapilioError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
