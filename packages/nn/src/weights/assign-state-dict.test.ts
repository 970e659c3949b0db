import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignStateDict, StateDictMismatchError } from "./assign-state-dict.ts";
import { transposeTensor } from "./derived-tensors.ts";
import { StoredTensor } from "./stored-tensor.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

interface Parameter {
  readonly shape: readonly number[];
  values: Float32Array;
}

const parameters = (shapes: Record<string, readonly number[]>): Map<string, Parameter> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(shape.reduce((all, size) => all * size, 1)) },
    ]),
  );

/** Tensors of these shapes, of the numbers 1, 2, ... */
const stateOf = (
  shapes: Record<string, readonly number[]>,
  dtype: "F32" | "BF16" = "F32",
): Map<string, StoredTensor> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const length = shape.reduce((all, size) => all * size, 1);
      const values = Float32Array.from({ length }, (_, index) => index + 1);
      return [name, StoredTensor.of({ name, dtype, shape, values })];
    }),
  );

const SHAPES = { "layer.weight": [2, 3], "layer.bias": [2] };

/** What is in parameters, by name. */
const read = (all: ReadonlyMap<string, Parameter>): Record<string, number[]> =>
  Object.fromEntries([...all].map(([name, { values }]) => [name, [...values]]));

const ASSIGNED = { "layer.weight": [1, 2, 3, 4, 5, 6], "layer.bias": [1, 2] };
const UNCHANGED = { "layer.weight": [0, 0, 0, 0, 0, 0], "layer.bias": [0, 0] };

describe("weights are assigned", () => {
  it.each(["F32", "BF16"] as const)("by name, from %s", (dtype) => {
    const all = parameters(SHAPES);
    const differences = assignStateDict(all, stateOf(SHAPES, dtype));
    expect(differences).toEqual({ missing: [], unexpected: [], shapeMismatches: [] });
    expect(read(all)).toEqual(ASSIGNED);
  });

  it("without a look at the numbers that are replaced", () => {
    const all = new Map([
      [
        "x",
        {
          shape: [1],
          get values(): Float32Array {
            throw new Error("not yet allocated");
          },
          set values(values: Float32Array) {
            expect([...values]).toEqual([1]);
          },
        },
      ],
    ]);
    assignStateDict(all, stateOf({ x: [1] }));
    expect.assertions(1);
  });

  it.each([
    ["a table", { w: "layer.weight", b: "layer.bias" }],
    [
      "rules",
      [
        ["w", "weight"],
        [/^b$/, "bias"],
        [/^/, "layer."],
      ] as const,
    ],
    ["a function", (name: string) => ({ w: "layer.weight", b: "layer.bias" })[name]],
  ])("by names that %s changes", (_, rename) => {
    const all = parameters(SHAPES);
    assignStateDict(all, stateOf({ w: [2, 3], b: [2] }), { rename });
    expect(read(all)).toEqual(ASSIGNED);
  });

  it("but for those that a function has no name for", () => {
    const all = parameters(SHAPES);
    assignStateDict(all, stateOf({ ...SHAPES, "layer.steps": [] }), {
      rename: (name) => (name.endsWith(".steps") ? undefined : name),
    });
    expect(read(all)).toEqual(ASSIGNED);
  });

  it("transposed where that is asked for, by the new name", () => {
    const all = parameters(SHAPES);
    assignStateDict(all, stateOf({ w: [3, 2], "layer.bias": [2] }), {
      rename: { w: "layer.weight" },
      transform: (tensor, name) => (name === "layer.weight" ? transposeTensor(tensor) : tensor),
    });
    expect(read(all)["layer.weight"]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it("where they fit, unless it is strict, and the rest is returned", () => {
    const all = parameters({ ...SHAPES, other: [1], third: [] });
    const state = stateOf({ "layer.weight": [3, 2], "layer.bias": [2], more: [1], third: [1] });
    expect(assignStateDict(all, state, { strict: false })).toEqual({
      missing: ["other"],
      unexpected: ["more"],
      shapeMismatches: [
        { name: "layer.weight", expected: [2, 3], found: [3, 2] },
        { name: "third", expected: [], found: [1] },
      ],
    });
    expect(read(all)).toEqual({ ...UNCHANGED, "layer.bias": [1, 2], other: [0], third: [0] });
  });
});

describe("nothing is assigned", () => {
  it("of weights that differ in anything, and all of it is reported", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e");
    const shape = fc.constantFrom<number[]>([1], [2], [1, 2], []);
    const shapes = fc.dictionary(name, shape, { noNullPrototype: true });
    fc.assert(
      fc.property(shapes, shapes, (wanted, given) => {
        const all = parameters(wanted);
        const missing = Object.keys(wanted).filter((one) => !(one in given));
        const unexpected = Object.keys(given).filter((one) => !(one in wanted));
        const shapeMismatches = Object.keys(wanted).filter(
          (one) => one in given && String(wanted[one]) !== String(given[one]),
        );
        const fits = missing.length + unexpected.length + shapeMismatches.length === 0;
        try {
          assignStateDict(all, stateOf(given));
          expect(fits).toBe(true);
        } catch (error) {
          expect(fits).toBe(false);
          expect(error).toBeInstanceOf(StateDictMismatchError);
          const found = error as StateDictMismatchError;
          expect(found.code).toBe("STATE_DICT_MISMATCH");
          expect(found.missing).toEqual(missing);
          expect(found.unexpected).toEqual(unexpected);
          expect(found.shapeMismatches.map((one) => one.name)).toEqual(shapeMismatches);
          expect(
            Object.values(read(all))
              .flat()
              .every((value) => value === 0),
          ).toBe(true);
        }
      }),
    );
  });

  it("and a message counts what it does not show", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}`, [1]]));
    const assign = (): unknown => assignStateDict(parameters(many), stateOf({ "layer.bias": [2] }));
    expect(assign).toThrow(/100 missing: "p0", .* and 95 more; 1 unexpected: "layer.bias"/);
  });

  it("when two tensors get the same name", () => {
    const all = parameters({ x: [2] });
    const assign = (): unknown =>
      assignStateDict(all, stateOf({ x: [2], y: [2] }), { rename: { y: "x" }, strict: false });
    expect(assign).toThrow(code("STATE_DICT_RENAME"));
    expect(read(all)).toEqual({ x: [0, 0] });
  });

  it("when one of them is not real numbers, or cannot be read", () => {
    const all = parameters(SHAPES);
    const state = stateOf(SHAPES);
    const assign = (): unknown => assignStateDict(all, state);
    const bias = { name: "layer.bias", shape: [2] };
    state.set(
      "layer.bias",
      new StoredTensor({ ...bias, dtype: "I64" }, 16, () => new Uint8Array(16)),
    );
    expect(assign).toThrow(code("TENSOR_DTYPE"));
    state.set(
      "layer.bias",
      new StoredTensor({ ...bias, dtype: "F32" }, 8, () => {
        throw new Error("the disk is gone");
      }),
    );
    expect(assign).toThrow("the disk is gone");
    expect(read(all)).toEqual(UNCHANGED);
  });
});
