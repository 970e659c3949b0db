import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { CODE_GRIDS, FEW_BITS } from "../numeric/code-grids.ts";
import { dequantizeValues, quantizeValues } from "../numeric/few-bits.ts";
import { Chain } from "../pattern/chain.ts";
import { loadButterflies, saveButterflies } from "./butterfly-file.ts";
import { expandFewBits, fewBitsEntry } from "./few-bits-file.ts";
import {
  readSafetensors,
  type SafetensorsTensor,
  toReal,
  writeSafetensors,
} from "./safetensors.ts";

const code = (name: string): unknown => expect.objectContaining({ code: name });
const numpy = JSON.parse(
  readFileSync(new URL("../numeric/testing/few-bits.json", import.meta.url), "utf8"),
);

it("a tensor of few bits is read as numpy has it, by its own name and shape", () => {
  for (const { dtype, shape, values, back } of numpy) {
    const quantized = quantizeValues(Float32Array.from(values), shape, dtype);
    const { tensors, metadata } = fewBitsEntry("w", [values.length], quantized);
    const file = expandFewBits(readSafetensors(writeSafetensors(tensors, metadata)));
    expect([...file.tensors.keys()]).toEqual(["w"]);
    const tensor = file.tensors.get("w") as SafetensorsTensor;
    expect(tensor.shape).toEqual([values.length]);
    expect([...toReal(tensor, "float32")]).toEqual(back);
  }
});

it("butterflies are stored in few bits, factor by factor", () => {
  const butterfly = Butterfly.random(Chain.monarch(48), { seed: 3 });
  const full = saveButterflies({ w: butterfly }).length;
  for (const dtype of FEW_BITS) {
    const bytes = saveButterflies({ w: butterfly }, { dtype });
    expect(bytes.length).toBeLessThan(full * (CODE_GRIDS[dtype].bits / 32 + 0.32));
    const { matrix } = loadButterflies(bytes).get("w") as { matrix: Butterfly };
    for (const [at, factor] of butterfly.factors.entries()) {
      const { a, b, c, d } = factor.stored;
      const expected = dequantizeValues(quantizeValues(factor.values, [a, b, c, d], dtype));
      expect(matrix.factors[at]?.values).toEqual(expected);
    }
  }
});

it("butterflies are stored in eight-bit floating point", () => {
  const butterfly = Butterfly.random(Chain.monarch(16), { seed: 3 });
  for (const [dtype, digits] of [
    ["F8_E4M3", 2 ** -4],
    ["F8_E5M2", 2 ** -3],
  ] as const) {
    const { matrix } = loadButterflies(saveButterflies({ w: butterfly }, { dtype })).get("w") as {
      matrix: Butterfly;
    };
    for (const [at, factor] of butterfly.factors.entries()) {
      for (const [index, value] of factor.values.entries()) {
        const back = matrix.factors[at]?.values[index] as number;
        expect(Math.abs(back - value)).toBeLessThanOrEqual(digits * Math.abs(value) + 2 ** -10);
      }
    }
  }
});

it("a damaged description is refused", () => {
  const quantized = quantizeValues(new Float32Array(64).fill(1), [1, 2, 32, 1], "q4");
  const { tensors, metadata } = fewBitsEntry("w", [2, 32], quantized);
  const [codes, scales] = tensors;
  const text = metadata["papilio.few-bits.w"] as string;
  const read = (parts: readonly SafetensorsTensor[], description: string): unknown =>
    expandFewBits(readSafetensors(writeSafetensors(parts, { "papilio.few-bits.w": description })));
  expect(() => read(tensors, text.replace("q4", "q9"))).toThrow(code("FILE_HEADER"));
  expect(() => read(tensors, text.replace("[2,32]", "[2,33]"))).toThrow(code("FILE_HEADER"));
  expect(() => read(tensors, text.replace("[1,1,32,1]", "[1,1,16,1]"))).toThrow(
    code("FILE_HEADER"),
  );
  expect(() => read(tensors, "{")).toThrow(code("FILE_HEADER"));
  expect(() => read(tensors, text.replace("q4", "q8"))).toThrow(code("TENSOR_SHAPE"));
  expect(() => read([codes], text)).toThrow(code("TENSOR_MISSING"));
  expect(() => read([scales], text)).toThrow(code("TENSOR_MISSING"));
  expect(() => fewBitsEntry("w", [65], quantized)).toThrow(code("TENSOR_SHAPE"));
});

it("codes and scales that stand for no finite number are refused", () => {
  for (const [dtype, wrong] of [
    ["f8e4m3", [0x7f, 0xff]],
    ["f8e5m2", [0x7c, 0x7f, 0xfc, 0xff]],
  ] as const) {
    const quantized = quantizeValues(new Float32Array(64).fill(1), [1, 2, 32, 1], dtype);
    const { tensors, metadata } = fewBitsEntry("w", [2, 32], quantized);
    const [codes, scales] = tensors;
    const read = (parts: readonly SafetensorsTensor[]): unknown =>
      expandFewBits(readSafetensors(writeSafetensors(parts, metadata)));
    for (const own of wrong) {
      expect(() => read([{ ...codes, bytes: codes.bytes.with(5, own) }, scales])).toThrow(
        code("FILE_TENSOR"),
      );
    }
    for (const high of [0x7c, 0x7e, 0x3d, 0xbc]) {
      expect(() => read([codes, { ...scales, bytes: scales.bytes.with(3, high) }])).toThrow(
        code("FILE_TENSOR"),
      );
    }
  }
});
