import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeOnnx, type OnnxGraph, type OnnxInitializer } from "./onnx-model.ts";

function clipped(constant: Partial<OnnxInitializer> = {}): OnnxGraph {
  return {
    name: "test",
    nodes: [
      { op: "Clip", inputs: ["x", "", "upper"], outputs: ["clipped"] },
      {
        op: "LeakyRelu",
        name: "second",
        inputs: ["clipped"],
        outputs: ["leaky"],
        attributes: { alpha: { float: 0.25 } },
      },
      { op: "Transpose", inputs: ["leaky"], outputs: ["y"], attributes: { perm: [1, 0] } },
    ],
    initializers: [
      {
        name: "upper",
        shape: [],
        type: "float32",
        data: () => new Uint8Array(Float32Array.of(3).buffer),
        ...constant,
      },
    ],
    inputs: [{ name: "x", shape: [2, 3], type: "float32" }],
    outputs: [{ name: "y", shape: [3, 2], type: "float32" }],
  };
}

describe("an ONNX file", () => {
  it("computes what it says", async () => {
    const session = await ort.InferenceSession.create(encodeOnnx(clipped()));
    const x = new ort.Tensor("float32", Float32Array.of(-4, 2, 4, -8, 0, 3), [2, 3]);
    const { y } = await session.run({ x });
    expect(y).toMatchObject({
      dims: [3, 2],
      data: Float32Array.of(-1, -2, 2, 0, 3, 3),
    });
  });

  it("is an array of its own", () => {
    const file = encodeOnnx(clipped());
    expect(file.constructor).toBe(Uint8Array);
    expect(file.buffer.byteLength).toBe(file.byteLength);
  });

  it("refuses constants whose bytes are not those of their shape", () => {
    expect(() => encodeOnnx(clipped({ shape: [2] }))).toThrow(
      expect.objectContaining({
        code: "ONNX_TENSOR",
        message: expect.stringContaining("4 bytes, and its shape [2] in float32 has 8"),
      }),
    );
  });

  it("refuses more than a protobuf message can hold, before it makes anything", () => {
    const data = (): never => {
      throw new Error("It was made.");
    };
    expect(() => encodeOnnx(clipped({ shape: [2 ** 29], data }))).toThrow(
      expect.objectContaining({ code: "ONNX_SIZE", message: expect.stringContaining("214748") }),
    );
  });
});
