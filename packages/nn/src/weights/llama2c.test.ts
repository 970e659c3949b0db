import { readFileSync } from "node:fs";
import { PapilioError } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLlama2c } from "./llama2c.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const stories = readFileSync(
  new URL("../../testdata/stories260K/stories260K.bin", import.meta.url),
);

/** A header and so many float32 zeros. */
function fileOf(sizes: readonly number[], floats: number): Uint8Array {
  const file = new Uint8Array(28 + 4 * floats);
  const view = new DataView(file.buffer);
  for (const [index, size] of sizes.entries()) view.setInt32(4 * index, size, true);
  return file;
}

describe("a model of llama2.c", () => {
  it("has the sizes and the tensors of its file, each in its place", () => {
    const { config, tensors } = readLlama2c(stories);
    expect(config).toEqual({
      vocabulary: 512,
      features: 64,
      hidden: 172,
      layers: 5,
      heads: 8,
      keyValueHeads: 4,
      positions: 512,
      epsilon: 1e-5,
      theta: 10_000,
      rotary: "interleaved",
      tiedHead: true,
    });
    expect(tensors.size).toBe(2 + 9 * 5);
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      "model.embed_tokens.weight": [512, 64],
      "model.layers.4.self_attn.k_proj.weight": [32, 64],
      "model.layers.4.self_attn.o_proj.weight": [64, 64],
      "model.layers.0.mlp.gate_proj.weight": [172, 64],
      "model.layers.0.mlp.down_proj.weight": [64, 172],
      "model.layers.0.mlp.up_proj.weight": [172, 64],
      "model.layers.0.input_layernorm.weight": [64],
      "model.layers.0.post_attention_layernorm.weight": [64],
      "model.norm.weight": [64],
    });
    expect(shapes).not.toHaveProperty("lm_head.weight");
    // Gains of a trained normalization lie around one, matrices around zero: a shift would show.
    for (const [name, tensor] of tensors) {
      const values = tensor.toReal("float64");
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      if (name.includes("norm")) expect(mean).toBeGreaterThan(0.4);
      else expect(Math.abs(mean)).toBeLessThan(0.05);
      expect(tensor.bytes().buffer).toBe(stories.buffer);
    }
  });

  it("has a head of its own where the file says so", () => {
    // dim 4, hidden 3, 2 layers, 2 heads, 1 for keys, 5 tokens, 6 positions.
    const floats = 20 + 2 * (4 + 16 + 8 + 8 + 16 + 4 + 12 + 12 + 12) + 4 + 12;
    const tied = readLlama2c(fileOf([4, 3, 2, 2, 1, 5, 6], floats));
    const untied = readLlama2c(fileOf([4, 3, 2, 2, 1, -5, 6], floats + 20));
    expect(tied.tensors.has("lm_head.weight")).toBe(false);
    expect(untied.tensors.get("lm_head.weight")?.shape).toEqual([5, 4]);
    expect([tied, untied].map(({ config }) => [config.vocabulary, config.tiedHead])).toEqual([
      [5, true],
      [5, false],
    ]);
    const last = untied.tensors.get("lm_head.weight")?.bytes();
    expect((last?.byteOffset as number) + 80).toBe(28 + 4 * (floats + 20));
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "FILE_TRUNCATED"],
    ["half a header", new Uint8Array(27), "FILE_TRUNCATED"],
    ["a later version", fileOf([0x616b3432, 2], 0), "FILE_HEADER"],
    ["no layers", fileOf([4, 3, 0, 2, 1, 5, 6], 0), "FILE_HEADER"],
    ["a negative size", fileOf([-4, 3, 2, 2, 1, 5, 6], 0), "FILE_HEADER"],
    ["heads of odd size", fileOf([6, 3, 2, 2, 1, 5, 6], 0), "FILE_HEADER"],
    ["heads that share unevenly", fileOf([12, 3, 2, 3, 2, 5, 6], 0), "FILE_HEADER"],
    ["sizes beyond all memory", fileOf(Array(7).fill(2 ** 31 - 2), 0), "FILE_HEADER"],
    ["a file cut short", stories.subarray(0, -1), "FILE_TRUNCATED"],
    ["a file too long", Buffer.concat([stories, Buffer.alloc(4)]), "FILE_TENSOR"],
  ])("of %s is refused", (_, file, expected) => {
    expect(() => readLlama2c(file)).toThrow(code(expected));
  });

  it("is refused, or lies within its file, whatever the header says", () => {
    const size = fc.oneof(fc.integer({ min: -2, max: 4 }), fc.integer());
    fc.assert(
      fc.property(fc.array(size, { minLength: 7, maxLength: 7 }), fc.nat(500), (sizes, floats) => {
        const file = fileOf(sizes, floats);
        try {
          for (const tensor of readLlama2c(file).tensors.values()) {
            expect(tensor.bytes().length).toBe(tensor.byteLength);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(PapilioError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
