import { describe, expect, it } from "vitest";
import { bitReversal, fourier, hadamard } from "../constructions/index.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import type { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { Chain } from "../pattern/chain.ts";
import { loadButterflies, saveButterflies } from "./butterfly-file.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const KEY = "papilio.butterfly.w";

describe("a file of butterflies", () => {
  const real = Butterfly.random(Chain.parse("1,3,4,4; 4,4,2,1"), { seed: 1 });
  const complex = ComplexButterfly.random(Chain.monarch(16), { seed: 2 });
  const file = saveButterflies(
    { real, complex, "a.b": hadamard(32).convert("float32"), fft: fourier(16) },
    {
      metadata: { note: "kept" },
      tensors: [{ name: "bias", dtype: "F32", shape: [1], values: Float32Array.of(3) }],
    },
  );

  it("comes back bit by bit, with shared blocks and permutations", () => {
    const loaded = loadButterflies(file);
    expect([...loaded.keys()].toSorted()).toEqual(["a.b", "complex", "fft", "real"]);
    expect(loaded.get("real")?.matrix).toEqual(real);
    expect(loaded.get("complex")?.matrix).toEqual(complex);
    expect(
      loaded.get("a.b")?.matrix.factors.map((factor) => (factor as KroneckerSparse).values.length),
    ).toEqual([4, 4, 4, 4, 4]);
    expect(loaded.get("a.b")?.matrix).toEqual(hadamard(32).convert("float32"));
    const exact = loadButterflies(file, "float64").get("fft");
    expect(exact?.matrix).toEqual(fourier(16).matrix);
    expect(exact?.right).toEqual(bitReversal(16));
    expect(exact?.left).toBeUndefined();
  });

  it("comes back where its factors are not chainable", () => {
    const turning = Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2");
    const plain = Butterfly.random(turning, { seed: 3 });
    const parts = ComplexButterfly.random(turning, { seed: 4 });
    const loaded = loadButterflies(saveButterflies({ plain, parts }));
    expect(loaded.get("plain")?.matrix).toEqual(plain);
    expect(loaded.get("parts")?.matrix).toEqual(parts);
  });

  it("leaves room for other tensors and metadata", () => {
    const { tensors, metadata } = readSafetensors(file);
    expect(tensors.has("bias")).toBe(true);
    expect(metadata.get("note")).toBe("kept");
    expect(tensors.get("real.factors.1")?.shape).toEqual([4, 4, 2, 1]);
    expect(tensors.get("fft.factors.3.im")?.dtype).toBe("F64");
  });

  it("may hold values in half precision", () => {
    const halves = loadButterflies(saveButterflies({ real }, { dtype: "BF16" })).get("real");
    expect(halves).toBeDefined();
    for (const [index, factor] of (halves as PermutedButterfly).matrix.factors.entries()) {
      real.factors[index]?.values.forEach((value, at) => {
        expect(Math.abs((factor.values[at] as number) - value)).toBeLessThanOrEqual(
          Math.abs(value) / 256,
        );
      });
    }
  });

  it("that is damaged is refused", () => {
    const values = new Float32Array(8);
    const tensor = { name: "w.factors.0", dtype: "F32", shape: [1, 2, 2, 2], values } as const;
    const described = (text: string): Record<string, string> => ({
      "papilio.format": "1",
      [KEY]: text,
    });
    const good = described('{"chain":"1,2,2,2","complex":false}');
    expect(loadButterflies(writeSafetensors([tensor], good)).has("w")).toBe(true);
    for (const [bytes, expected] of [
      [writeSafetensors([], good), "TENSOR_MISSING"],
      [writeSafetensors([{ ...tensor, shape: [2, 2, 2, 1] }], good), "TENSOR_SHAPE"],
      [writeSafetensors([{ ...tensor, shape: [1, 2, 2, 2, 1] }], good), "TENSOR_SHAPE"],
      [writeSafetensors([tensor], described("{")), "FILE_HEADER"],
      [writeSafetensors([tensor], described('{"chain":"1,2,2","complex":false}')), "FILE_HEADER"],
      [writeSafetensors([tensor], described('{"chain":4,"complex":false}')), "FILE_HEADER"],
      [writeSafetensors([tensor], { ...good, "papilio.format": "2" }), "FILE_HEADER"],
      [
        writeSafetensors(
          [
            tensor,
            {
              name: "w.permutation.left",
              dtype: "U32",
              shape: [4],
              values: Uint32Array.of(0, 1, 1, 3),
            },
          ],
          good,
        ),
        "PERMUTATION_INVALID",
      ],
      [
        writeSafetensors(
          [
            tensor,
            { name: "w.permutation.left", dtype: "F32", shape: [4], values: new Float32Array(4) },
          ],
          good,
        ),
        "TENSOR_SHAPE",
      ],
    ] as const) {
      expect(() => loadButterflies(bytes)).toThrow(code(expected));
    }
  });

  it("of a model without butterflies has none", () => {
    expect(loadButterflies(writeSafetensors([])).size).toBe(0);
    const permuted = new PermutedButterfly(real, {
      left: Uint32Array.from({ length: 12 }, (_, p) => 11 - p),
    });
    expect(loadButterflies(saveButterflies({ permuted })).get("permuted")?.left?.[0]).toBe(11);
  });
});
