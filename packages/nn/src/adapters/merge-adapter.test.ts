import { describe, expect, it } from "vitest";
import { type adapterFixture, adapterFixtures } from "../testing/adapter-fixtures.ts";
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
});
