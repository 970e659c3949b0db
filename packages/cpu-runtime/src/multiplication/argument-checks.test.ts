import { runInNewContext } from "node:vm";
import { Butterfly, Chain, ComplexButterfly, Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { CpuButterfly } from "./cpu-butterfly.ts";
import { CpuComplexButterfly } from "./cpu-complex-butterfly.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const shape = { batch: 2, layout: "batch-first" } as const;
const chain = Chain.of([new Pattern(2, 2, 2, 1)]);
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

it("an array of another realm is multiplied as one of this realm is", async () => {
  const x = runInNewContext(`Float32Array.from([${numbers}])`) as Float32Array;
  using packed = await CpuButterfly.create(matrix);
  const y = await packed.multiply(x, shape);
  expect(y instanceof Float32Array).toBe(true);
  expect(y).toEqual(await packed.multiply(Float32Array.from(numbers), shape));
});

describe("an array of another class", () => {
  it.each(wrong)("%s is refused before anything is computed", async (_, given) => {
    const x = given as Float32Array;
    const own = Float32Array.from(numbers);
    using packed = await CpuButterfly.create(matrix);
    using packedComplex = await CpuComplexButterfly.create(complex);
    for (const multiplied of [
      () => packed.multiply(x, shape),
      () => packed.multiply(own, shape, { out: x ?? (null as never) }),
      () => packedComplex.multiply({ re: x, im: own }, shape),
      () => packedComplex.multiply({ re: own, im: x }, shape),
    ]) {
      await expect(multiplied()).rejects.toThrow(code("ARRAY_TYPE"));
    }
  });

  it("double precision is refused, and halves beside single", async () => {
    using packed = await CpuButterfly.create(matrix);
    const exact = Float64Array.from(numbers) as unknown as Float32Array;
    await expect(packed.multiply(exact, shape)).rejects.toThrow(code("ARRAY_TYPE"));
    const out = new Uint16Array(8) as unknown as Float32Array;
    const mixed = packed.multiply(Float32Array.from(numbers), shape, { out });
    await expect(mixed).rejects.toThrow(code("ARRAY_TYPE"));
  });

  it("memory that was transferred is named", async () => {
    const x = Float32Array.from(numbers);
    structuredClone(x, { transfer: [x.buffer] });
    using packed = await CpuButterfly.create(matrix);
    await expect(packed.multiply(x, shape)).rejects.toThrow(code("ARRAY_DETACHED"));
  });
});
