import { Butterfly, Chain, KroneckerSparse, Pattern, PermutedButterfly } from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import {
  type DenseTensor,
  fromBlockTwiddle,
  fromMonarchPair,
  fromTwiddle,
  saveButterflies,
} from "@papilio/butterfly/files";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { butterfliesFromStateDict } from "./butterflies-from-state-dict.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { StoredTensor } from "./stored-tensor.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const next = uniform(7);
const random = (...shape: number[]): DenseTensor<Float32Array> => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((all, size) => all * size, 1) }, next),
});

const stateOf = (tensors: Record<string, DenseTensor<Float32Array>>): Map<string, StoredTensor> =>
  new Map(
    Object.entries(tensors).map(([name, { shape, values }]) => [
      name,
      StoredTensor.of({ name, dtype: "F32", shape, values }),
    ]),
  );

/** The dense forms of what was found. */
const dense = (stacks: readonly (readonly { readonly matrix: unknown }[])[]): unknown[][] =>
  stacks.map((stack) => stack.map(({ matrix }) => [...(matrix as Butterfly).dense()]));

describe("a structured weight is found", () => {
  const prefix = "encoder.layers.0.fc1";

  it("of a Monarch layer", () => {
    const first = random(4, 8, 6);
    const second = random(8, 3, 4);
    const state = stateOf({
      [`${prefix}.blkdiag1`]: first,
      [`${prefix}.blkdiag2`]: second,
      [`${prefix}.bias`]: random(24),
    });
    const { convention, stacks, names } = butterfliesFromStateDict(state, prefix);
    expect(convention).toBe("monarch");
    expect(names).toEqual([`${prefix}.blkdiag1`, `${prefix}.blkdiag2`]);
    expect(dense(stacks)).toEqual([[[...fromMonarchPair(first, second).dense()]]]);
  });

  it.each([true, false])(
    "of a butterfly layer, with increasing strides: %s",
    (increasingStride) => {
      const twiddle = random(2, 2, 3, 4, 2, 2);
      const state = stateOf({ twiddle });
      const { convention, stacks } = butterfliesFromStateDict(state, "", { increasingStride });
      expect(convention).toBe("twiddle");
      const expected = fromTwiddle(twiddle, increasingStride);
      expect(dense(stacks)).toEqual(expected.map((row) => row.map((one) => [...one.dense()])));
    },
  );

  it("of a butterfly layer of complex numbers, by type or by a last axis, and of blocks", () => {
    const shape = [2, 1, 3, 4, 2, 2];
    const parts = { re: random(...shape).values, im: random(...shape).values };
    const pairs = Float32Array.from({ length: 192 }, (_, index) => {
      const part = index % 2 === 0 ? parts.re : parts.im;
      return part[index >> 1] as number;
    });
    const bytes = new Uint8Array(pairs.buffer);
    const complex = new StoredTensor({ name: "twiddle", dtype: "C64", shape }, 768, () => bytes);
    const byAxis = stateOf({ twiddle: { shape: [...shape, 2], values: pairs } });
    const expected = fromTwiddle({ shape, values: parts }, true).map(([one]) => one?.dense());
    for (const state of [new Map([["twiddle", complex]]), byAxis]) {
      const { stacks } = butterfliesFromStateDict(state, "");
      expect(stacks.map(([one]) => one?.matrix.dense())).toEqual(expected);
    }
    const twiddle = random(1, 2, 2, 2, 2, 2, 3, 3);
    const { stacks } = butterfliesFromStateDict(stateOf({ twiddle }), "");
    const blocks = fromBlockTwiddle(twiddle, true).map((row) => row.map((one) => one.dense()));
    expect(stacks.map((row) => row.map((one) => one.dense()))).toEqual(blocks);
  });

  it("of a Kronecker-sparse layer", () => {
    const weight = random(2, 3, 4, 5);
    const { convention, stacks, names } = butterfliesFromStateDict(
      stateOf({ [`${prefix}.weight`]: weight }),
      prefix,
    );
    expect([convention, names]).toEqual(["kronecker-sparse", [`${prefix}.weight`]]);
    const factor = new KroneckerSparse(new Pattern(2, 3, 4, 5), weight.values);
    expect(dense(stacks)).toEqual([[[...factor.dense()]]]);
  });

  const butterfly = Butterfly.random(Chain.parse("1,4,2,6;2,3,4,2"), { seed: 3 });

  it("that saveButterflies wrote, between its permutations", async () => {
    const left = Uint32Array.from({ length: butterfly.chain.rows }, (_, index) => index).reverse();
    const file = saveButterflies({
      [prefix]: new PermutedButterfly(butterfly, { left }),
      [`${prefix}x`]: butterfly,
    });
    const state = await loadStateDict(file);
    const found = butterfliesFromStateDict(state, prefix);
    expect(found.convention).toBe("factors");
    expect(found.names).toHaveLength(3);
    const [one] = found.stacks[0] ?? [];
    expect(one?.left).toEqual(left);
    expect(dense(found.stacks)).toEqual([[[...butterfly.dense()]]]);
  });

  it("with shared blocks and complex numbers, by their metadata", async () => {
    const transform = fourier(16);
    const file = saveButterflies({ fft: transform }, { dtype: "F32" });
    const { stacks } = butterfliesFromStateDict(await loadStateDict(file), "fft");
    const [one] = stacks[0] ?? [];
    expect(one?.matrix.chain.toString()).toBe(transform.matrix.chain.toString());
    expect(one?.right).toEqual(transform.right);
  });

  it.each(["", prefix])("of factors without metadata, by their shapes, at %j", async (name) => {
    const saved = await loadStateDict(saveButterflies({ x: butterfly }));
    const state = new Map(
      [...saved].map(([key, tensor]) => [key.replace("x.", name === "" ? "" : `${name}.`), tensor]),
    );
    const { stacks } = butterfliesFromStateDict(state, name);
    expect(dense(stacks)).toEqual([[[...butterfly.dense()]]]);
  });
});

describe("a structured weight is refused", () => {
  it.each<[string, Record<string, DenseTensor<Float32Array>>, string]>([
    ["that is not there", { "y.weight": random(1, 2, 2, 1) }, "TENSOR_MISSING"],
    ["that is a dense matrix", { "x.weight": random(2, 2) }, "TENSOR_MISSING"],
    ["that is half of a pair", { "x.blkdiag1": random(2, 2, 2) }, "TENSOR_MISSING"],
    ["without sizes", { "x.weight": random(1, 2, 0, 1) }, "TENSOR_SHAPE"],
    ["of another shape", { "x.twiddle": random(1, 1, 2, 4, 2, 2) }, "TENSOR_SHAPE"],
    [
      "that does not chain",
      { "x.factors.0": random(1, 2, 2, 1), "x.factors.1": random(1, 3, 3, 1) },
      "CHAIN_NOT_CHAINABLE",
    ],
  ])("%s", (_, tensors, expected) => {
    expect(() => butterfliesFromStateDict(stateOf(tensors), "x")).toThrow(code(expected));
  });
});
