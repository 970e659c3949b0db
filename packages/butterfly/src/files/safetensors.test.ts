import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PapilioError } from "../errors/papilio-error.ts";
import { uniform } from "../numeric/random.ts";
import {
  readSafetensors,
  type SafetensorsTensor,
  type TensorToWrite,
  toComplex,
  toReal,
  writeSafetensors,
} from "./safetensors.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const CODES = ["FILE_TRUNCATED", "FILE_HEADER", "FILE_TENSOR"];

/** A file of a header as it is and so many bytes of data. */
function fileOf(header: unknown, data: number): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

const tensor = (shape: unknown, offsets: unknown, dtype: unknown = "F32"): unknown => ({
  dtype,
  shape,
  data_offsets: offsets,
});

const TENSORS: TensorToWrite[] = [
  { name: "b", dtype: "F32", shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, 1e-30, 7) },
  { name: "a", dtype: "F32", shape: [], values: Float32Array.of(42) },
  { name: "half", dtype: "F16", shape: [3], values: Float32Array.of(1, -0.1, 65504) },
  { name: "brain", dtype: "BF16", shape: [4], values: Float32Array.of(1, 1.2345, -1e38, 0) },
  { name: "double", dtype: "F64", shape: [1], values: Float64Array.of(Math.PI) },
  {
    name: "complex",
    dtype: "C64",
    shape: [2],
    values: { re: Float32Array.of(1, 2), im: Float32Array.of(3, -4) },
  },
  { name: "indices", dtype: "U32", shape: [2], values: Uint32Array.of(4294967295, 0) },
  { name: "__proto__", dtype: "F32", shape: [0, 5], values: new Float32Array(0) },
];

describe("a safetensors file", () => {
  const file = writeSafetensors(TENSORS, { source: "a test" });
  const { tensors, metadata } = readSafetensors(file);
  const read = (name: string): number[] => [
    ...toReal(tensors.get(name) as SafetensorsTensor, "float64"),
  ];

  it("comes back as it was written, rounded to the types of its tensors", () => {
    expect(read("b")).toEqual([1, -2, 3.5, 0, Math.fround(1e-30), 7]);
    expect(read("a")).toEqual([42]);
    expect(read("half")).toEqual([1, -0.0999755859375, 65504]);
    expect(read("brain")).toEqual([1, 1.234375, -150 * 2 ** 119, 0]);
    expect(read("double")).toEqual([Math.PI]);
    expect(read("indices")).toEqual([4294967295, 0]);
    expect(read("__proto__")).toEqual([]);
    expect(tensors.get("b")?.shape).toEqual([2, 3]);
    const { re, im } = toComplex(tensors.get("complex") as SafetensorsTensor, "float32");
    expect([[...re], [...im]]).toEqual([
      [1, 2],
      [3, -4],
    ]);
    expect([...metadata]).toEqual([["source", "a test"]]);
  });

  it("is the same whatever the order of its tensors, with data at a multiple of eight bytes", () => {
    expect(writeSafetensors(TENSORS.toReversed(), { source: "a test" })).toEqual(file);
    expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect([...tensors.keys()].slice(0, 2)).toEqual(["complex", "double"]);
  });

  it("is read where it lies, at any offset", () => {
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    const again = readSafetensors(shifted.subarray(3));
    expect([...toReal(again.tensors.get("b") as SafetensorsTensor, "float32")][2]).toBe(3.5);
    expect(again.tensors.get("b")?.bytes.buffer).toBe(shifted.buffer);
  });

  it("refuses to be read as what it is not", () => {
    const refuse = (name: string, reading: typeof toReal | typeof toComplex): void => {
      const one = tensors.get(name) as SafetensorsTensor;
      expect(() => reading(one, "float32")).toThrow(code("TENSOR_DTYPE"));
    };
    refuse("complex", toReal);
    refuse("b", toComplex);
    const bytes = readSafetensors(fileOf({ x: tensor([3], [0, 3], "F8_E8M0") }, 3));
    expect(() => toReal(bytes.tensors.get("x") as SafetensorsTensor, "float32")).toThrow(
      code("TENSOR_DTYPE"),
    );
  });

  it("is not written with names or shapes that do not fit", () => {
    const [first] = TENSORS as [TensorToWrite];
    expect(() => writeSafetensors([first, first])).toThrow(code("FILE_TENSOR"));
    expect(() => writeSafetensors([{ ...first, name: "__metadata__" }])).toThrow(
      code("FILE_TENSOR"),
    );
    expect(() => writeSafetensors([{ ...first, shape: [5] }])).toThrow(code("TENSOR_SHAPE"));
    expect(() => writeSafetensors([{ ...first, dtype: "C64" }])).toThrow(code("TENSOR_SHAPE"));
  });
});

describe("a hostile safetensors file", () => {
  it.each([
    ["nothing", new Uint8Array(0), "FILE_TRUNCATED"],
    ["half a length", new Uint8Array(7), "FILE_TRUNCATED"],
    ["a header beyond the end", fileOf("{}", 0).fill(100, 0, 1), "FILE_TRUNCATED"],
    ["a huge header", new Uint8Array(64).fill(255), "FILE_HEADER"],
    ["no JSON", fileOf("{", 0), "FILE_HEADER"],
    [
      "NaN in the header",
      fileOf('{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', 4),
      "FILE_HEADER",
    ],
    ["bytes that are no UTF-8", fileOf("{}", 0).fill(0xff, 8), "FILE_HEADER"],
    ["a list", fileOf([], 0), "FILE_HEADER"],
    ["null", fileOf("null", 0), "FILE_HEADER"],
    ["metadata that are no texts", fileOf({ __metadata__: { a: 1 } }, 0), "FILE_HEADER"],
    ["metadata that are a text", fileOf({ __metadata__: "a" }, 0), "FILE_HEADER"],
    ["a tensor that is a number", fileOf({ x: 4 }, 0), "FILE_TENSOR"],
    ["an unknown type", fileOf({ x: tensor([1], [0, 4], "F33") }, 4), "FILE_TENSOR"],
    ["a type that is not text", fileOf({ x: tensor([1], [0, 4], ["F32"]) }, 4), "FILE_TENSOR"],
    ["a negative size", fileOf({ x: tensor([-1], [0, 4]) }, 4), "FILE_TENSOR"],
    ["a size of 1.5", fileOf({ x: tensor([1.5], [0, 6]) }, 6), "FILE_TENSOR"],
    ["a shape of 2^62", fileOf({ x: tensor([2 ** 31, 2 ** 31], [0, 4]) }, 4), "FILE_TENSOR"],
    ["a shape of 2^53", fileOf({ x: tensor([2 ** 53], [0, 4]) }, 4), "FILE_TENSOR"],
    [
      "1e999 elements",
      fileOf('{"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', 4),
      "FILE_TENSOR",
    ],
    ["a shape that is not a list", fileOf({ x: tensor(4, [0, 4]) }, 4), "FILE_TENSOR"],
    ["a single offset", fileOf({ x: tensor([1], [0]) }, 4), "FILE_TENSOR"],
    ["a negative offset", fileOf({ x: tensor([2], [-4, 4]) }, 4), "FILE_TENSOR"],
    ["offsets in reverse", fileOf({ x: tensor([1], [4, 0]) }, 4), "FILE_TENSOR"],
    ["offsets that are texts", fileOf({ x: tensor([1], ["0", "4"]) }, 4), "FILE_TENSOR"],
    ["too few bytes", fileOf({ x: tensor([2], [0, 4]) }, 4), "FILE_TENSOR"],
    ["data beyond the end", fileOf({ x: tensor([2], [0, 8]) }, 4), "FILE_TRUNCATED"],
    [
      "tensors that overlap",
      fileOf({ x: tensor([2], [0, 8]), y: tensor([2], [4, 12]) }, 12),
      "FILE_TENSOR",
    ],
    ["a gap", fileOf({ x: tensor([1], [0, 4]), y: tensor([1], [8, 12]) }, 12), "FILE_TENSOR"],
    ["data that belong to no tensor", fileOf({ x: tensor([1], [0, 4]) }, 8), "FILE_TENSOR"],
  ])("with %s is refused", (_, file, expected) => {
    expect(() => readSafetensors(file)).toThrow(code(expected));
  });

  /** Reads it; anything but one of the reader's own errors is a failure. */
  function readOrRefuse(file: Uint8Array): void {
    try {
      for (const { bytes, dtype, shape } of readSafetensors(file).tensors.values()) {
        expect(bytes.buffer).toBe(file.buffer);
        expect(bytes.byteOffset + bytes.length).toBeLessThanOrEqual(file.byteOffset + file.length);
        expect(shape.reduce((product, size) => product * size, 1)).toBeLessThanOrEqual(
          bytes.length,
        );
        expect(typeof dtype).toBe("string");
      }
    } catch (error) {
      expect(error).toBeInstanceOf(PapilioError);
      expect(CODES).toContain((error as PapilioError).code);
    }
  }

  it("is refused or read within its bounds, whatever is changed or cut", () => {
    const file = writeSafetensors(TENSORS, { key: "value" });
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.nat(file.length), fc.array(change, { maxLength: 6 }), (length, changes) => {
        const hostile = file.slice(0, length);
        for (const [at, byte] of changes) if (at < length) hostile[at] = byte;
        readOrRefuse(hostile);
      }),
      { numRuns: 3000 },
    );
  });

  it("is refused or read within its bounds, whatever its header says", () => {
    const number = fc.oneof(
      fc.integer({ min: -8, max: 64 }),
      fc.constantFrom(2 ** 31, 2 ** 53, -1, 0.5, 1e308, null, "4", [], {}),
    );
    const entry = fc.record({
      dtype: fc.constantFrom("F32", "F16", "U8", "C64", "F99", null, 4),
      shape: fc.oneof(fc.array(number, { maxLength: 4 }), number),
      data_offsets: fc.oneof(fc.array(number, { maxLength: 3 }), number),
    });
    const header = fc.dictionary(fc.constantFrom("x", "y", "__metadata__", "__proto__"), entry);
    fc.assert(
      fc.property(header, fc.nat(64), (value, data) => readOrRefuse(fileOf(value, data))),
      { numRuns: 3000 },
    );
  });
});

describe("bfloat16", () => {
  it("is rounded to nearest, ties to even, and NaN and infinity stay", () => {
    const write = (value: number): number =>
      toReal(
        readSafetensors(
          writeSafetensors([
            { name: "x", dtype: "BF16", shape: [1], values: Float32Array.of(value) },
          ]),
        ).tensors.get("x") as SafetensorsTensor,
        "float64",
      )[0] as number;
    expect(write(1 + 2 ** -8)).toBe(1);
    expect(write(1 + 3 * 2 ** -8)).toBe(1 + 2 ** -6);
    expect(write(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(write(Number.NaN)).toBeNaN();
    const next = uniform(1);
    for (let draws = 0; draws < 1000; draws++) {
      const value = Math.fround(next() * 2 ** Math.floor(40 * next()));
      expect(Math.abs(write(value) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -8);
    }
  });
});
