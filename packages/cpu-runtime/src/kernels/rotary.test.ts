import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { expect, it } from "vitest";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { type RotaryProblem, rotary } from "./rotary.ts";

const problems = fc
  .record({
    sequences: fc.integer({ min: 1, max: 3 }),
    period: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 })),
    heads: fc.integer({ min: 1, max: 3 }),
    pairs: fc.integer({ min: 1, max: 9 }),
    style: fc.constantFrom("interleaved" as const, "halves" as const),
    spare: fc.integer({ min: 0, max: 5 }),
    at: fc.option(fc.nat(7), { nil: undefined }),
  })
  .map(({ sequences, period, heads, pairs, style, spare, at }) => {
    const positions = period + spare;
    const problem = {
      ...{ vectors: sequences * period, features: heads * 2 * pairs, headFeatures: 2 * pairs },
      ...{ style, positions, period, position: at !== undefined },
    };
    // Not all vectors need be within the table.
    return { problem, at: at === undefined ? 0 : Math.min(at, positions - 1) };
  });

it("rotates pairs of heads of any size, from any position", () => {
  const simds = fc.constantFrom(...BOTH_SIMDS);
  const property = fc.property(problems, simds, fc.nat(), ({ problem, at }, simd, seed) => {
    const { vectors, features, headFeatures, style, positions, period } = problem;
    const next = uniform(seed);
    const draw = (length: number): Float32Array => Float32Array.from({ length }, next);
    const pairs = headFeatures / 2;
    const x = draw(vectors * features);
    const [cosines, sines] = [draw(positions * pairs), draw(positions * pairs)];
    const position = problem.position ? { position: Uint32Array.of(at) } : {};
    const { y } = runKernel(rotary(problem), { x, cosines, sines, ...position }, { simd });
    const [expected, bounds] = [new Float64Array(x.length), new Float64Array(x.length)];
    for (let index = 0; index < vectors * features; index++) {
      const [vector, feature] = [Math.floor(index / features), index % headFeatures];
      const [pair, second] =
        style === "interleaved"
          ? [Math.floor(feature / 2), feature % 2]
          : [feature % pairs, Math.floor(feature / pairs)];
      const other = index + (style === "interleaved" ? 1 : pairs) * (second === 1 ? -1 : 1);
      const row = Math.min(at + (vector % period), positions - 1) * pairs + pair;
      const [cosine, sine] = [cosines[row] as number, sines[row] as number];
      const [own, its] = [(x[index] as number) * cosine, (x[other] as number) * sine];
      expected[index] = second === 1 ? own + its : own - its;
      bounds[index] = 2 * UNIT * (Math.abs(own) + Math.abs(its));
    }
    expectWithin(y, expected, (index) => bounds[index] as number);
  });
  fc.assert(property, { numRuns: 30 });
});

it("refuses problems that make no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const sizes = { vectors: 4, features: 8, headFeatures: 4, positions: 4, period: 4 };
  const good: RotaryProblem = { ...sizes, style: "halves", position: false };
  const bad: Partial<Record<keyof RotaryProblem, unknown>>[] = [
    { vectors: 0 },
    { headFeatures: 3 },
    { headFeatures: 6 },
    { period: 0 },
    { positions: 1.5 },
    { style: "thirds" },
    { position: 0 },
  ];
  for (const change of bad) {
    expect(() => rotary({ ...good, ...change } as RotaryProblem)).toThrow(refused);
  }
});
