import { readdirSync, readFileSync } from "node:fs";
import { readNpyValues, writeNpy } from "@papilio/butterfly/files";
import { loadStateDict } from "@papilio/nn/node";
import { expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { writeLlama, writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const images = Float32Array.from({ length: 3 * 192 }, (_, at) => Math.sin(at));
const x = folder.write("x.npy", writeNpy(images, [3, 3, 8, 8]));

async function logitsOf(model: string): Promise<Float32Array> {
  const out = folder.at("logits.npy");
  const flags = ["--input", `images=${x}`, "--output", `logits=${out}`, "--backend", "cpu"];
  const { status, stderr } = await papilio("run", model, ...flags, "--force");
  expect(status, stderr).toBe(0);
  return readNpyValues(readFileSync(out), "float32").values as Float32Array;
}

function furthest(one: Float32Array, other: Float32Array): number {
  return Math.max(...one.map((value, at) => Math.abs(value - (other[at] as number))));
}

it("papilio rotate leaves what a model computes as it is, and few bits of it are read", async () => {
  const model = await writeVision(folder.at("vit"));
  const out = folder.at("rotated");
  const { status, stdout, stderr } = await papilio("rotate", model, "--out", out, "--json");
  expect(status, stderr).toBe(0);
  const { layers } = JSON.parse(stdout);
  const { papilio: own } = JSON.parse(readFileSync(`${out}/config.json`, "utf8"));
  expect(own.linear.split(" | ")).toEqual([
    ...new Set(layers.map(({ product }: { product: string }) => product)),
  ]);
  const before = await logitsOf(model);
  expect(furthest(before, await logitsOf(out))).toBeLessThan(1e-5);
  const file = folder.at("rounded.safetensors");
  const rotations = [...(await loadStateDict(out)).values()].filter(({ name }) =>
    /factors\.[1-9]/.test(name),
  );
  expect(rotations.length).toBeGreaterThanOrEqual(layers.length);
  const flags = ["--dtype", "q8", "--calibrate", x, "--out", file, "--force", "--json"];
  const done = await papilio("quantize", out, ...flags);
  expect(done.status, done.stderr).toBe(0);
  for (const { name, error } of JSON.parse(done.stdout).matrices) {
    if (/factors\.[1-9]/.test(name)) expect(error, name).toBe(0);
    else expect(error, name).toBeLessThan(0.02);
  }
});

it("papilio rotate copies what lies beside a model, and texts go on as before", async () => {
  const model = await writeLlama(folder.at("llama"));
  const out = folder.at("llama-rotated");
  const { status, stdout, stderr } = await papilio("rotate", model, "--out", out);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain("layers.0.mlp.down_proj");
  expect(readdirSync(out).toSorted()).toEqual(readdirSync(model).toSorted());
  const flags = ["--prompt", "a b", "--max-tokens", "12", "--backend", "cpu"];
  const texts = [];
  for (const path of [model, out]) texts.push((await papilio("generate", path, ...flags)).stdout);
  expect(texts[1]).toBe(texts[0]);
  const again = await papilio("rotate", model, "--out", out);
  expect(again.stderr).toContain("OUTPUT_EXISTS");
  const twice = await papilio("rotate", out, "--out", folder.at("twice"));
  expect(twice.stderr).toContain("MODEL_KIND");
  expect(twice.stderr).toContain("only dense layers");
});
