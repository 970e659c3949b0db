import { existsSync, readFileSync } from "node:fs";
import { Butterfly, Chain } from "@papilio/butterfly";
import {
  fewBitsEntry,
  loadButterflies,
  readSafetensors,
  saveButterflies,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { dequantizeValues, quantizeValues } from "@papilio/butterfly/numeric";
import { loadStateDict } from "@papilio/nn/node";
import { expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const count = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * index) / 3);

it("papilio quantize rounds the factors of a butterfly, and says by how much", async () => {
  const butterfly = Butterfly.random(Chain.monarch(64), { seed: 1 });
  const file = folder.write("chain.safetensors", saveButterflies({ w: butterfly }));
  for (const dtype of ["q8", "q4", "q3", "q2"] as const) {
    const out = folder.at(`${dtype}.safetensors`);
    const flags = ["--dtype", dtype, "--out", out, "--json"];
    const { status, stdout, stderr } = await papilio("quantize", file, ...flags);
    expect(status, stderr).toBe(0);
    const { matrices, bytes } = JSON.parse(stdout);
    expect(bytes).toEqual({ before: 4 * 1024, after: readFileSync(out).length });
    const [read] = loadButterflies(readFileSync(out)).values();
    for (const [index, factor] of butterfly.factors.entries()) {
      const { a, b, c, d } = factor.stored;
      const rounded = dequantizeValues(quantizeValues(factor.values, [a, b, c, d], dtype));
      expect(read?.matrix.factors[index]).toMatchObject({ values: rounded });
      const norm = Math.hypot(...factor.values);
      const error = Math.hypot(
        ...factor.values.map((value, at) => value - (rounded[at] as number)),
      );
      const found = matrices.find(({ name }: { name: string }) => name === `w.factors.${index}`);
      expect(found.error).toBeCloseTo(error / norm, 5);
    }
  }
});

it("papilio quantize leaves biases and positions, and rounds along the inputs of a layer", async () => {
  const tensors = [
    { name: "h.0.mlp.c_fc.weight", dtype: "F32", shape: [40, 3], values: count(120) },
    { name: "h.0.mlp.c_fc.bias", dtype: "F32", shape: [3], values: count(3) },
    { name: "wpe.weight", dtype: "F32", shape: [5, 40], values: count(200) },
    { name: "head.weight", dtype: "F16", shape: [3, 40], values: count(120) },
  ] as const;
  const file = folder.write("model.safetensors", writeSafetensors(tensors));
  const out = folder.at("model-q4.safetensors");
  const { status, stderr } = await papilio("quantize", file, "--dtype", "q4", "--out", out);
  expect(status, stderr).toBe(0);
  const before = await loadStateDict(file);
  const after = await loadStateDict(out);
  expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
  for (const [name, sizes] of [
    ["h.0.mlp.c_fc.weight", [1, 1, 40, 3]],
    ["head.weight", [1, 3, 40, 1]],
  ] as const) {
    const values = before.get(name)?.toReal("float32") as Float32Array;
    const rounded = dequantizeValues(quantizeValues(values, sizes, "q4"));
    expect(after.get(name)?.toReal("float32")).toEqual(rounded);
  }
  for (const name of ["h.0.mlp.c_fc.bias", "wpe.weight"]) {
    expect(after.get(name)?.bytes()).toEqual(before.get(name)?.bytes());
  }
  // Its own result is as good as it gets: the same bytes again.
  const again = folder.at("again.safetensors");
  await papilio("quantize", out, "--dtype", "q4", "--out", again);
  const [first, second] = [out, again].map((path) => readSafetensors(readFileSync(path)).tensors);
  for (const [name, { bytes }] of first ?? []) expect(second?.get(name)?.bytes).toEqual(bytes);
});

it("papilio quantize fails where an error is passed, and writes nothing", async () => {
  const quantized = quantizeValues(count(120), [1, 3, 40, 1], "q8");
  const { tensors, metadata } = fewBitsEntry("w.weight", [3, 40], quantized);
  const file = folder.write("w.safetensors", writeSafetensors(tensors, metadata));
  const out = folder.at("refused.safetensors");
  const flags = ["--dtype", "q2", "--max-error", "0.05", "--out", out];
  const { status, stderr } = await papilio("quantize", file, ...flags);
  expect(status).not.toBe(0);
  expect(stderr).toContain("QUANTIZE_ERROR");
  expect(existsSync(out)).toBe(false);
  const bias = { name: "bias", dtype: "F32", shape: [3], values: count(3) } as const;
  const none = folder.write("none.safetensors", writeSafetensors([bias]));
  const without = await papilio("quantize", none, "--dtype", "q4", "--out", out);
  expect(without.stderr).toContain("MODEL_KIND");
});
