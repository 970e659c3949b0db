import { existsSync, readFileSync } from "node:fs";
import { Butterfly, Chain } from "@papilio/butterfly";
import {
  fewBitsEntry,
  loadButterflies,
  readSafetensors,
  saveButterflies,
  writeNpy,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { dequantizeValues, FEW_BITS, quantizeValues } from "@papilio/butterfly/numeric";
import { modelFromHuggingFace, type VisionTransformer } from "@papilio/nn";
import { loadStateDict } from "@papilio/nn/node";
import { imitationTask } from "@papilio/nn/training";
import type { StateDict } from "@papilio/nn/weights";
import { expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { TOKENIZER, writeLlama, writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const count = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * index) / 3);

/** `|(W - B) X| / |W X|` in float64, of vectors `[samples, cols]`; the identity unless given. */
function errorOf(w: Butterfly, b: Butterfly, x?: Float64Array): number {
  const { rows, cols } = w.chain;
  const [exact, near] = [w.convert("float64").dense(), b.convert("float64").dense()];
  const samples = x === undefined ? cols : x.length / cols;
  let [errors, squares] = [0, 0];
  for (let sample = 0; sample < samples; sample++) {
    for (let row = 0; row < rows; row++) {
      let [error, sum] = [0, 0];
      for (let col = 0; col < cols; col++) {
        const value = x === undefined ? Number(col === sample) : (x[sample * cols + col] as number);
        const weight = exact[row * cols + col] as number;
        error += (weight - (near[row * cols + col] as number)) * value;
        sum += weight * value;
      }
      errors += error ** 2;
      squares += sum ** 2;
    }
  }
  return Math.sqrt(errors / squares);
}

it("papilio quantize rounds the factors of a butterfly, and says by how much", async () => {
  const butterfly = Butterfly.random(Chain.monarch(64), { seed: 1 });
  const file = folder.write("chain.safetensors", saveButterflies({ w: butterfly }));
  for (const dtype of FEW_BITS) {
    const out = folder.at(`${dtype}.safetensors`);
    const flags = ["--dtype", dtype, "--rounding", "plain", "--out", out, "--json"];
    const { status, stdout, stderr } = await papilio("quantize", file, ...flags);
    expect(status, stderr).toBe(0);
    const { matrices, bytes } = JSON.parse(stdout);
    expect(bytes).toEqual({ before: 4 * 1024, after: readFileSync(out).length });
    const read = loadButterflies(readFileSync(out)).get("w")?.matrix as Butterfly;
    for (const [index, factor] of butterfly.factors.entries()) {
      const { a, b, c, d } = factor.stored;
      const rounded = dequantizeValues(quantizeValues(factor.values, [a, b, c, d], dtype));
      expect(read.factors[index]).toMatchObject({ values: rounded });
    }
    expect(matrices).toHaveLength(1);
    expect(matrices[0]).toMatchObject({ name: "w", shape: [64, 64], factors: 2, weights: 1024 });
    expect(matrices[0].error).toBeCloseTo(errorOf(butterfly, read), 5);
    const structured = folder.at(`${dtype}-structured.safetensors`);
    const better = await papilio("quantize", file, "--dtype", dtype, "--out", structured, "--json");
    const [own] = JSON.parse(better.stdout).matrices;
    expect(own.bytes).toBe(matrices[0].bytes);
    // Plain rounding finds the best scale of signs.
    expect(own.error).toBeLessThan((dtype === "q1" ? 1 : 0.9) * matrices[0].error);
    const near = loadButterflies(readFileSync(structured)).get("w")?.matrix as Butterfly;
    expect(own.error).toBeCloseTo(errorOf(butterfly, near), 5);
  }
});

it("papilio quantize --calibrate makes the errors of outputs small", async () => {
  const butterfly = Butterfly.random(Chain.monarch(64), { seed: 1 });
  const file = folder.write("told.safetensors", saveButterflies({ w: butterfly }));
  const x = Float64Array.from({ length: 200 * 64 }, (_, at) => {
    const [sample, col] = [Math.floor(at / 64), at % 64];
    return Math.sin(sample * 1.7 + col / 9) + 0.1 * Math.sin(at * at);
  });
  const vectors = folder.write("vectors.npy", writeNpy(x, [200, 64]));
  const out = folder.at("told-q4.safetensors");
  const flags = ["--dtype", "q4", "--out", out, "--json", "--force"];
  const plain = await papilio("quantize", file, ...flags);
  const before = loadButterflies(readFileSync(out)).get("w")?.matrix as Butterfly;
  expect(JSON.parse(plain.stdout)).toMatchObject({ rounding: "structured", vectors: null });
  const told = await papilio("quantize", file, "--calibrate", vectors, ...flags);
  const report = JSON.parse(told.stdout);
  expect(report.vectors).toBe(200);
  const near = loadButterflies(readFileSync(out)).get("w")?.matrix as Butterfly;
  expect(report.matrices[0].outputError).toBeCloseTo(errorOf(butterfly, near, x), 5);
  expect(report.matrices[0].outputError).toBeLessThan(0.7 * errorOf(butterfly, before, x));
  const other = folder.write("other.npy", writeNpy(new Float64Array(32), [1, 32]));
  const wrong = await papilio("quantize", file, "--calibrate", other, ...flags);
  expect(wrong.stderr).toContain("INPUT_SHAPE");
  const nothing = folder.write("nothing.npy", writeNpy(new Float64Array(0), [0, 64]));
  const empty = await papilio("quantize", file, "--calibrate", nothing, ...flags);
  expect(empty.stderr).toContain("CALIBRATION_EMPTY");
});

it("papilio quantize --calibrate runs a model of text, and of images", async () => {
  const text = folder.write("words.txt", "a b c d e f g ".repeat(40));
  const images = Float32Array.from({ length: 3 * 192 }, (_, at) => Math.sin(at));
  for (const [model, input, vectors] of [
    [await writeLlama(folder.at("llama")), text, 8 * 32],
    [
      await writeVision(folder.at("vit")),
      folder.write("x.npy", writeNpy(images, [3, 3, 8, 8])),
      15,
    ],
  ] as const) {
    const out = folder.at("model-q4.safetensors");
    const flags = ["--dtype", "q4", "--calibrate", input, "--out", out, "--force", "--json"];
    const { status, stdout, stderr } = await papilio("quantize", model, ...flags);
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.vectors).toBe(vectors);
    const told = report.matrices.filter(
      ({ outputError }: { outputError?: number }) => outputError !== undefined,
    );
    const tables = report.matrices.filter(({ name }: { name: string }) => /embed/.test(name));
    expect(told.length).toBe(report.matrices.length - tables.length);
    const table = await papilio("quantize", model, ...flags.slice(0, -1));
    expect(table.stdout).toContain("of outputs");
  }
  const empty = folder.write("empty.txt", "");
  const flags = ["--dtype", "q4", "--calibrate", empty, "--out", folder.at("no.safetensors")];
  const { stderr } = await papilio("quantize", folder.at("llama"), ...flags);
  expect(stderr).toContain("CALIBRATION_EMPTY");
});

it("papilio quantize --calibrate takes queries, keys and values that are stored as one", async () => {
  const shapes: readonly (readonly [string, ...number[]])[] = [
    ["wte.weight", 8, 8],
    ["wpe.weight", 32, 8],
    ["h.0.ln_1.weight", 8],
    ["h.0.ln_1.bias", 8],
    ["h.0.attn.c_attn.weight", 8, 24],
    ["h.0.attn.c_attn.bias", 24],
    ["h.0.attn.c_proj.weight", 8, 8],
    ["h.0.attn.c_proj.bias", 8],
    ["h.0.ln_2.weight", 8],
    ["h.0.ln_2.bias", 8],
    ["h.0.mlp.c_fc.weight", 8, 32],
    ["h.0.mlp.c_fc.bias", 32],
    ["h.0.mlp.c_proj.weight", 32, 8],
    ["h.0.mlp.c_proj.bias", 8],
    ["ln_f.weight", 8],
    ["ln_f.bias", 8],
  ];
  const tensors = shapes.map(([name, ...shape]) => {
    const values = count(shape.reduce((product, size) => product * size, 1));
    return { name, dtype: "F32" as const, shape, bytes: new Uint8Array(values.buffer) };
  });
  const sizes = { vocab_size: 8, n_embd: 8, n_layer: 1, n_head: 2, n_positions: 32 };
  folder.write("gpt2/config.json", JSON.stringify({ model_type: "gpt2", ...sizes }));
  folder.write("gpt2/tokenizer.json", JSON.stringify(TOKENIZER));
  folder.write("gpt2/tokenizer_config.json", JSON.stringify({ bos_token: "<s>" }));
  folder.write("gpt2/model.safetensors", writeSafetensors(tensors));
  const text = folder.write("gpt2.txt", "a b c d e f g ".repeat(20));
  const out = folder.at("gpt2-q4.safetensors");
  const flags = ["--dtype", "q4", "--calibrate", text, "--out", out, "--json"];
  const { status, stdout, stderr } = await papilio("quantize", folder.at("gpt2"), ...flags);
  expect(status, stderr).toBe(0);
  const own = JSON.parse(stdout).matrices.find(({ name }: { name: string }) => /c_attn/.test(name));
  expect(own).toMatchObject({ shape: [24, 8], outputError: expect.any(Number) });
  const training = ["--dtype", "q2", "--train", "40", "--rate", "0.01", "--force"];
  const trained = await papilio("quantize", folder.at("gpt2"), ...flags, ...training);
  expect(trained.status, trained.stderr).toBe(0);
  const report = JSON.parse(trained.stdout);
  expect(report.training.after).toBeLessThan(report.training.before);
  const learned = report.matrices.find(({ name }: { name: string }) => /c_attn/.test(name));
  expect(learned.error).toBeLessThan(0.9);
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
  const flags = ["--dtype", "q4", "--rounding", "plain"];
  const { status, stderr } = await papilio("quantize", file, ...flags, "--out", out);
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
  await papilio("quantize", out, ...flags, "--out", again);
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

it("papilio quantize --train comes nearer to what the model computes in float32", async () => {
  const llama = await writeLlama(folder.at("learning"));
  const words = ["a", "b", "c", "d", "e", "f", "g"];
  const told = Array.from({ length: 4000 }, (_, at) => words[(at * at + (at >> 3)) % 7]).join(" ");
  const text = folder.write("learning.txt", told);
  const images = Float32Array.from({ length: 64 * 192 }, (_, at) => Math.sin(at * 1.3));
  const vit = await writeVision(folder.at("learning-vit"));
  const array = folder.write("learning.npy", writeNpy(images, [64, 3, 8, 8]));
  for (const [model, input, examples] of [
    [llama, text, 113],
    [vit, array, 48],
  ] as const) {
    const out = folder.at("trained.safetensors");
    const flags = ["--dtype", "q3", "--calibrate", input, "--out", out, "--force", "--json"];
    const training = ["--train", "60", "--rate", "0.02"];
    const { status, stdout, stderr } = await papilio("quantize", model, ...flags, ...training);
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.training).toMatchObject({ steps: 60, examples });
    expect(report.training.after).toBeLessThan(0.9 * report.training.before);
    // Numbers of few bits alone: rounding them again changes none.
    const again = folder.at("trained-again.safetensors");
    const plain = ["--dtype", "q3", "--rounding", "plain", "--out", again, "--force"];
    await papilio("quantize", out, ...plain);
    const [first, second] = await Promise.all([out, again].map((path) => loadStateDict(path)));
    const before = await loadStateDict(model);
    let changed = 0;
    for (const [name, tensor] of first ?? []) {
      expect(second?.get(name)?.toReal("float32")).toEqual(tensor.toReal("float32"));
      expect(tensor.shape).toEqual(before.get(name)?.shape);
      changed += Number(`${tensor.bytes()}` !== `${before.get(name)?.bytes()}`);
    }
    // Norms too.
    expect(changed).toBeGreaterThan(report.matrices.length);
    if (model !== vit) continue;
    // What is read computes what was measured.
    const config: unknown = JSON.parse(readFileSync(`${vit}/config.json`, "utf8"));
    const [own, exact] = [first, before].map((state) =>
      modelFromHuggingFace(config, state as StateDict),
    );
    const held = { count: 16, inputs: { images: images.slice(48 * 192) } };
    const traceOf = (one: typeof own) => (rows: number) =>
      (one as VisionTransformer).trace({ images: rows });
    using task = imitationTask({
      ...{ trace: traceOf(own), teacher: traceOf(exact), parameters: new Map() },
      ...{ train: held, validation: held, batch: 16, seed: 0, kernels: "wasm" },
    });
    const measured = (await task.evaluate?.())?.loss ?? Number.NaN;
    expect(Math.abs(measured / report.training.after - 1)).toBeLessThan(1e-3);
  }
});

it("papilio quantize --train refuses what it cannot train on", async () => {
  const model = await writeLlama(folder.at("refused"));
  const out = ["--dtype", "q4", "--out", folder.at("refused.safetensors")];
  const short = folder.write("short.txt", "a b c");
  const chain = folder.write(
    "refused-chain.safetensors",
    saveButterflies({ w: Butterfly.random(Chain.monarch(16), { seed: 1 }) }),
  );
  const vectors = folder.write("refused.npy", writeNpy(new Float64Array(32).fill(1), [2, 16]));
  for (const [flags, code] of [
    [[model, "--train", "5"], "FLAG_INVALID"],
    [[model, "--train", "0", "--calibrate", short], "FLAG_INVALID"],
    [[model, "--train", "5", "--rate", "x", "--calibrate", short], "FLAG_INVALID"],
    [[model, "--train", "5", "--calibrate", short], "CALIBRATION_EMPTY"],
    [[chain, "--train", "5", "--calibrate", vectors], "MODEL_KIND"],
  ] as const) {
    const { status, stderr } = await papilio("quantize", ...flags, ...out);
    expect(status).not.toBe(0);
    expect(stderr).toContain(code);
  }
  expect(existsSync(folder.at("refused.safetensors"))).toBe(false);
});
