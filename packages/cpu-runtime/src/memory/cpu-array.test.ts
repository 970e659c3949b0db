import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { describe, expect, it, vi } from "vitest";
import { cpu } from "../multiplication/cpu.ts";
import { CpuMemory, MOST_RETIRED } from "./cpu-memory.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const chain = Chain.monarch(64);
const butterfly = Butterfly.random(chain, { seed: 1 });
const shape = { batch: 1, layout: "batch-first" } as const;

describe("an array of the CPU backend", () => {
  it("frees its own memory once, however often it is disposed of", async () => {
    using weights = await compile(butterfly, cpu());
    const first = weights.allocate(1024);
    first.dispose();
    using second = weights.allocate(1024);
    first.dispose();
    first[Symbol.dispose]();
    using third = weights.allocate(1024);
    second.values.fill(2);
    third.values.fill(3);
    expect(second.values.every((value) => value === 2)).toBe(true);
  });

  it("is refused after it was disposed of, and so are its views", async () => {
    using weights = await compile(butterfly, cpu());
    const array = weights.allocate(128);
    const { values } = array;
    const view = values.subarray(64);
    values.fill(1);
    const result = await weights.multiply(view, shape);
    const reference = referenceProduct(butterfly, new Float64Array(64).fill(1), shape);
    for (const [index, value] of result.entries()) {
      expect(value).toBeCloseTo(reference[index] as number, 5);
    }
    array.dispose();
    expect(() => array.values).toThrow(code("CPU_ARRAY_DISPOSED"));
    for (const gone of [values.subarray(0, 64), view]) {
      await expect(weights.multiply(gone, shape)).rejects.toEqual(code("CPU_ARRAY_DISPOSED"));
      const out = weights.multiply(new Float32Array(64), shape, { out: gone });
      await expect(out).rejects.toEqual(code("CPU_ARRAY_DISPOSED"));
    }
  });

  it("does not reach other arrays when it is written to late", async () => {
    using weights = await compile(butterfly, cpu());
    const expected = await weights.multiply(new Float32Array(64).fill(1), shape);
    const arrays = [16, 1024, 8192].map((length) => weights.allocate(length));
    const late = arrays.map(({ values }) => values.subarray(1));
    for (const array of arrays) array.dispose();
    using others = await compile(butterfly, cpu());
    using held = weights.allocate(1024);
    held.values.fill(5);
    for (const values of late) values.fill(Number.NaN);
    expect(await others.multiply(new Float32Array(64).fill(1), shape)).toEqual(expected);
    expect(held.values.every((value) => value === 5)).toBe(true);
  });

  it("is refused where a view reaches beyond it, into other arrays", async () => {
    using weights = await compile(butterfly, cpu());
    using array = weights.allocate(64);
    const { buffer, byteOffset } = array.values;
    for (const [offset, length] of [
      [byteOffset + 4, 64],
      [byteOffset - 4, 64],
      [0, 64],
    ] as const) {
      const view = new Float32Array(buffer, offset, length);
      await expect(weights.multiply(view, shape)).rejects.toEqual(code("CPU_ARRAY_VIEW"));
      const out = weights.multiply(new Float32Array(64), shape, { out: view });
      await expect(out).rejects.toEqual(code("CPU_ARRAY_VIEW"));
    }
    await weights.multiply(new Float32Array(buffer, byteOffset, 64), shape);
  });

  it("is not reused as long as the last disposed arrays are kept", () => {
    const memory = CpuMemory.create() as CpuMemory;
    const bytes = MOST_RETIRED / 4;
    // Nothing is written, so that no memory is taken.
    const held = Array.from({ length: 12 }, () => {
      const { values, retire } = memory.allocateArray("float32", bytes / 4);
      expect(memory.bytes).toBeLessThanOrEqual(MOST_RETIRED + bytes);
      retire();
      expect(memory.bytes).toBeLessThanOrEqual(MOST_RETIRED);
      return values;
    });
    const last = held.at(-1) as Float32Array;
    expect(memory.allocate(bytes, "others")).not.toBe(last.byteOffset);
    expect(() => memory.addressOf(last)).toThrow(code("CPU_ARRAY_DISPOSED"));
  });

  it("is not reused until the next one is disposed of, whatever its size", () => {
    const memory = CpuMemory.create() as CpuMemory;
    const [large, next] = [
      memory.allocateArray("float32", MOST_RETIRED / 2),
      memory.allocateArray("float32", 16),
    ];
    large.retire();
    expect(memory.allocate(64, "others")).not.toBe(large.values.byteOffset);
    expect(() => memory.addressOf(large.values)).toThrow(code("CPU_ARRAY_DISPOSED"));
    next.retire();
    expect(memory.allocate(64, "others")).toBe(large.values.byteOffset);
  });

  it("shares the memory's buffer with others, and is multiplied all the same", async () => {
    // Engines make another buffer object of a memory when it grows, and not in between.
    using weights = await compile(butterfly, cpu());
    using x = weights.allocate(64);
    using y = weights.allocate(64);
    x.values.fill(1);
    await weights.multiply(x.values, shape, { out: y.values });
    expect([...y.values]).toEqual([
      ...(await weights.multiply(new Float32Array(64).fill(1), shape)),
    ]);
  });

  it("is refused where its length is not valid", async () => {
    using weights = await compile(butterfly, cpu());
    for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "8" as never]) {
      expect(() => weights.allocate(length)).toThrow(code("CPU_ARRAY_LENGTH"));
    }
  });

  it("keeps its memory while a multiplication uses it", () => {
    const memory = new CpuMemory(new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true }));
    const { values, retire } = memory.allocateArray("float32", 2 * 16_384);
    const endUse = memory.use(values.subarray(1));
    retire();
    expect(() => memory.allocate(65_536, "others")).toThrow(code("CPU_MEMORY"));
    endUse();
    expect(memory.allocate(65_536, "others")).toBe(values.byteOffset);
  });

  it("is the last memory to be reused", () => {
    const memory = new CpuMemory(new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true }));
    const { values, retire } = memory.allocateArray("float32", 16_384);
    retire();
    expect(memory.allocate(65_536, "others")).not.toBe(values.byteOffset);
    expect(() => memory.addressOf(values)).toThrow(code("CPU_ARRAY_DISPOSED"));
    expect(memory.addressOf(new Float32Array(4))).toBe(undefined);
    expect(memory.allocate(65_536, "what is left")).toBe(values.byteOffset);
    expect(() => memory.allocate(65_536, "more than there is")).toThrow(code("CPU_MEMORY"));
  });
});

/** Runs a test with the package as it computes in WebAssembly, or where there is none. */
async function computedBy(
  by: string,
  test: (own: typeof import("@papilio/butterfly") & typeof import("../index.ts")) => Promise<void>,
): Promise<void> {
  const isReference = by === "the reference";
  if (isReference) {
    vi.resetModules();
    vi.doMock("../engine/engine.ts", () => ({
      openEngine: async () => ({ reason: "It is a test." }),
    }));
  }
  try {
    await test({ ...(await import("@papilio/butterfly")), ...(await import("../index.ts")) });
  } finally {
    vi.doUnmock("../engine/engine.ts");
    if (isReference) vi.resetModules();
  }
}

describe("a matrix of the CPU backend", () => {
  it.each(["WebAssembly", "the reference"])("is refused after it was disposed of, by %s", (by) =>
    computedBy(by, async (own) => {
      const real = own.Butterfly.random(own.Chain.monarch(64), { seed: 1 });
      const weights = await own.compile(real, own.cpu());
      expect(weights.report.kernel === "reference").toBe(by === "the reference");
      const complex = await own.compile(own.ComplexButterfly.fromReal(real), own.cpu());
      const array = weights.allocate(1);
      for (const owned of [weights, complex, array, weights, complex, array]) owned.dispose();
      const x = new Float32Array(64);
      await expect(weights.multiply(x, shape)).rejects.toEqual(code("MATRIX_DISPOSED"));
      const product = complex.multiply({ re: x, im: x }, shape);
      await expect(product).rejects.toEqual(code("MATRIX_DISPOSED"));
      expect(() => weights.allocate(1)).toThrow(code("MATRIX_DISPOSED"));
      expect(() => complex.allocate(1)).toThrow(code("MATRIX_DISPOSED"));
      expect(() => array.values).toThrow(code("CPU_ARRAY_DISPOSED"));
    }),
  );

  it.each(["WebAssembly", "the reference"])(
    "multiplies by the values that it was created of, in every shape, by %s",
    (by) =>
      computedBy(by, async (own) => {
        const values = own.Butterfly.random(own.Chain.monarch(64), { seed: 1 });
        const complexValues = own.ComplexButterfly.fromReal(values.copy());
        const opening = own.compile(values, own.cpu());
        const first = values.factors[0] as (typeof values.factors)[number];
        // While the threads open, too.
        first.values.fill(9);
        using weights = await opening;
        using complex = await own.compile(complexValues, own.cpu());
        for (const factor of complexValues.factors) factor.re.values.fill(9);
        const ones = new Float32Array(3 * 64).fill(1);
        const zeros = new Float32Array(3 * 64);
        const expected = referenceProduct(butterfly, new Float64Array(64).fill(1), shape);
        for (const batch of [1, 3]) {
          const given = { batch, layout: "batch-first" } as const;
          const [x, im] = [ones.subarray(0, batch * 64), zeros.subarray(0, batch * 64)];
          const y = await weights.multiply(x, given);
          const { re } = await complex.multiply({ re: x, im }, given);
          for (const [index, value] of expected.entries()) {
            expect(y.at(index - 64)).toBeCloseTo(value, 5);
            expect(re.at(index - 64)).toBeCloseTo(value, 5);
          }
          first.values.fill(batch);
        }
      }),
  );
});
