import { Butterfly, Chain } from "@papilio/butterfly";
import { hadamard } from "@papilio/butterfly/constructions";
import { saveButterflies } from "@papilio/butterfly/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadStateDict } from "./load-state-dict.ts";
import { storedMatrices } from "./stored-matrices.ts";
import { type StateDict, StoredTensor } from "./stored-tensor.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

function stateOf(shapes: Shapes, dtype: "F32" | "F16" | "I32" = "F32"): StateDict {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const values = Float64Array.from({ length }, (_, at) => (at % 13) - 6);
      return [name, StoredTensor.of({ name, dtype, shape: [...shape], values })];
    }),
  );
}

/** Names, factors and sizes. */
function described(state: StateDict): readonly (readonly [string, number, string])[] {
  return storedMatrices(state).map((one) => {
    const { chain } = one.matrix();
    return [one.name, one.tensors.length, `${chain.rows}x${chain.cols}`];
  });
}

describe("the matrices of a state dict", () => {
  it("are weights, tables of tokens, and products of factors, in the order of tensors", () => {
    const state = stateOf({
      "wte.weight": [16, 4],
      "wpe.weight": [8, 4],
      "h.0.factors.1": [2, 2, 2, 1],
      "h.0.factors.0": [1, 2, 2, 2],
      "h.0.bias": [4],
      "patches.weight": [4, 3, 2, 2],
      "head.weight": [16, 4],
      "empty.weight": [0, 4],
    });
    expect(described(state)).toEqual([
      ["wte.weight", 1, "16x4"],
      ["h.0", 2, "4x4"],
      ["head.weight", 1, "16x4"],
    ]);
    expect(described(stateOf({ "head.weight": [16, 4] }, "I32"))).toEqual([]);
  });

  it("are one by one where factors do not follow one another, or one is missing", () => {
    const apart = stateOf({ "w.factors.0": [1, 2, 3, 1], "w.factors.1": [1, 5, 2, 1] });
    expect(described(apart).map(([name]) => name)).toEqual(["w.factors.0", "w.factors.1"]);
    const missing = stateOf({ "factors.0": [1, 2, 2, 2], "factors.2": [2, 2, 2, 1] });
    expect(described(missing).map(([name]) => name)).toEqual(["factors.0", "factors.2"]);
  });

  it("have inputs first in layers of GPT-2", () => {
    const state = stateOf({ "h.0.attn.c_attn.weight": [2, 6] });
    const [found] = storedMatrices(state);
    const stored = state.get("h.0.attn.c_attn.weight")?.toReal("float64") ?? [];
    expect(found?.transposed).toBe(true);
    const dense = found?.matrix().dense() ?? [];
    for (let at = 0; at < 12; at++)
      expect(dense[(at % 6) * 2 + Math.floor(at / 6)]).toBe(stored[at]);
  });

  it("are what files of butterflies have, with blocks that are stored once", async () => {
    const butterflies = {
      hadamard: hadamard(16),
      monarch: Butterfly.random(Chain.monarch({ rows: 12, cols: 12, blocks: 3 }), { seed: 1 }),
    };
    const file = saveButterflies(butterflies, { dtype: "F64" });
    const found = storedMatrices(await loadStateDict(new Map([["model.safetensors", file]])));
    expect(found.map(({ name }) => name)).toEqual(Object.keys(butterflies));
    for (const { name, weights, matrix } of found) {
      const given = butterflies[name as keyof typeof butterflies];
      expect(matrix().dense()).toEqual(given.convert("float64").dense());
      expect(weights).toBe(given.factors.reduce((sum, { values }) => sum + values.length, 0));
    }
  });

  it("have all weights of layers, of any shapes, once", () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(size, size), { maxLength: 5 }), (sizes) => {
        const state = stateOf(Object.fromEntries(sizes.map((own, at) => [`l.${at}.weight`, own])));
        const found = storedMatrices(state);
        expect(found.flatMap(({ tensors }) => tensors)).toEqual([...state.values()]);
        for (const { tensors, weights, matrix } of found) {
          expect(matrix().dense()).toEqual(tensors[0]?.toReal("float64"));
          expect(weights).toBe(tensors[0]?.toReal("float64").length);
        }
      }),
    );
  });
});
