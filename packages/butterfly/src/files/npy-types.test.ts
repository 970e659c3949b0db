import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { npyValues, readNpy, writeNpy } from "./npy.ts";
import { npyType } from "./npy-types.ts";

interface Fixture {
  readonly base64: string;
  readonly shape: readonly number[];
  readonly values: readonly number[] | { readonly re: number[]; readonly im: number[] };
}

/** What NumPy reads of files, and calls types: made by testing/make-fixtures.py. */
const { types, headers, spellings } = JSON.parse(
  readFileSync(new URL("testing/numpy-types.json", import.meta.url), "utf8"),
) as {
  types: Readonly<Record<string, Fixture>>;
  headers: Readonly<Record<string, Fixture>>;
  spellings: Readonly<Record<string, string>>;
};
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** A file of version 1 with a header as it is. */
function fileOf(header: string, data: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(10 + text.length + data);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(file.buffer).setUint16(8, text.length, true);
  file.set(text, 10);
  return file;
}

describe("a npy file as NumPy reads it", () => {
  it.each([...Object.entries(types), ...Object.entries(headers)])(
    "has the values that NumPy finds (%s)",
    (_, { base64, shape, values }) => {
      const npy = readNpy(Uint8Array.from(Buffer.from(base64, "base64")));
      expect(npy.shape).toEqual(shape);
      const found = npyValues(npy, "float64");
      const plain = "re" in found ? { re: [...found.re], im: [...found.im] } : [...found];
      expect(plain).toEqual(values);
    },
  );

  it.each(Object.entries(spellings))("spells a type %s that is %s", (spelling, str) => {
    expect(npyType(spelling)).toEqual(npyType(str));
    expect(npyType(`>${spelling}`).littleEndian).toBe(false);
  });

  it.each(["<U4", "|S3", "|O8", "<M8[ns]", "<m8", "<f16", "|V8", "object", "constructor", ""])(
    "is refused with elements of type %j",
    (descr) => {
      expect(() => npyType(descr)).toThrow(code("TENSOR_DTYPE"));
    },
  );

  it("is refused where its elements have fields", () => {
    const header = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }";
    expect(() => readNpy(fileOf(header, 4))).toThrow(code("TENSOR_DTYPE"));
  });
});

describe("a hostile npy header", () => {
  const dictionary = (shape: string): string =>
    `{'descr': '<f4', 'fortran_order': True, 'shape': ${shape}, }`;

  it.each([
    ["spaces without end", dictionary(`(${" ".repeat(9000)}`)],
    ["more bytes than NumPy reads", dictionary(`(1,${" ".repeat(60_000)})`)],
    ["20,000 axes", dictionary(`(${"1,".repeat(20_000)})`)],
    ["65 axes", dictionary(`(${"1,".repeat(65)})`)],
    ["commas alone", dictionary("(,)")],
    ["a size of 1.5", dictionary("(1.5,)")],
    ["a fortran_order that is a number", "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }"],
    ["a shape that is a text", dictionary("'1'")],
    ["a fourth entry", "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), 'more': 'x'}"],
    ["a call", "__import__('os').system('true')"],
    ["something after it", `${dictionary("(1,)")} {`],
    ["no end", dictionary("(1,)").slice(0, -1)],
  ])("with %s is refused", (_, header) => {
    expect(() => readNpy(fileOf(header, 4))).toThrow(code("FILE_HEADER"));
  });

  it("may have as many axes as an array of NumPy", () => {
    const file = fileOf(dictionary(`(${"1,".repeat(63)}2)`), 8);
    expect(npyValues(readNpy(file), "float32")).toHaveLength(2);
  });

  it("names what the file is instead", () => {
    const text = (contents: string): Uint8Array => new TextEncoder().encode(contents);
    expect(() => readNpy(text("%%MatrixMarket matrix array real general\n"))).toThrow(
      /is a Matrix Market file, not a npy file/,
    );
    expect(() => readNpy(text("GGUF\x03"))).toThrow(/is a GGUF model/);
    expect(readNpy(writeNpy(Float32Array.of(1), [1])).shape).toEqual([1]);
  });
});
