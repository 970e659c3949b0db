import { describe, expect, it } from "vitest";
import { adapterFixture, adapterFixtures } from "../testing/adapter-fixtures.ts";
import { StoredTensor } from "../weights/stored-tensor.ts";
import type { AdapterTarget, RotationChange } from "./adapter.ts";
import { mergeAdapter } from "./merge-adapter.ts";
import { readAdapter } from "./read-adapter.ts";

/** Of a number that is rounded to float32 once, after sums of float64 whose terms are at most some ten in size. */
const within = (value: number): number => 2 ** -24 * Math.abs(value) + 1e-12;

/** All numbers of a model, copied. */
const numbersOf = (model: ReturnType<ReturnType<typeof adapterFixture>["model"]>) =>
  new Map([...model.namedParameters()].map(([name, { values }]) => [name, values.slice()]));

describe("a merged adapter", () => {
  const fixtures = adapterFixtures();

  it("is made of all fixtures", () => {
    expect(fixtures.length).toBe(88);
  });

  it.each(fixtures)(
    "$name has the weights of numpy's formulas, and no others change",
    (fixture) => {
      const model = fixture.model();
      const before = numbersOf(model);
      mergeAdapter(model, readAdapter(model, fixture.files()));
      const expected = fixture.expected();
      expect(expected.size).toBeGreaterThan(0);
      for (const [name, values] of numbersOf(model)) {
        const wanted = expected.get(name)?.toReal("float64") ?? before.get(name) ?? [];
        expect(wanted.length).toBe(values.length);
        const wrong = values.findIndex((value, index) => {
          const right = wanted[index] as number;
          return !(Math.abs(value - right) <= within(right));
        });
        expect([name, wrong]).toEqual([name, -1]);
      }
      expect([...expected.keys()].filter((name) => !before.has(name))).toEqual([]);
    },
  );

  it.each(["llama-8/peft-dora", "gpt2-8/peft-boft", "vit-16/lycoris-oft"])(
    "%s at another scale is as far from the model's weights",
    (name) => {
      const fixture = adapterFixture(name);
      const model = fixture.model();
      const before = numbersOf(model);
      mergeAdapter(model, readAdapter(model, fixture.files()), -0.75);
      const after = numbersOf(model);
      for (const [name, tensor] of fixture.expected()) {
        const merged = tensor.toReal("float64");
        const [from, to] = [before.get(name), after.get(name)] as [Float32Array, Float32Array];
        const right = from.map(
          (value, index) => value - 0.75 * ((merged[index] as number) - value),
        );
        to.forEach((value, index) => {
          // Both were rounded to float32.
          expect(Math.abs(value - (right[index] as number))).toBeLessThanOrEqual(
            2 * within(right[index] as number),
          );
        });
      }
    },
  );

  it("leaves a model as it is at the scale 0, modules that were trained as a whole too", () => {
    const fixture = adapterFixture("vit-8/peft-oft");
    const model = fixture.model();
    const before = numbersOf(model);
    mergeAdapter(model, readAdapter(model, fixture.files()), 0);
    expect(numbersOf(model)).toEqual(before);
  });

  it("has biases and embeddings that were stored with it", () => {
    const fixture = adapterFixture("gpt2-8/peft-lora");
    const { state, config } = fixture.files();
    const values = Float32Array.from({ length: 64 }, (_, index) => index);
    const stored = (name: string, shape: readonly number[]) =>
      StoredTensor.of({
        name,
        dtype: "F32",
        shape,
        values: values.subarray(
          0,
          shape.reduce((p, q) => p * q),
        ),
      });
    const more = [
      stored("base_model.model.transformer.h.0.attn.c_attn.base_layer.bias", [24]),
      stored("base_model.model.transformer.wte.weight", [8, 8]),
    ].map((tensor) => [tensor.name, tensor] as const);
    const files = {
      state: new Map([...state, ...more]),
      config: { ...(config as object), bias: "all" },
    };
    const model = fixture.model();
    mergeAdapter(model, readAdapter(model, files));
    const numbers = numbersOf(model);
    expect(numbers.get("wte.weight")).toEqual(values);
    expect(numbers.get("h.0.attn.k_proj.bias")).toEqual(values.subarray(8, 16));
  });

  it("has one block of OFT in all places, where it is shared", () => {
    const fixture = adapterFixture("llama-8/peft-oft");
    const { state, config } = fixture.files();
    const merged = (share: boolean) => {
      const blocks = [...state].map(([name, tensor]) => {
        const [count = 1, pairs = 1] = tensor.shape;
        const block = tensor.toReal("float32").subarray(0, pairs);
        const values = Float32Array.from(
          { length: share ? pairs : count * pairs },
          (_, at) => block[at % pairs] as number,
        );
        const shape = [share ? 1 : count, pairs];
        return [name, StoredTensor.of({ name, dtype: "F32", shape, values })] as const;
      });
      const model = fixture.model();
      const settings = { ...(config as object), block_share: share };
      mergeAdapter(model, readAdapter(model, { state: new Map(blocks), config: settings }));
      return numbersOf(model);
    };
    expect(merged(true)).toEqual(merged(false));
  });

  it.each([
    [1, [1]],
    [2, [1, 2]],
    // As PEFT computes it.
    [3, [1, 2, 2, 1]],
    [4, [1, 2, 2, 1]],
    [6, [1, 2, 2, 2, 2, 1]],
  ])("has the series of PEFT's OFT of %d terms, %j of each power", (terms, factors) => {
    const fixture = adapterFixture("llama-8/peft-oft");
    const { state, config } = fixture.files();
    const settings = {
      ...(config as object),
      use_cayley_neumann: true,
      num_cayley_neumann_terms: terms,
    };
    const [target] = readAdapter(fixture.model(), { state, config: settings }).targets;
    const { blocks } = (target as AdapterTarget).change as RotationChange;
    const name = "base_model.model.model.layers.0.self_attn.q_proj.oft_R.weight";
    const entries = state.get(name)?.toReal("float64") as Float64Array;
    const at = (row: number, col: number): number => {
      if (row > col) return -at(col, row);
      return row === col ? 0 : (entries[3 * row - (row * (row - 1)) / 2 + col - row - 1] as number);
    };
    // Of the first block, element by element.
    const four = [0, 1, 2, 3];
    const skew = four.map((row) => four.map((col) => at(row, col)));
    let power: number[][] = four.map((row) => four.map((col) => (row === col ? 1 : 0)));
    const sum = four.map(() => four.map(() => 0));
    for (const factor of factors) {
      for (const row of four) {
        for (const col of four)
          (sum[row] as number[])[col] = (sum[row]?.[col] ?? 0) + factor * (power[row]?.[col] ?? 0);
      }
      power = four.map((row) =>
        four.map((col) =>
          four.reduce((all, k) => all + (power[row]?.[k] ?? 0) * (skew[k]?.[col] ?? 0), 0),
        ),
      );
    }
    sum.flat().forEach((right, index) => {
      expect(blocks()[index]).toBeCloseTo(right, 13);
    });
  });

  it("divides by no rank where the alpha of LyCORIS is 0", () => {
    const fixture = adapterFixture("llama-8/lycoris-lora");
    const { state } = fixture.files();
    const name = "lycoris_model_layers_0_self_attn_q_proj.alpha";
    const zero = StoredTensor.of({ name, dtype: "F32", shape: [], values: new Float32Array(1) });
    const { targets } = readAdapter(fixture.model(), { state: new Map(state).set(name, zero) });
    expect(targets[0]?.change).toMatchObject({ scale: 1 });
    expect(targets[1]?.change).toMatchObject({ scale: 0.75 });
  });
});
