import fc from "fast-check";
import { expect, it } from "vitest";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { type AppendProblem, append } from "./append.ts";

const problems = fc
  .record({
    vectors: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 })),
    features: fc.integer({ min: 1, max: 6 }),
    stateVectors: fc.integer({ min: 1, max: 60 }),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ place, ...problem }) => ({
    problem,
    at: Math.floor(place * (problem.stateVectors - 1)),
  }));

it("writes vectors from any position on, and nothing else", () => {
  const property = fc.property(
    problems,
    fc.constantFrom(...BOTH_SIMDS),
    ({ problem, at }, simd) => {
      const { vectors, features, stateVectors } = problem;
      const x = Float32Array.from({ length: vectors * features }, (_, index) => index + 1);
      x[0] = Number.NaN;
      const state = Float32Array.from({ length: stateVectors * features }, (_, index) => -index);
      const expected = state.slice();
      expected.set(x.subarray(0, (stateVectors - at) * features), at * features);
      const position = Uint32Array.of(at);
      expect(runKernel(append(problem), { x, state, position }, { simd }).state).toEqual(expected);
    },
  );
  fc.assert(property, { numRuns: 30 });
});

it("writes vectors each where it belongs, and drops those past the end", () => {
  const property = fc.property(
    problems,
    fc.constantFrom(...BOTH_SIMDS),
    fc.nat(),
    ({ problem }, simd, seed) => {
      const { vectors, features, stateVectors } = problem;
      const x = Float32Array.from({ length: vectors * features }, (_, index) => index + 1);
      const state = Float32Array.from({ length: stateVectors * features }, (_, index) => -index);
      // As many places as there are, from any of them on, and then the largest of 32 bits.
      const position = Uint32Array.from({ length: vectors }, (_, vector) =>
        vector < stateVectors ? (seed + vector) % stateVectors : 2 ** 32 - 1,
      );
      const expected = state.slice();
      position.forEach((place, vector) => {
        if (place >= stateVectors) return;
        const from = vector * features;
        expected.set(x.subarray(from, from + features), place * features);
      });
      const call = append({ ...problem, each: true });
      expect(runKernel(call, { x, state, position }, { simd }).state).toEqual(expected);
    },
  );
  fc.assert(property, { numRuns: 30 });
});

it("refuses problems that make no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const good = { vectors: 1, features: 1, stateVectors: 1 };
  for (const change of [{ vectors: 0 }, { features: -1 }, { stateVectors: 0 }, { each: 1 }]) {
    expect(() => append({ ...good, ...change } as AppendProblem)).toThrow(refused);
  }
});
