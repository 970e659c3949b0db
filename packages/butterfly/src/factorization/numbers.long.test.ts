import { describe, expect, it } from "vitest";
import { PapilioError } from "../errors/papilio-error.ts";
import { loadButterflies, saveButterflies } from "../files/butterfly-file.ts";
import type { AnyButterfly, PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { draw, uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";
import { relativeError } from "./relative-error.ts";

const CASES = 4000;
const CHAINS = [
  "1,2,2,2;2,2,2,1",
  "1,3,2,1",
  "1,2,2,4;2,2,2,2;4,2,2,1",
  "1,4,2,4; 1,2,4,4; 2,4,2,2",
];
const DTYPES = ["F64", "F32", "F16", "BF16"] as const;
/** Half the distance from 1 to the next number, and the smallest normal number. */
const UNITS = { F64: 2 ** -53, F32: 2 ** -24, F16: 2 ** -11, BF16: 2 ** -8 };

describe("4,000 matrices of any scale", () => {
  it("have the error of the same matrix of scale 1, and are stored within rounding or refused", async () => {
    const next = uniform(20261128);
    const pick = (count: number): number => Math.floor(((next() + 1) / 2) * count);
    let [refused, storedWell] = [0, 0];
    for (let index = 0; index < CASES; index++) {
      const chain = Chain.parse(CHAINS[pick(CHAINS.length)] as string);
      const dtype = DTYPES[pick(DTYPES.length)] as (typeof DTYPES)[number];
      const exponent = pick(2) === 0 ? pick(1900) - 950 : pick(60) - 30;
      const plain = draw(uniform(index), chain.rows * chain.cols, 1, "float64");
      const scaled = plain.map((value) => value * 2 ** exponent);
      const where = `case ${index}: ${chain} times 2^${exponent} as ${dtype}`;
      const expected = await factorize(plain, chain, { threads: 1 });
      const found = await factorize(scaled, chain, { threads: 1 });
      expect(found.error, where).toBeCloseTo(expected.error, 10);
      expect(found.bounds?.upper, where).toBeCloseTo(expected.bounds?.upper as number, 10);
      let bytes: Uint8Array;
      try {
        bytes = saveButterflies({ w: found.matrix }, { dtype });
      } catch (error) {
        expect(error, where).toBeInstanceOf(PapilioError);
        expect(error, where).toMatchObject({ code: "VALUE_RANGE" });
        // Of such a scale no balance makes the factors of this matrix ordinary numbers.
        expect(exponent, where).toBeGreaterThan(dtype === "F16" ? 10 : 100);
        refused++;
        continue;
      }
      const read = loadButterflies(bytes, "float64").get("w") as PermutedButterfly<AnyButterfly>;
      const error = await relativeError(scaled, read);
      expect(Number.isFinite(error), where).toBe(true);
      if (exponent < -20 * chain.length) continue;
      // Each factor is rounded once; blocks of at most 4 x 4 magnify that.
      expect(error, where).toBeLessThanOrEqual(expected.error + 64 * chain.length * UNITS[dtype]);
      storedWell++;
    }
    expect(refused).toBeGreaterThan(100);
    expect(storedWell).toBeGreaterThan(1000);
  });
});
