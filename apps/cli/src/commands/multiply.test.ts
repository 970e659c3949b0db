import { readFileSync } from "node:fs";
import { Butterfly, Chain } from "@papilio/butterfly";
import { readNpyValues, saveButterflies, writeNpy } from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
/** Factors that multiply, and are not chainable. */
const turning = Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2");

describe("factors that are not chainable", () => {
  it.each(["--reference", "--backend=cpu"])("are multiplied from a file: %s", async (how) => {
    const matrix = Butterfly.random(turning, { seed: 1 });
    const file = folder.write("b.safetensors", saveButterflies({ b: matrix }));
    const x = Float32Array.from({ length: 3 * 4 }, (_, index) => Math.sin(index));
    const input = folder.write("x.npy", writeNpy(x, [3, 4]));
    const out = folder.at(`y${how}.npy`);
    const { status, stderr } = await papilio(
      ...["multiply", file, "--input", input, "--out", out, how],
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { values, shape } = readNpyValues(readFileSync(out), "float32");
    expect(shape).toEqual([3, 8]);
    // Dense factors, in float64.
    const apply = (v: number[], { pattern, dense }: (typeof factors)[number]): number[] =>
      Array.from({ length: pattern.rows }, (_, row) =>
        v.reduce((sum, value, t) => sum + (dense[row * pattern.cols + t] as number) * value, 0),
      );
    const factors = matrix.factors.map((factor) => ({
      pattern: factor.pattern,
      dense: Float64Array.from(factor.dense()),
    }));
    for (let n = 0; n < 3; n++) {
      const y = factors.reduceRight(apply, [...x.subarray(4 * n, 4 * n + 4)]);
      y.forEach((value, row) => {
        expect((values as Float32Array)[8 * n + row]).toBeCloseTo(value, 5);
      });
    }
  });

  it("are described, and have no product's pattern", async () => {
    const { status, stdout } = await papilio("inspect", "--chain", String(turning));
    expect(status).toBe(0);
    expect(stdout).toContain("not chainable");
    expect(stdout).toContain("3 factors for 8 x 4: 32 values");
  });

  it("have nothing factorized into them", async () => {
    const dense = folder.write("d.npy", writeNpy(new Float32Array(32).fill(1), [8, 4]));
    const chain = ["--chain", String(turning), "--out", folder.at("f.safetensors")];
    const { status, stderr } = await papilio("factorize", dense, ...chain);
    expect(status).not.toBe(0);
    expect(stderr).toContain("CHAIN_NOT_CHAINABLE");
  });
});

describe("vectors in double precision", () => {
  const matrix = Butterfly.random(Chain.monarch(16), { seed: 1, dtype: "float64" });
  const x = Float64Array.from({ length: 3 * 16 }, (_, index) => Math.sin(index));
  const multiply = async (
    name: string,
    butterfly: typeof matrix,
    ...flags: readonly string[]
  ): Promise<{ descr: string; values: Float64Array; stderr: string }> => {
    const file = folder.write(`${name}.safetensors`, saveButterflies({ b: butterfly }));
    const input = folder.write("x64.npy", writeNpy(x, [3, 16]));
    const out = folder.at(`${name}${flags.join("")}.npy`);
    const result = await papilio("multiply", file, "--input", input, "--out", out, ...flags);
    expect(result).toMatchObject({ status: 0 });
    const { descr, values } = readNpyValues(readFileSync(out), "float64");
    return { descr, values: values as Float64Array, stderr: result.stdout + result.stderr };
  };
  /** By dense factors in float64. */
  const expected = (factors: typeof matrix.factors): number[] =>
    [0, 1, 2].flatMap((n) =>
      factors.reduceRight<number[]>(
        (v, factor) => {
          const dense = factor.dense();
          const { rows, cols } = factor.pattern;
          return Array.from({ length: rows }, (_, row) =>
            v.reduce((sum, value, t) => sum + (dense[row * cols + t] as number) * value, 0),
          );
        },
        [...x.subarray(16 * n, 16 * n + 16)],
      ),
    );

  it.each([[], ["--backend=cpu"], ["--reference"]])(
    "give products in double precision: %s",
    async (...flags) => {
      const { descr, values } = await multiply("double", matrix, ...flags);
      expect(descr).toBe("<f8");
      for (const [index, value] of expected(matrix.factors).entries()) {
        expect(Math.abs((values[index] as number) - value)).toBeLessThan(1e-14);
      }
    },
  );

  it("are multiplied by values in single precision as they are", async () => {
    const single = matrix.convert("float32");
    const { descr, values } = await multiply("single", single as never);
    expect(descr).toBe("<f8");
    const wide = single.convert("float64");
    for (const [index, value] of expected(wide.factors).entries()) {
      expect(Math.abs((values[index] as number) - value)).toBeLessThan(1e-14);
    }
  });
});
