import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { circulant, convolution } from "../constructions/circulant.ts";
import { bitReversal, composePermutations } from "../constructions/permutations.ts";
import { cosine, sine } from "../constructions/trigonometric.ts";
import { factorize } from "../factorization/factorize.ts";
import { namedPermutation } from "../factorization/permuted.ts";
import { fromValuesLayout } from "../files/layouts.ts";
import { readNpy, writeNpy } from "../files/npy.ts";
import { readSafetensors } from "../files/safetensors.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { invertPermutation, permuteFeatures } from "../matrix/permutation.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import { zeros } from "../numeric/float-array.ts";
import { verify } from "../numeric/tolerance.ts";
import { Chain } from "../pattern/chain.ts";
import { cost, rewritingBytes } from "../pattern/cost.ts";
import { Pattern } from "../pattern/pattern.ts";
import {
  arrayTag,
  requireArray,
  requireFunction,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requireOptions,
  requireSignal,
  requireText,
  requireWhole,
} from "./argument-checks.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const shape = { batch: 2, layout: "batch-first" } as const;
const pattern = new Pattern(2, 2, 2, 1);
const chain = Chain.of([pattern]);
const matrix = Butterfly.random(chain, { seed: 1 });
const complex = ComplexButterfly.random(chain, { seed: 1 });
const numbers = [1, 2, 3, 4, 5, 6, 7, 8];

/** Arrays of eight numbers that no multiplication takes, as JavaScript hands them in. */
const wrong: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a plain array", numbers],
  ["an Int32Array", Int32Array.from(numbers)],
  ["a Uint8Array", Uint8Array.from(numbers)],
  ["a BigInt64Array", BigInt64Array.from(numbers, BigInt)],
  ["a DataView", new DataView(new ArrayBuffer(32))],
  ["an object with a length", { ...numbers, length: 8, BYTES_PER_ELEMENT: 4 }],
];

/** The same numbers in an array of another realm. */
const foreign = <A>(type: string): A => runInNewContext(`${type}.from([${numbers}])`) as A;

describe("an array of another realm", () => {
  it("is not an instance of this realm's class, and has its tag", () => {
    const array = foreign<Float32Array>("Float32Array");
    expect(array instanceof Float32Array).toBe(false);
    expect(arrayTag(array)).toBe("Float32Array");
    expect(arrayTag({ [Symbol.toStringTag]: "Float32Array" })).toBe(undefined);
  });

  it("is multiplied, verified, permuted, factorized and written as one of this realm is", async () => {
    const [x, own] = [foreign<Float32Array>("Float32Array"), Float32Array.from(numbers)];
    const expected = referenceProduct(matrix, own, shape);
    expect(referenceProduct(matrix, x, shape)).toEqual(expected);
    const map = runInNewContext("Uint32Array.of(1, 0, 3, 2)") as Uint32Array;
    expect([...invertPermutation(map)]).toEqual([1, 0, 3, 2]);
    expect(referenceProduct(new PermutedButterfly(matrix, { right: map }), x, shape)).toEqual(
      referenceProduct(new PermutedButterfly(matrix, { right: Uint32Array.from(map) }), own, shape),
    );
    const dense = runInNewContext("Float32Array.from({ length: 16 }, (_, i) => i)") as Float32Array;
    const found = await factorize(dense, chain);
    expect(found.matrix).toEqual((await factorize(Float32Array.from(dense), chain)).matrix);
    expect(writeNpy(x, [8])).toEqual(writeNpy(own, [8]));
  });
});

describe("an array of another class", () => {
  it.each(wrong)(
    "%s is refused by every multiplication, before anything is computed",
    (_, given) => {
      const x = given as Float32Array;
      const single = matrix.factors[0] as KroneckerSparse;
      const own = Float32Array.from(numbers);
      for (const multiplied of [
        () => referenceProduct(single, x, shape),
        () => referenceProduct(single, own, shape, x ?? null),
        () => referenceProduct(matrix, x, shape),
        () => referenceProduct(complex, { re: x, im: own }, shape),
        () => referenceProduct(complex, { re: own, im: x }, shape),
        () =>
          referenceProduct(
            new PermutedButterfly(matrix, { right: Uint32Array.of(1, 0, 3, 2) }),
            x,
            shape,
          ),
      ]) {
        expect(multiplied).toThrow(code("ARRAY_TYPE"));
      }
    },
  );

  it.each(wrong)("%s is refused by everything else that takes numbers", async (_, given) => {
    const x = given as never;
    const exact = Float64Array.from(numbers);
    for (const taken of [
      () => new KroneckerSparse(pattern, x),
      () => KroneckerSparse.fromDense(pattern, x),
      () => fromValuesLayout(pattern, x, "abcd"),
      () => verify(x, exact, exact, { dtype: "f32", terms: 1 }),
      () => verify(exact, x, exact, { dtype: "f32", terms: 1 }),
      () => permuteFeatures(Uint32Array.of(0, 1, 2, 3), x, shape),
      () => circulant(x),
      () => writeNpy(x, [8]),
      () => factorize(x, chain),
    ]) {
      await expect((async () => await taken())()).rejects.toThrow(code("ARRAY_TYPE"));
    }
  });

  it("indices and files are refused likewise", () => {
    const plain = [1, 0] as never;
    for (const taken of [
      () => invertPermutation(plain),
      () => new PermutedButterfly(matrix, { left: [1, 0, 3, 2] as never }),
      () => composePermutations(plain, bitReversal(2)),
      () => readNpy("\x93NUMPY" as never),
      () => readSafetensors(new ArrayBuffer(16) as never),
    ]) {
      expect(taken).toThrow(code("ARRAY_TYPE"));
    }
  });

  it("memory that was transferred is named", () => {
    const x = Float32Array.from(numbers);
    structuredClone(x, { transfer: [x.buffer] });
    expect(() => referenceProduct(matrix, x, shape)).toThrow(code("ARRAY_DETACHED"));
    expect(() => requireArray("It", x, "Float32Array")).toThrow(code("ARRAY_DETACHED"));
  });
});

describe("a choice that there is not", () => {
  it.each([
    ["cosine", () => cosine(8, 5 as never)],
    ["cosine, as text", () => cosine(8, "2" as never)],
    ["sine", () => sine(8, 5 as never)],
    ["convolution", () => convolution(Float64Array.of(1, 2), 4, "half" as never)],
    [
      "convolution, of a prototype",
      () => convolution(Float64Array.of(1, 2), 4, "toString" as never),
    ],
    ["permutation", () => namedPermutation("shuffle" as never, 4)],
    ["values layout", () => fromValuesLayout(pattern, new Float32Array(8), "dcba" as never)],
    ["element type", () => zeros("float16" as never, 4)],
    [
      "precision of random values",
      () => Butterfly.random(chain, { seed: 1, dtype: "f32" as never }),
    ],
    ["precision to convert to", () => matrix.convert("f16" as never)],
    [
      "storage type",
      () =>
        verify(Float64Array.of(1), Float64Array.of(1), Float64Array.of(1), {
          dtype: "bf16" as never,
          terms: 1,
        }),
    ],
    ["storage type of a cost", () => cost(pattern, 1, "f8" as never)],
    ["implementation", () => rewritingBytes("magic" as never, pattern, 1, "f32")],
    ["anything", () => requireOneOf("It", {}, ["a"])],
  ])("is refused: %s", (_, made) => {
    expect(made).toThrow(code("OPTION_INVALID"));
  });
});

describe("an argument of another type", () => {
  const values: [string, unknown][] = [
    ["undefined", undefined],
    ["null", null],
    ["number", 7],
    ["NaN", Number.NaN],
    ["text", "text"],
    ["symbol", Symbol("wrong")],
    ["bigint", 7n],
    ["object", {}],
    ["list", []],
    ["function", () => 0],
    ["array", Float64Array.of(1)],
    ["matrix", matrix],
  ];
  const members = ["factors", "chain"];

  it.each<[string, (value: unknown) => void, string[], string]>([
    ["requireText", (value) => requireText("It", value), ["text"], "a text"],
    ["requireNumber", (value) => requireNumber("It", value), ["number"], "a number"],
    ["requireFunction", (value) => requireFunction("It", value), ["function"], "a function"],
    ["requireWhole", (value) => requireWhole("It", value), ["number"], "a whole number"],
    [
      "requireWhole of a size",
      (value) => requireWhole("It", value, 8),
      [],
      "a whole number of at least 8",
    ],
    ["requireSignal", requireSignal, ["undefined"], "an AbortSignal"],
    ["requireList", (value) => requireList("It", value), ["list"], "a list"],
    [
      "requireObject",
      (value) => requireObject("It", value, "a Butterfly", ...members),
      ["matrix"],
      "a Butterfly",
    ],
    [
      "requireOptions",
      (value) => requireOptions("It", value),
      ["undefined", "object", "matrix"],
      "an object of options",
    ],
  ])("is refused with a fix: %s", (_, check, accepted, wanted) => {
    for (const [name, value] of values) {
      if (accepted.includes(name)) {
        expect(() => check(value)).not.toThrow();
        continue;
      }
      expect(() => check(value), name).toThrow(
        expect.objectContaining({
          code: "OPTION_INVALID",
          message: expect.stringContaining(`but it must be ${wanted}.`),
          fix: `Pass ${wanted}.`,
        }),
      );
    }
  });

  it("is named by what it lacks, and may be of another copy's class", () => {
    expect(() => requireObject("The matrix", chain, "a Butterfly", ...members)).toThrow(
      "The matrix is an object without factors, but it must be a Butterfly.",
    );
    expect(() =>
      requireObject("It", { factors: [], chain }, "a Butterfly", ...members),
    ).not.toThrow();
  });
});
