import { LAYOUTS } from "@papilio/butterfly";
import { FLOAT_FORMATS, quantize, uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { locate } from "../../testing/vectors-in-memory.ts";
import { type RotaryProblem, rotaryKernel } from "./kernel.ts";

type Case = Omit<RotaryProblem, "from" | "to" | "dtype" | "position"> & { readonly at?: number };

const cases: [string, Case][] = [
  [
    "one vector",
    { batch: 1, features: 2, headFeatures: 2, style: "interleaved", period: 1, tableRows: 1 },
  ],
  [
    "interleaved pairs",
    { batch: 9, features: 24, headFeatures: 8, style: "interleaved", period: 9, tableRows: 9 },
  ],
  [
    "halves",
    { batch: 9, features: 30, headFeatures: 10, style: "halves", period: 9, tableRows: 12 },
  ],
  [
    "several sequences",
    { batch: 14, features: 16, headFeatures: 8, style: "halves", period: 5, tableRows: 5 },
  ],
  [
    "later tokens",
    {
      batch: 6,
      features: 8,
      headFeatures: 4,
      style: "interleaved",
      period: 3,
      tableRows: 40,
      at: 21,
    },
  ],
  [
    "into a cache",
    {
      batch: 5,
      features: 12,
      headFeatures: 6,
      style: "halves",
      period: 5,
      tableRows: 32,
      at: 7,
      into: { vectors: 30 },
    },
  ],
  [
    "past a cache's end",
    {
      batch: 5,
      features: 12,
      headFeatures: 6,
      style: "interleaved",
      period: 5,
      tableRows: 32,
      at: 13,
      into: { vectors: 16 },
    },
  ],
  [
    "to a cache's start",
    {
      batch: 4,
      features: 64,
      headFeatures: 64,
      style: "halves",
      period: 4,
      tableRows: 4,
      into: { vectors: 6 },
    },
  ],
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe.each(LAYOUTS)("rotary embedding of %s", (from) => {
  describe.each(LAYOUTS)("to %s", (to) => {
    it.for(cases)("%s", ([, given]) => expectRight(given, "f32"));

    it.for(cases)("%s in f16", async ([, given], { skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight(given, "f16");
    });

    async function expectRight({ at, ...given }: Case, dtype: "f32" | "f16"): Promise<void> {
      const problem: RotaryProblem = { ...given, from, to, dtype, position: at !== undefined };
      const { batch, features, headFeatures, period, tableRows, style, into } = problem;
      const half = headFeatures / 2;
      const next = uniform(6);
      const draw = (length: number): Float32Array => Float32Array.from({ length }, next);
      const vectors = into?.vectors ?? batch;
      const x = quantize(draw(batch * features), dtype);
      const before = quantize(draw(vectors * features), dtype);
      const angles = draw(tableRows * half).map((number) => 3 * number);
      const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
      const actual = await runKernel(
        gpu,
        rotaryKernel(problem),
        { x, cosines, sines, position: Uint32Array.of(at ?? 0) },
        before,
      );

      const expected = Float64Array.from(before);
      const bounds = new Float64Array(expected.length);
      const f32 = FLOAT_FORMATS.f32;
      const stored = FLOAT_FORMATS[dtype];
      for (let n = 0; n < batch; n++) {
        const place = into ? n + (at ?? 0) : n;
        if (place >= vectors) continue;
        for (let f = 0; f < features; f++) {
          const inHead = f % headFeatures;
          const isFirst = style === "interleaved" ? inHead % 2 === 0 : inHead < half;
          const apart = style === "interleaved" ? 1 : half;
          const partner = isFirst ? f + apart : f - apart;
          const pair = style === "interleaved" ? Math.floor(inHead / 2) : inHead % half;
          const angle = ((n % period) + (at ?? 0)) * half + pair;
          const own =
            (x[locate(from, batch, features, n, f)] as number) * (cosines[angle] as number);
          const other =
            (x[locate(from, batch, features, n, partner)] as number) * (sines[angle] as number);
          const written = locate(to, vectors, features, place, f);
          const reference = isFirst ? own - other : own + other;
          expected[written] = reference;
          // Two products and a sum, each rounded, and the rounding of what is stored.
          const computed = 2 * f32.epsilon * (Math.abs(own) + Math.abs(other));
          const rounding = dtype === "f16" ? stored.epsilon * (Math.abs(reference) + computed) : 0;
          bounds[written] = computed + rounding + stored.smallestNormal;
        }
      }
      const wrong = [...actual].flatMap((value, index) => {
        const error = Math.abs(value - (expected[index] as number));
        return error <= (bounds[index] as number) ? [] : [{ index, value, error }];
      });
      expect(wrong).toEqual([]);
    }
  });
});

it("gives tokens past the end of the tables the last row", async () => {
  const kernel = rotaryKernel({
    batch: 3,
    features: 2,
    headFeatures: 2,
    style: "halves",
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
    period: 3,
    tableRows: 2,
    position: true,
  });
  const actual = await runKernel(
    gpu,
    kernel,
    {
      x: Float32Array.of(1, 2, 1, 2, 1, 2),
      cosines: Float32Array.of(1, 0),
      sines: Float32Array.of(0, 1),
      position: Uint32Array.of(2 ** 32 - 1),
    },
    new Float32Array(6),
  );
  expect([...actual]).toEqual([-2, 1, -2, 1, -2, 1]);
});

it("refuses heads without pairs and features without heads", () => {
  const shape = {
    batch: 1,
    style: "halves",
    from: LAYOUTS[0],
    to: LAYOUTS[0],
    dtype: "f32",
  } as const;
  const tables = { period: 1, tableRows: 1, position: false };
  const refused = expect.objectContaining({ code: "KERNEL_PROBLEM" });
  expect(() => rotaryKernel({ ...shape, ...tables, features: 9, headFeatures: 3 })).toThrow(
    refused,
  );
  expect(() => rotaryKernel({ ...shape, ...tables, features: 9, headFeatures: 2 })).toThrow(
    refused,
  );
});
