import { readFileSync } from "node:fs";
import { loadButterflies, writeNpy } from "@papilio/butterfly/files";
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

describe("a matrix that no chain is for", () => {
  it.each([
    [["--chain", "dyadic"], "CHAIN_SIZE"],
    [["--chain", "monarch"], "FLAG_INVALID"],
  ])("of a prime size is refused without advice that does not help: %j", async (args, code) => {
    const file = folder.write("prime.npy", writeNpy(VALUES.slice(0, 169), [13, 13]));
    const { line } = await refusal("factorize", file, ...args);
    expect(line).toMatch(new RegExp(`^papilio: error ${code}: `));
    expect(line).toContain("Pad the matrix");
    expect(line).not.toMatch(/or a Monarch chain|--chain monarch|an error of/);
  });

  it("has the nearest error where some were tried", async () => {
    const { line } = await refusal("factorize", single, "--chain", "auto", "--max-error", "1e-9");
    expect(line).toMatch(/CHAIN_NOT_FOUND: None of the chains .* has an error of 0\.\d+/);
    const none = await refusal("factorize", single, "--chain", "auto", "--max-params", "0.01");
    expect(none.line).toMatch(/CHAIN_NOT_FOUND: No chain was tried: .*0\.01/);
  });
});
