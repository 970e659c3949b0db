import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadStateDict } from "./load-state-dict.ts";
import { saveStateDict, type TensorToSave } from "./save-state-dict.ts";
import { StoredTensor } from "./stored-tensor.ts";
import { anyStateDict, contentsOf } from "./testing/checkpoints.ts";

const INDEX = "model.safetensors.index.json";
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

function parseIndex(files: ReadonlyMap<string, Uint8Array>): {
  metadata: { total_size: number };
  weight_map: Record<string, string>;
} {
  return JSON.parse(new TextDecoder().decode(files.get(INDEX)));
}

describe("weights that are saved", () => {
  it("come back bit for bit, in one file or in shards", async () => {
    await fc.assert(
      fc.asyncProperty(anyStateDict, fc.integer({ min: 1, max: 600 }), async (state, most) => {
        const files = saveStateDict(state, { maxShardBytes: most, metadata: { key: "value" } });
        const loaded = await loadStateDict(files);
        expect(contentsOf(loaded)).toEqual(contentsOf(state));
        expect([...loaded.metadata]).toEqual([["key", "value"]]);
      }),
    );
  });

  it("are divided so that no file has more than it may, but for a tensor that alone has", async () => {
    await fc.assert(
      fc.asyncProperty(anyStateDict, fc.integer({ min: 1, max: 600 }), async (state, most) => {
        const files = saveStateDict(state, { maxShardBytes: most });
        const total = [...state.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
        if (!files.has(INDEX)) {
          expect([...files.keys()]).toEqual(["model.safetensors"]);
          return;
        }
        expect(total).toBeGreaterThan(most);
        const { metadata, weight_map: places } = parseIndex(files);
        expect(metadata.total_size).toBe(total);
        expect(Object.keys(places).toSorted()).toEqual([...state.keys()].toSorted());
        const shards = [...files].filter(([name]) => name !== INDEX);
        for (const [index, [name, contents]] of shards.entries()) {
          const digits = (number: number): string => String(number).padStart(5, "0");
          expect(name).toBe(`model-${digits(index + 1)}-of-${digits(shards.length)}.safetensors`);
          const tensors = [...(await loadStateDict(contents)).values()];
          const bytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
          const full = tensors.filter(({ byteLength }) => byteLength > 0);
          expect(bytes <= most || full.length === 1).toBe(true);
        }
      }),
    );
  });

  it("are rounded to the type that is asked for, integers excepted", async () => {
    const values = Float32Array.of(1, 1 + 2 ** -9, -3e38);
    const ids = Uint32Array.of(7, 2 ** 32 - 1);
    const files = saveStateDict(
      new Map<string, TensorToSave>([
        ["values", { shape: [3], values }],
        ["double", { shape: [1], values: Float64Array.of(Math.PI) }],
        ["ids", StoredTensor.of({ name: "ids", dtype: "U32", shape: [2], values: ids })],
        [
          "half",
          StoredTensor.of({ name: "half", dtype: "F16", shape: [1], values: Float32Array.of(0.1) }),
        ],
      ]),
      { dtype: "BF16" },
    );
    const loaded = await loadStateDict(files);
    expect(loaded.get("ids")?.dtype).toBe("U32");
    expect([...(loaded.get("ids")?.toReal("float64") ?? [])]).toEqual([...ids]);
    for (const name of ["values", "double", "half"]) expect(loaded.get(name)?.dtype).toBe("BF16");
    const [one, near, large] = loaded.get("values")?.toReal("float32") ?? [];
    expect([one, near]).toEqual([1, 1]);
    expect(Math.abs((large as number) / -3e38 - 1)).toBeLessThanOrEqual(2 ** -8);
    expect(loaded.get("double")?.toReal("float32")[0]).toBe(3.140625);
  });

  it("are as they are unless a type is asked for", async () => {
    const files = saveStateDict(
      new Map([
        ["single", { shape: [1], values: Float32Array.of(0.1) }],
        ["double", { shape: [1], values: Float64Array.of(0.1) }],
      ]),
    );
    const loaded = await loadStateDict(files);
    expect(loaded.get("single")?.dtype).toBe("F32");
    expect(loaded.get("double")?.toReal("float64")[0]).toBe(0.1);
  });

  it("are refused where no tensor fits, or a shape has other values", () => {
    const one = new Map([["x", { shape: [2], values: Float32Array.of(1) }]]);
    expect(() => saveStateDict(one)).toThrow(code("TENSOR_SHAPE"));
    for (const maxShardBytes of [0, -1, Number.NaN]) {
      expect(() => saveStateDict(new Map(), { maxShardBytes })).toThrow(
        code("STATE_DICT_TOO_LARGE"),
      );
    }
  });
});
