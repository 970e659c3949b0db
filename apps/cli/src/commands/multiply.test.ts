import { readFileSync } from "node:fs";
import { Butterfly, Chain, PermutedButterfly } from "@papilio/butterfly";
import { fourier, hadamard } from "@papilio/butterfly/constructions";
import {
  loadButterflies,
  readNpyValues,
  saveButterflies,
  writeNpy,
} from "@papilio/butterfly/files";
import { dequantizeValues, FEW_BITS, quantizeValues } from "@papilio/butterfly/numeric";
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

it("factors in few bits are multiplied from a file, whatever their type", async () => {
  const matrix = Butterfly.random(Chain.monarch(16), { seed: 2 });
  const x = Float64Array.from({ length: 16 }, (_, at) => Math.sin(at * at));
  const input = folder.write("x16.npy", writeNpy(x, [1, 16]));
  for (const dtype of FEW_BITS) {
    const file = folder.write(`${dtype}.safetensors`, saveButterflies({ b: matrix }, { dtype }));
    const out = folder.at(`y-${dtype}.npy`);
    const { status, stderr } = await papilio("multiply", file, "--input", input, "--out", out);
    expect(status, stderr).toBe(0);
    const { values } = readNpyValues(readFileSync(out), "float64") as { values: Float64Array };
    const rounded = new Butterfly(
      matrix.factors.map((factor) => {
        const { a, b, c, d } = factor.stored;
        const quantized = quantizeValues(factor.values, [a, b, c, d], dtype);
        return factor.map(() => dequantizeValues(quantized));
      }),
    );
    const w = rounded.convert("float64").dense();
    for (const [row, value] of values.entries()) {
      const sum = x.reduce((all, one, col) => all + one * (w[row * 16 + col] as number), 0);
      expect(Math.abs(value - sum)).toBeLessThan(1e-5);
    }
  }
});

describe("papilio multiply --dtype", () => {
  it.each(FEW_BITS)("multiplies by factors in %s, as they are stored", async (dtype) => {
    const left = Uint32Array.from({ length: 32 }, (_, at) => (5 * at) % 32);
    const right = Uint32Array.from({ length: 32 }, (_, at) => (7 * at + 3) % 32);
    const matrix = Butterfly.random(Chain.parse("1,4,4,8;8,4,4,1"), { seed: 2 });
    const permuted = new PermutedButterfly(matrix, { left, right });
    const plain = folder.write("p.safetensors", saveButterflies({ p: permuted }));
    const file = folder.at(`p-${dtype}.safetensors`);
    await papilio("quantize", plain, "--dtype", dtype, "--out", file, "--force");
    const stored = loadButterflies(readFileSync(file)).get("p")?.matrix as Butterfly;
    const w = stored.convert("float64").dense();
    for (const batch of [1, 3]) {
      const x = Float32Array.from({ length: batch * 32 }, (_, at) => Math.sin(at * at));
      const input = folder.write("x32.npy", writeNpy(x, [batch, 32]));
      const out = folder.at("y32.npy");
      const { status, stdout, stderr } = await papilio(
        ...["multiply", file, "--input", input, "--out", out, "--force"],
        ...["--dtype", dtype, "--backend", "cpu"],
      );
      expect(status, stderr).toBe(0);
      expect(stdout).toContain(`the CPU, factors in ${dtype}`);
      const { values } = readNpyValues(readFileSync(out), "float64") as { values: Float64Array };
      for (let n = 0; n < batch; n++) {
        for (let row = 0; row < 32; row++) {
          let sum = 0;
          for (let col = 0; col < 32; col++) {
            const weight = w[(left[row] as number) * 32 + col] as number;
            sum += weight * (x[n * 32 + (right[col] as number)] as number);
          }
          // The inputs of a single vector are rounded, to 8 bits for q4 and to 16 for others.
          const ofOne = dtype === "q4" ? 2e-2 : 1e-3;
          expect(Math.abs((values[n * 32 + row] as number) - sum)).toBeLessThan(
            batch === 1 ? ofOne : 1e-5,
          );
        }
      }
    }
  });

  it("is refused where nothing computes in few bits", async () => {
    const real = folder.write("h.safetensors", saveButterflies({ h: hadamard(4) }));
    const complex = folder.write("f.safetensors", saveButterflies({ f: fourier(4) }));
    const input = folder.write("x4.npy", writeNpy(new Float32Array(4).fill(1), [1, 4]));
    const out = folder.at("refused.npy");
    for (const [file, ...how] of [[real, "--reference"], [complex]]) {
      const flags = ["--input", input, "--dtype", "q4", "--out", out, ...how];
      const { stderr } = await papilio("multiply", file as string, ...flags);
      expect(stderr).toContain("FLAG_INVALID");
    }
    const flags = ["--input", input, "--dtype", "q9", "--out", out];
    const { stderr } = await papilio("multiply", real, ...flags);
    expect(stderr).toContain("FLAG_INVALID");
  });
});
