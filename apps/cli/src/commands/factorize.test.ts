import { readFileSync } from "node:fs";
import { loadButterflies, npyValues, readNpy, writeNpy } from "@papilio/butterfly/files";
import { beforeAll, describe, expect, it } from "vitest";
import { papilio, refusal } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
let wide: string;
let single: string;
const VALUES = Float64Array.from({ length: 256 }, (_, index) => Math.sin(index * index) / 3);

beforeAll(() => {
  wide = folder.write("wide.npy", writeNpy(VALUES, [16, 16]));
  single = folder.write("single.npy", writeNpy(Float32Array.from(VALUES), [16, 16]));
});

/** `|A - B| / |A|` of the factors in a file, multiplied out in double precision. */
function errorOf(file: string, values: ArrayLike<number>): number {
  const [butterfly] = loadButterflies(readFileSync(file), "float64").values();
  const product = butterfly?.dense() as Float64Array;
  let [error, norm] = [0, 0];
  for (let index = 0; index < values.length; index++) {
    error += ((values[index] as number) - (product[index] as number)) ** 2;
    norm += (values[index] as number) ** 2;
  }
  return Math.sqrt(error / norm);
}

describe("the precision of papilio factorize", () => {
  it("is that of the file, and its error that of what was written", async () => {
    for (const [file, dtype, type] of [
      [wide, [], "F64"],
      [single, [], "F32"],
      [wide, ["--dtype", "F32"], "F32"],
      [single, ["--dtype", "F16"], "F16"],
      [single, ["--dtype", "BF16"], "BF16"],
    ] as const) {
      const out = folder.at(`${type}-${dtype.length}.safetensors`);
      const { status, stdout, stderr } = await papilio(
        "factorize",
        file,
        ...dtype,
        "--out",
        out,
        "--json",
      );
      expect(status, stderr).toBe(0);
      const { error, stored } = JSON.parse(stdout);
      const values = file === wide ? VALUES : Float32Array.from(VALUES);
      expect(stored).toEqual({ dtype: type, error });
      expect(error).toBeCloseTo(errorOf(out, values), 12);
      const [butterfly] = loadButterflies(readFileSync(out), "float64").values();
      const factors = butterfly?.matrix.factors as unknown as { values: Float64Array }[];
      const exact = factors.every(({ values: all }) => all.every((v) => Math.fround(v) === v));
      expect(exact).toBe(type !== "F64");
    }
  });

  it("refuses what the type does not hold, before a file is there", async () => {
    const out = folder.at("large.safetensors");
    const large = folder.write(
      "large.npy",
      writeNpy(
        VALUES.map((value) => value * 1e300),
        [16, 16],
      ),
    );
    const { line } = await refusal("factorize", large, "--dtype", "F16", "--out", out);
    expect(line).toMatch(
      /^papilio: error VALUE_RANGE: Factor \d of the butterfly has .* index \d+/,
    );
    expect(() => readFileSync(out)).toThrow();
  });
});

/** LFAT5 of the Oberwolfach collection, a finite element model, in the format of Matrix Market. */
const LFAT5 = `%%MatrixMarket matrix coordinate real symmetric
14 14 30
1 1 1.57088
4 1 -94.2528
5 1 0.78544
2 2 1.25664e7
6 2 -6.2832e6
3 3 0.6088062015503876
7 3 -0.3044031007751938
4 4 15080.447999999997
8 4 -7540.223999999998
9 4 94.2528
5 5 3.14176
8 5 -94.2528
9 5 0.78544
6 6 1.25664e7
10 6 -6.2832e6
7 7 0.6088062015503876
11 7 -0.3044031007751938
8 8 15080.447999999997
12 8 -7540.223999999998
13 8 94.2528
9 9 3.14176
12 9 -94.2528
13 9 0.78544
10 10 1.25664e7
11 11 0.6088062015503876
12 12 15080.447999999997
14 12 94.2528
13 13 3.14176
14 13 0.78544
14 14 1.57088
`;

/** The entries of a symmetric matrix in that format. */
function symmetric(text: string): Float64Array {
  const [, sizes = "", ...lines] = text.trim().split("\n");
  const [n = 0] = sizes.split(" ").map(Number);
  const values = new Float64Array(n * n);
  for (const line of lines) {
    const [row = 0, column = 0, value = 0] = line.split(" ").map(Number);
    values[(row - 1) * n + column - 1] = value;
    values[(column - 1) * n + row - 1] = value;
  }
  return values;
}

describe("the largest error of papilio factorize", () => {
  it("is not exceeded by the numbers in the file, whatever their type", async () => {
    const file = folder.write("LFAT5.mtx", new TextEncoder().encode(LFAT5));
    const values = symmetric(LFAT5);
    const met: string[] = [];
    for (const [dtype, maxError] of [
      ["F64", 8.3e-8],
      ["F64", 8.25e-8],
      ["F32", 8.3e-8],
      ["F32", 8.5e-8],
      ["F32", 1e-6],
      ["F16", 8e-4],
      ["BF16", 1e-3],
      ["BF16", 0.2],
    ] as const) {
      const out = folder.at(`LFAT5-${dtype}-${maxError}.safetensors`);
      const { status, stdout, stderr } = await papilio(
        ...["factorize", file, "--chain", "auto", "--max-error", `${maxError}`],
        ...["--dtype", dtype, "--out", out, "--json"],
      );
      if (status !== 0) {
        expect(stderr).toMatch(/CHAIN_NOT_FOUND/);
        continue;
      }
      met.push(`${dtype} ${maxError}`);
      const { error, search } = JSON.parse(stdout);
      expect(errorOf(out, values)).toBeLessThanOrEqual(maxError);
      expect(error).toBeCloseTo(errorOf(out, values), 12);
      expect(search.isCutShort).toBe(false);
    }
    // 8.2236e-8 is the error of fourteen rows and columns in two blocks of rank 4, in double precision.
    expect(met).toEqual(
      expect.arrayContaining(["F64 8.3e-8", "F64 8.25e-8", "F32 0.000001", "BF16 0.2"]),
    );
  });
});

describe("a file in double precision", () => {
  it("is factorized in it, though single precision holds all of its numbers", async () => {
    // Whole numbers that are no butterfly: what is left of them is not whole.
    const whole = VALUES.map((value) => Math.round(300 * value));
    const names = { double: whole, single: Float32Array.from(whole) };
    for (const [name, values] of Object.entries(names)) {
      const file = folder.write(`${name}-whole.npy`, writeNpy(values, [16, 16]));
      const out = folder.at(`${name}-whole.safetensors`);
      const { stdout } = await papilio("factorize", file, "--out", out, "--json");
      const { stored, error, bounds } = JSON.parse(stdout);
      expect(stored.dtype).toBe(name === "double" ? "F64" : "F32");
      expect(error).toBeCloseTo(errorOf(out, whole), 13);
      // Of two factors the bounds are the error, but for rounding.
      expect(bounds.upper - bounds.lower).toBeLessThan(name === "double" ? 1e-12 : 1e-6);
    }
    const text = folder.write(
      "whole.csv",
      new TextEncoder().encode("2,4,6,8\n1,2,3,4\n".repeat(2)),
    );
    const { stdout } = await papilio("factorize", text, "--chain", "dyadic", "--json");
    expect(JSON.parse(stdout).error).toBeLessThan(1e-15);
  });
});

describe("a matrix of a prime size", () => {
  it.each(["monarch", "dyadic", "auto"])(
    "is padded for a chain, and multiplies vectors of its own size: %s",
    async (chain) => {
      const values = VALUES.slice(0, 143);
      const file = folder.write("prime.npy", writeNpy(values, [13, 11]));
      const out = folder.at(`prime-${chain}.safetensors`);
      const { status, stdout, stderr } = await papilio(
        ...["factorize", file, "--chain", chain, "--out", out, "--json"],
      );
      expect(status, stderr).toBe(0);
      const { error, bounds, padded } = JSON.parse(stdout);
      const [butterfly] = loadButterflies(readFileSync(out), "float64").values();
      const product = butterfly?.dense() as Float64Array;
      const width = butterfly?.cols as number;
      if (chain !== "auto") expect(padded).toEqual({ rows: butterfly?.rows, cols: width });
      const part = Float64Array.from(
        { length: 143 },
        (_, at) => product[Math.floor(at / 11) * width + (at % 11)] as number,
      );
      // The error of the part that counts; there is nothing beside it.
      const missed = Math.hypot(...part.map((value, at) => value - (values[at] as number)));
      expect(error).toBeCloseTo(missed / Math.hypot(...values), 12);
      expect(Math.hypot(...product)).toBeCloseTo(Math.hypot(...part), 12);
      expect(bounds.lower).toBeLessThanOrEqual(error);
      expect(bounds.upper).toBeGreaterThanOrEqual(error);

      const x = Float32Array.from({ length: 22 }, (_, at) => Math.cos(at));
      const input = folder.write("prime-x.npy", writeNpy(x, [2, 11]));
      const y = folder.at(`prime-y-${chain}.npy`);
      await papilio("multiply", out, "--input", input, "--out", y, "--reference");
      const result = readNpy(readFileSync(y));
      expect(result.shape).toEqual([2, 13]);
      for (const [at, value] of (npyValues(result, "float64") as Float64Array).entries()) {
        const [sample, row] = [Math.floor(at / 13), at % 13];
        let sum = 0;
        for (let k = 0; k < 11; k++) {
          sum += (part[row * 11 + k] as number) * (x[sample * 11 + k] as number);
        }
        expect(value).toBeCloseTo(sum, 5);
      }
    },
  );
});

describe("a matrix that no chain is for", () => {
  it("has the nearest error where some were tried", async () => {
    const { line } = await refusal("factorize", single, "--chain", "auto", "--max-error", "1e-9");
    expect(line).toMatch(/CHAIN_NOT_FOUND: None of the chains .* has an error of 0\.\d+/);
    const none = await refusal("factorize", single, "--chain", "auto", "--max-params", "0.01");
    expect(none.line).toMatch(/CHAIN_NOT_FOUND: No chain was tried: .*0\.01/);
  });
});
