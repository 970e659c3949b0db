import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import { readSafetensorsHeader, safetensorsHeaderBytes } from "./safetensors-header.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const file = writeSafetensors(
  [
    { name: "a", dtype: "F32", shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: "b", dtype: "BF16", shape: [1], values: Float32Array.of(7) },
  ],
  { source: "a test" },
);
const length = safetensorsHeaderBytes(file.subarray(0, 8));
const start = file.subarray(0, length);

describe("the header of a safetensors file", () => {
  it("says where the tensors lie, without the tensors", () => {
    const { entries, metadata, fileBytes } = readSafetensorsHeader(start);
    expect(fileBytes).toBe(file.length);
    expect([...metadata]).toEqual([["source", "a test"]]);
    const { tensors } = readSafetensors(file);
    expect(
      entries.map(({ name, dtype, shape, begin, end }) => ({
        name,
        dtype,
        shape,
        bytes: file.subarray(begin, end),
      })),
    ).toEqual([...tensors.values()]);
  });

  it("is held against the length of the file", () => {
    expect(() => safetensorsHeaderBytes(start, length - 1)).toThrow(code("FILE_TRUNCATED"));
    expect(() => safetensorsHeaderBytes(start.subarray(0, 7))).toThrow(code("FILE_TRUNCATED"));
    expect(() => readSafetensorsHeader(start.subarray(0, -1))).toThrow(code("FILE_TRUNCATED"));
    expect(() => readSafetensorsHeader(start, file.length - 1)).toThrow(code("FILE_TRUNCATED"));
    expect(() => readSafetensorsHeader(start, file.length + 1)).toThrow(code("FILE_TENSOR"));
  });
});

describe("a tensor given as bytes", () => {
  it("is written as it is, whatever its type", () => {
    const tensor = { name: "x", dtype: "I64", shape: [2], bytes: Uint8Array.from({ length: 16 }) };
    const written = writeSafetensors([tensor, ...readSafetensors(file).tensors.values()]);
    expect(readSafetensors(written).tensors.get("x")).toEqual(tensor);
    expect(readSafetensors(written).tensors.get("b")).toEqual(
      readSafetensors(file).tensors.get("b"),
    );
  });

  it.each([
    ["too few bytes", { dtype: "I64", shape: [3] }],
    ["an unknown type", { dtype: "F33", shape: [2] }],
    ["a shape that is not valid", { dtype: "I64", shape: [0.5] }],
  ])("is refused with %s", (_, changed) => {
    const tensor = { name: "x", bytes: new Uint8Array(16), ...changed };
    expect(() => writeSafetensors([tensor])).toThrow(code("TENSOR_SHAPE"));
  });

  it("may have spaces up to what the format allows, and 16 MiB beside them", () => {
    const headed = (text: string): Uint8Array => {
      const bytes = Buffer.from(text);
      const start = Buffer.alloc(8 + bytes.length);
      start.writeBigUInt64LE(BigInt(bytes.length));
      bytes.copy(start, 8);
      return start;
    };
    const one = '"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}';
    const spaced = headed(`{${" ".repeat(2 ** 25)}${one}${" ".repeat(99)}}`);
    expect(readSafetensorsHeader(spaced).entries.map(({ name }) => name)).toEqual(["a"]);
    const named = headed(`{"__metadata__":{"x":"${"y".repeat(2 ** 24)}"},${one}}`);
    expect(() => readSafetensorsHeader(named)).toThrow(code("FILE_HEADER"));
  });
});
