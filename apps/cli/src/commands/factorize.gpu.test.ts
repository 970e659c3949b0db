import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Butterfly, Chain, type PermutedButterfly } from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import { factorize } from "@papilio/butterfly/factorization";
import {
  loadButterflies,
  npyValues,
  readNpy,
  saveButterflies,
  writeNpy,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { adapterFlags, deviceFlags, papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const main = join(import.meta.dirname, "../main.ts");
const folder = temporaryFolder();

const draw = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, uniform(seed));

const weights = draw(32 * 48, 1);
const model = folder.write(
  "model.safetensors",
  writeSafetensors([
    { name: "a.weight", dtype: "F32", shape: [32, 48], values: weights },
    { name: "b.weight", dtype: "F32", shape: [4, 4], values: draw(16, 2) },
  ]),
);
const inputs = folder.write("x.npy", writeNpy(draw(5 * 48, 3), [5, 48]));

describe("papilio factorize, inspect and multiply", () => {
  const out = folder.at("b.safetensors");

  it("factorizes a tensor of a model and writes the factors that the library finds", async () => {
    const { status, stdout } = await papilio(
      ...["factorize", model, "--tensor", "a.weight", "--chain", "1,4,6,8;6,8,8,1"],
      ...["--out", out, "--json", ...adapterFlags],
    );
    expect(status).toBe(0);
    const reported = JSON.parse(stdout);
    const chain = Chain.parse("1,4,6,8;6,8,8,1");
    const expected = await factorize(weights, chain);
    expect(reported).toMatchObject({ chain: chain.toString(), error: expected.error });
    expect(reported.bounds).toEqual(expected.bounds);
    expect(reported.speedUp.predicted).toBeGreaterThan(0);
    const loaded = loadButterflies(readFileSync(out)).get("a.weight");
    expect(loaded?.matrix).toEqual(expected.matrix);
  });

  it("shows what the file holds and draws it", async () => {
    const svg = folder.at("b.svg");
    const { status, stdout } = await papilio("inspect", out, "--svg", svg);
    expect(status).toBe(0);
    expect(stdout).toContain("a.weight.factors.1");
    expect(stdout).toContain("2 factors for 32 x 48: 576 values, 37.5 % of the dense matrix");
    // Blocks on the diagonal of the right factor.
    expect(stdout).toMatch(/⣿⣿⣿⣿/);
    expect(readFileSync(svg, "utf8")).toMatch(
      /^<svg xmlns=.+<title>Supports of the factors of 1,4,6,8;6,8,8,1<.+<\/svg>\n$/,
    );
  });

  it("multiplies on an adapter as on the CPU", async () => {
    const results: ReturnType<typeof readNpy>[] = [];
    for (const where of [deviceFlags, ["--backend", "cpu"], ["--reference"]]) {
      const y = folder.at(`y${results.length}.npy`);
      const { status } = await papilio("multiply", out, "--input", inputs, "--out", y, ...where);
      expect(status).toBe(0);
      results.push(readNpy(readFileSync(y)));
    }
    expect(results.map(({ shape }) => shape)).toEqual([
      [5, 32],
      [5, 32],
      [5, 32],
    ]);
    const [device, cpu, reference] = results.map((result) => npyValues(result, "float64")) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const { matrix } = loadButterflies(readFileSync(out)).get(
      "a.weight",
    ) as PermutedButterfly<Butterfly>;
    const x = npyValues(readNpy(readFileSync(inputs)), "float32") as Float32Array;
    const exact = referenceProduct(matrix, x, { batch: 5, layout: "batch-first" });
    expect(Float32Array.from(reference)).toEqual(exact);
    for (const y of [device, cpu]) {
      for (const [index, value] of y.entries())
        expect(value).toBeCloseTo(exact[index] as number, 4);
    }
  });

  it("searches a chain within limits, refines it by inputs, and measures it", async () => {
    const { status, stdout } = await papilio(
      ...["factorize", model, "--tensor", "a.weight", "--chain", "auto", "--max-params", "0.4"],
      ...["--refine", "3", "--inputs", inputs, "--measure", "--batch", "8", ...adapterFlags],
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/ chain +│ parameters +│ relative error /);
    expect(stdout).toMatch(/refined +│ [\d.]+ to [\d.e-]+ in \d sweeps/);
    expect(stdout).toMatch(
      /speed-up, measured +│ ×[\d.]+ \([\d.]+ to [\d.]+\) with (kronecker-sparse|planned|cpu-wasm)/,
    );
  });

  it("finds that a Fourier matrix is a butterfly behind a bit reversal", async () => {
    const { re, im } = fourier(32).dense();
    const dense = folder.write("dft.npy", writeNpy({ re, im }, [32, 32]));
    const saved = folder.at("dft.safetensors");
    const args = ["factorize", dense, "--chain", "dyadic", "--out", saved, ...adapterFlags];
    expect(JSON.parse((await papilio(...args, "--json")).stdout).error).toBeGreaterThan(0.5);
    const { status, stdout } = await papilio(...args, "--permute", "50");
    expect(status).toBe(0);
    expect(stdout).toMatch(/permutations +│ .*bit-reversal/);
    expect(stdout).toMatch(/relative error +│ [\d.]+e-16 of the file, in F64/);
    const again = loadButterflies(readFileSync(saved)).get("dft")?.dense() as { re: Float64Array };
    for (const [index, value] of re.entries()) expect(again.re[index]).toBeCloseTo(value, 5);
  });

  it("works with complex matrices and permutations", async () => {
    const transform = folder.write("fft.safetensors", saveButterflies({ fft: fourier(16) }));
    expect((await papilio("inspect", transform)).stdout).toContain(
      "fft: complex, 120 numbers stored, inputs permuted",
    );
    const x = folder.write("ones.npy", writeNpy(new Float32Array(16).fill(1), [16]));
    const y = folder.at("spectrum.npy");
    for (const where of [deviceFlags, ["--backend", "cpu"], ["--reference"]]) {
      const args = ["multiply", transform, "--input", x, "--out", y, ...where];
      expect((await papilio(...args)).status).toBe(0);
      const { re, im } = npyValues(readNpy(readFileSync(y)), "float32") as {
        re: Float32Array;
        im: Float32Array;
      };
      expect([...re]).toEqual([16, ...new Array(15).fill(0)]);
      expect([...im].map(Math.abs)).toEqual(new Array(16).fill(0));
    }
  });

  it.each([
    [["factorize", model], "TENSOR_MISSING"],
    [["factorize", model, "--tensor", "c"], "TENSOR_MISSING"],
    [["factorize", folder.at("none.npy")], "INPUT_UNREADABLE"],
    [["factorize", main], "INPUT_UNREADABLE"],
    [["factorize", model, "--tensor", "a.weight", "--chain", "1,4,4,4;4,4,4,1"], "FLAG_INVALID"],
    [["factorize", model, "--tensor", "a.weight", "--chain", "1,2,2,1"], "FLAG_INVALID"],
    [["factorize", model, "--tensor", "a.weight", "--max-error", "0.1"], "FLAG_INVALID"],
    [
      ["factorize", model, "--tensor", "b.weight", "--chain", "auto", "--max-error", "1e-9"],
      "CHAIN_NOT_FOUND",
    ],
    [["factorize", model, "--tensor", "a.weight", "--tree", "oak"], "FLAG_INVALID"],
    [["factorize", model, "--tensor", "a.weight", "--dtype", "I8"], "FLAG_INVALID"],
    [
      ["factorize", model, "--tensor", "a.weight", "--out", folder.at("no", "b")],
      "OUTPUT_UNWRITABLE",
    ],
    [["factorize", model, "--tensor", "a.weight", "--inputs", model], "TENSOR_MISSING"],
    [["factorize", model, "--tensor", "a.weight", "--permute", "--refine"], "FLAG_INVALID"],
    [["inspect"], "FLAG_INVALID"],
    [["inspect", main], "FILE_HEADER"],
    [["inspect", "--chain", "1,2,2"], "PATTERN_SYNTAX"],
    [["multiply", model, "--input", inputs, "--out", folder.at("y")], "TENSOR_MISSING"],
    [["multiply", model], "USAGE"],
  ])("%j is one line with the code, and status 2", async (args, code) => {
    const { status, stderr } = await papilio(
      ...args,
      ...(args[0] === "factorize" ? adapterFlags : []),
    );
    const errors = stderr.split("\n").filter((line) => line.startsWith("papilio: "));
    expect(errors).toEqual([
      expect.stringMatching(new RegExp(`^papilio: error ${code}: .+ Hint: .+$`)),
    ]);
    expect(status).toBe(2);
  });
});
