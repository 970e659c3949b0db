import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sliceTensor, transposeTensor } from "./derived-tensors.ts";
import { StoredTensor } from "./stored-tensor.ts";
import { anyTensor } from "./testing/checkpoints.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** `[rows, cols]`, each number telling its place. */
const matrix = (rows: number, cols: number, dtype: "F32" | "F16" | "F64" = "F32"): StoredTensor =>
  StoredTensor.of({
    name: "x",
    dtype,
    shape: [rows, cols],
    values: Float32Array.from({ length: rows * cols }, (_, index) => index),
  });

const sizes = fc.integer({ min: 0, max: 6 });

describe("a stored tensor", () => {
  it("is decoded when it is asked for, again each time", () => {
    const read: number[] = [];
    const { bytes } = { bytes: matrix(1, 2).bytes() };
    const tensor = new StoredTensor({ name: "x", dtype: "F32", shape: [2] }, 8, () => {
      read.push(1);
      return bytes;
    });
    expect(read).toEqual([]);
    const first = tensor.toReal("float32");
    first[0] = 7;
    expect([...tensor.toReal("float64")]).toEqual([0, 1]);
    expect(read).toEqual([1, 1]);
  });

  it("has the same bytes under another name", () => {
    const tensor = matrix(2, 3);
    const { name, dtype, shape, byteLength } = tensor.rename("y");
    expect({ name, dtype, shape, byteLength }).toEqual({
      name: "y",
      dtype: "F32",
      shape: [2, 3],
      byteLength: 24,
    });
    expect(tensor.rename("y").bytes()).toBe(tensor.bytes());
  });

  it("is refused values of another shape", () => {
    const values = new Float32Array(3);
    expect(() => StoredTensor.of({ name: "x", dtype: "F32", shape: [2], values })).toThrow(
      code("TENSOR_SHAPE"),
    );
  });
});

describe("a transposed matrix", () => {
  it("has its rows for columns, in any type", () => {
    fc.assert(
      fc.property(sizes, sizes, fc.constantFrom("F32", "F16", "F64"), (rows, cols, dtype) => {
        const tensor = transposeTensor(matrix(rows, cols, dtype as "F32"));
        expect(tensor.shape).toEqual([cols, rows]);
        const values = tensor.toReal("float32");
        const expected = Array.from(
          { length: rows * cols },
          (_, index) => (index % rows) * cols + Math.floor(index / rows),
        );
        expect([...values]).toEqual(expected);
        expect(transposeTensor(tensor).bytes()).toEqual(matrix(rows, cols, dtype as "F32").bytes());
      }),
    );
  });

  it("is one of two axes", () => {
    expect(() => transposeTensor(sliceTensor(matrix(2, 2), 0, 0, 2))).not.toThrow();
    const vector = StoredTensor.of({
      name: "x",
      dtype: "F32",
      shape: [2],
      values: new Float32Array(2),
    });
    expect(() => transposeTensor(vector)).toThrow(code("TENSOR_SHAPE"));
  });
});

describe("slices of a tensor", () => {
  it("along any axis hold all of it between them", () => {
    const tensors = anyTensor("x").filter(({ shape }) => shape.length > 0);
    fc.assert(
      fc.property(tensors, fc.nat(), fc.nat(), (tensor, someAxis, someCut) => {
        const axis = someAxis % tensor.shape.length;
        const size = tensor.shape[axis] as number;
        const cut = someCut % (size + 1);
        const parts = [sliceTensor(tensor, axis, 0, cut), sliceTensor(tensor, axis, cut, size)];
        expect(parts.map(({ shape }) => shape)).toEqual([
          tensor.shape.with(axis, cut),
          tensor.shape.with(axis, size - cut),
        ]);
        // Rows of what is from this axis on, from one part and the other in turn.
        const before = tensor.shape.slice(0, axis).reduce((product, one) => product * one, 1);
        const [first, second] = parts.map((part) => [...part.bytes()]) as [number[], number[]];
        const joined = Array.from({ length: before }, (_, index) =>
          [first, second].flatMap((bytes) => {
            const length = bytes.length / before;
            return bytes.slice(index * length, (index + 1) * length);
          }),
        );
        expect(joined.flat()).toEqual([...tensor.bytes()]);
        for (const part of parts) expect(part.byteLength).toBe(part.bytes().length);
      }),
    );
  });

  it.each([
    [2, 0, 1],
    [-1, 0, 1],
    [0, -1, 1],
    [0, 2, 1],
    [0, 0, 4],
    [0, 0.5, 1],
    [0, 0, Number.NaN],
  ])("of axis %d from %d to %d is refused of 3 x 2", (axis, begin, end) => {
    expect(() => sliceTensor(matrix(3, 2), axis, begin, end)).toThrow(code("TENSOR_SHAPE"));
  });
});
