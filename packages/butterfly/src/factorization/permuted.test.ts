import { describe, expect, it } from "vitest";
import {
  bitReversal,
  digitReversal,
  fourier,
  hadamard,
  reversal,
  transposition,
  walsh,
  waveletOrder,
} from "../constructions/index.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorizePermuted, NAMED_PERMUTATIONS, namedPermutation } from "./permuted.ts";

const chain = Chain.squareDyadic(32);

describe("the factorization between unknown permutations", () => {
  it("finds that a Fourier matrix is a butterfly after a bit reversal", async () => {
    const dense = fourier(32).dense();
    const { matrix, error, names } = await factorizePermuted(dense, chain);
    expect(error).toBeLessThan(1e-14);
    // It is symmetric: reversed bits of the rows do as well as of the columns.
    expect([names.left, names.right].toSorted()).toEqual(["bit-reversal", "identity"]);
    const again = matrix.dense();
    for (const part of ["re", "im"] as const) {
      dense[part].forEach((value, index) => {
        expect(again[part][index]).toBeCloseTo(value, 12);
      });
    }
  });

  it("finds the order of a Walsh matrix, and leaves a Hadamard matrix as it is", async () => {
    const ordered = await factorizePermuted(walsh(32).dense(), chain);
    expect(ordered.error).toBeLessThan(1e-14);
    const plain = await factorizePermuted(hadamard(32).dense(), chain);
    expect(plain.error).toBeLessThan(1e-14);
    expect(plain.names).toEqual({ left: "identity", right: "identity" });
  });

  it("brings back a butterfly between two named permutations, real or complex", async () => {
    const hidden = new PermutedButterfly(Butterfly.random(chain, { seed: 1, dtype: "float64" }), {
      left: namedPermutation("even-odd-descending", 32),
      right: bitReversal(32),
    });
    const { error } = await factorizePermuted(hidden.dense(), chain);
    expect(error).toBeLessThan(1e-14);
    const rectangular = Chain.ofRadices({ rows: [3, 4], cols: [2, 6] });
    const other = new PermutedButterfly(
      Butterfly.random(rectangular, { seed: 2, dtype: "float64" }),
      { left: reversal(12), right: namedPermutation("even-odd", 12) },
    );
    expect((await factorizePermuted(other.dense(), rectangular)).error).toBeLessThan(1e-14);
  });

  it("finds the digit reversal of a Fourier matrix by the radices of its chain", async () => {
    for (const radices of [
      [2, 3, 4],
      [4, 3, 2],
      [5, 7],
      [3, 3, 3],
    ]) {
      const n = radices.reduce((product, radix) => product * radix, 1);
      const radixChain = Chain.ofRadices({ rows: radices, cols: radices });
      const { error, matrix } = await factorizePermuted(fourier(n).dense(), radixChain);
      expect(error).toBeLessThan(1e-13);
      expect(matrix.right).toEqual(digitReversal(radices));
      // The transposed chain is behind the same permutation of the rows.
      const turned = await factorizePermuted(fourier(n).dense(), radixChain.transpose());
      expect(turned.error).toBeLessThan(1e-13);
    }
  });

  it("finds transposed grids and the order of wavelets", async () => {
    const monarch = Chain.monarch(20);
    const hidden = new PermutedButterfly(Butterfly.random(monarch, { seed: 3, dtype: "float64" }), {
      left: transposition(4, 5),
      right: waveletOrder(20),
    });
    const { error, names } = await factorizePermuted(hidden.dense(), monarch);
    expect(error).toBeLessThan(1e-13);
    expect(names).toEqual({ left: "transposition", right: "wavelet" });
  });

  it("tries only what it is asked to, and stops", async () => {
    const dense = fourier(32).dense();
    const only = { rows: ["identity"], columns: ["reversal", "gray-code"] } as const;
    const { error, names } = await factorizePermuted(dense, chain, only);
    expect(only.columns).toContain(names.right);
    expect(error).toBeGreaterThan(0.1);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(factorizePermuted(dense, chain, { signal })).rejects.toThrow("enough");
    const none = factorizePermuted(dense, chain, { rows: [] });
    await expect(none).rejects.toThrow(expect.objectContaining({ code: "PERMUTATION_INVALID" }));
  });

  it("searches on for an order with a smaller error, and keeps what it is given", async () => {
    for (const target of [Chain.monarch(36), Chain.ofRadices({ rows: [3, 4], cols: [5, 2] })]) {
      const { rows, cols } = target;
      const dense = Float64Array.from({ length: rows * cols }, uniform(4));
      const kept = dense.slice();
      const named = await factorizePermuted(dense, target);
      const search = { trials: 400, seed: 5 };
      const { matrix, error, bounds } = await factorizePermuted(dense, target, { search });
      expect(dense).toEqual(kept);
      expect(error).toBeLessThan(0.99 * named.error);
      expect(error).toBeLessThanOrEqual(bounds?.upper as number);
      // The permutations belong to the factors: the product is as near to the matrix as it says.
      const again = matrix.dense();
      const distance = Math.hypot(...dense.map((value, index) => value - (again[index] as number)));
      expect(distance / Math.hypot(...dense)).toBeCloseTo(error, 12);
      const repeated = await factorizePermuted(dense, target, { search });
      expect(repeated.error).toBe(error);
    }
    const complex = {
      re: new Float64Array(36 ** 2).map(uniform(6)),
      im: new Float64Array(36 ** 2).map(uniform(7)),
    };
    const monarch = Chain.monarch(36);
    const before = await factorizePermuted(complex, monarch, {
      rows: ["identity"],
      columns: ["identity"],
    });
    const search = { trials: 200, seed: 8 };
    const after = await factorizePermuted(complex, monarch, {
      rows: ["identity"],
      columns: ["identity"],
      search,
    });
    expect(after.error).toBeLessThan(before.error);
    const refused = factorizePermuted(complex, monarch, { search: { trials: -1, seed: 0 } });
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: "SEARCH_LIMIT" }));
  });

  it("has a permutation for each name", () => {
    const next = uniform(3);
    const x = Array.from({ length: 64 }, next);
    for (const name of NAMED_PERMUTATIONS) {
      const map = namedPermutation(name, 64);
      if (map === undefined) continue;
      expect([...map].map((from) => x[from]).toSorted()).toEqual(x.toSorted());
    }
  });
});
