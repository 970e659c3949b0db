import { PapilioError } from "@papilio/butterfly";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { assertNothingLost, cutFile, mutateFile, resume } from "../testing/resume-damaged.ts";

/** Files of each kind. A failure names the seed. */
const FILES = 5000;
const AT_ONCE = 250;

beforeAll(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

it.each([
  ["cut", cutFile],
  ["changed", mutateFile],
])(
  `results files that are %s are resumed without a loss, ${FILES} times`,
  async (_, make) => {
    let refused = 0;
    for (let first = 0; first < FILES; first += AT_ONCE) {
      const seeds = Array.from({ length: AT_ONCE }, (_, index) => 1000 + first + index);
      const all = await Promise.all(seeds.map((seed) => resume(make(seed))));
      for (const [index, resumed] of all.entries()) {
        expect(() => assertNothingLost(resumed), `seed ${seeds[index]}`).not.toThrow();
        if (resumed.results instanceof PapilioError) refused++;
      }
    }
    if (make === cutFile) expect(refused).toBe(0);
  },
  600_000,
);
