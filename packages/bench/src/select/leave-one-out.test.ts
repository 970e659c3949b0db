import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Case } from "../cases/case.ts";
import type { BenchResults, Rates } from "../results/results.ts";
import { itemOf, resultOf, runOf, testAdapter, testRates, timed } from "../testing/results.ts";
import { Interpolator } from "./interpolate.ts";
import { judgeModel, leaveOneOut } from "./leave-one-out.ts";
import { observe } from "./observations.ts";
import { predictSeconds } from "./predict.ts";

const NAMES = ["kronecker-sparse", "bmm", "csr", "somebody's own"];
const chains = ["4,16,16,4", "2,32,32,2", "1,64,64,16", "16,8,8,1", "1,8,8,8;8,8,8,1"];
const items = chains.flatMap((chain) =>
  [64, 256].flatMap((batch) =>
    (["batch-first", "batch-last"] as const).map((layout) => itemOf(chain, { batch, layout })),
  ),
);

/** A run in a world where each implementation needs so many times what the model says. */
function world(
  excess: (name: string, item: Case) => number,
  rates: Rates | null = testRates,
): BenchResults {
  return runOf(
    items.map((item) =>
      resultOf(
        item,
        NAMES.map((name) => {
          const seconds = excess(name, item) * predictSeconds(name, item, testRates);
          return timed(name, [seconds, seconds, seconds]);
        }),
      ),
    ),
    { environment: { rates } },
  );
}

function prepare(run: BenchResults): [ReturnType<typeof observe>, Interpolator] {
  const observations = observe({ adapter: testAdapter, results: [run] });
  return [observations, new Interpolator(observations)];
}

describe("interpolation", () => {
  it("is exact where every implementation lies equally far from the model everywhere", () => {
    fc.assert(
      fc.property(
        fc.tuple(...NAMES.map(() => fc.double({ min: 0.5, max: 50, noNaN: true }))),
        fc.constantFrom("3,5,7,2", "1,512,512,1", "1,1,1,1", "1,16,16,16;16,16,16,1"),
        fc.integer({ min: 1, max: 100_000 }),
        (factors, chain, batch) => {
          const [, interpolator] = prepare(world((name) => factors[NAMES.indexOf(name)] as number));
          const item = itemOf(chain, { batch });
          NAMES.forEach((name, index) => {
            const expected = (factors[index] as number) * predictSeconds(name, item, testRates);
            const { seconds } = interpolator.predict(name, item) ?? { seconds: Number.NaN };
            expect(seconds / expected).toBeCloseTo(1, 9);
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  it("lies within what was measured, and is nearest to what is most alike", () => {
    const [, interpolator] = prepare(
      world((_, { chain }) => (chain.patterns[0]?.b === 64 ? 9 : 3)),
    );
    const item = itemOf("1,64,64,16", { batch: 100 });
    const model = predictSeconds("bmm", item, testRates);
    const prediction = interpolator.predict("bmm", item);
    expect(prediction?.nearest.result.chain).toBe("1,64,64,16");
    expect((prediction?.seconds ?? 0) / model).toBeGreaterThan(6);
    expect((prediction?.seconds ?? 0) / model).toBeLessThan(9);
  });

  it("is refused in a precision that was never measured, and for a stranger", () => {
    const [, interpolator] = prepare(world(() => 1));
    expect(interpolator.predict("bmm", itemOf("4,16,16,4", { dtype: "f16" }))).toBeUndefined();
    expect(interpolator.predict("nobody", itemOf("4,16,16,4"))).toBeUndefined();
  });
});

describe("rates that no run came with", () => {
  it("let the model exceed no measured time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.5, max: 50, noNaN: true }), { minLength: 80, maxLength: 80 }),
        (factors) => {
          let next = 0;
          const run = world(() => factors[next++] as number, null);
          const { cases, rates } = prepare(run)[0];
          for (const { result, chain, timed } of cases) {
            for (const { implementation, timing } of timed) {
              const model = predictSeconds(implementation, { ...result, chain }, rates);
              if (implementation === "somebody's own") continue;
              expect(model).toBeLessThanOrEqual((timing.device[0] as number) * (1 + 1e-9));
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("leaving one out", () => {
  it("finds the best every time where the world is simple", () => {
    const [observations, interpolator] = prepare(world((name) => (name === "csr" ? 0.01 : 3)));
    for (const leftOut of ["case", "chain"] as const) {
      const { trials, best, asGood } = leaveOneOut(observations, interpolator, leftOut);
      expect(trials.length).toBe(items.length);
      expect([best, asGood]).toEqual([items.length, items.length]);
      expect(new Set(trials.map(({ chosen }) => chosen))).toEqual(new Set(["csr"]));
    }
    // The model alone does not know of the secret of csr.
    expect(judgeModel(observations).asGood).toBe(0);
  });

  it("does not look at what it left out", () => {
    const odd = "2,32,32,2";
    const [observations, interpolator] = prepare(
      world((name, { chain }) => (name === "bmm" && `${chain}` === odd ? 1e-3 : 3)),
    );
    const byChain = leaveOneOut(observations, interpolator, "chain");
    for (const { case: left, chosen, regret } of byChain.trials) {
      if (left.result.chain !== odd) continue;
      expect(chosen).not.toBe("bmm");
      expect(regret).toBeGreaterThan(100);
    }
    // With the other batch of the same chain left in, it is seen.
    const byCase = leaveOneOut(observations, interpolator, "case");
    expect(byCase.best).toBeGreaterThan(byChain.best);
  });

  it("has no trials without a choice", () => {
    const one = runOf([resultOf(itemOf("1,2,2,2"), [timed("bmm", [1])])]);
    const [observations, interpolator] = prepare(one);
    expect(leaveOneOut(observations, interpolator, "case").trials).toEqual([]);
    expect(leaveOneOut(...prepare(runOf([])), "chain").trials).toEqual([]);
  });
});
