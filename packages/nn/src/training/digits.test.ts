import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import * as f from "../operations/index.ts";
import { factorRates } from "./factor-rates.ts";
import { crossEntropy } from "./losses.ts";
import { warmupCosine } from "./schedule.ts";
import { Trainer } from "./trainer.ts";

/** Rows of pixels from 0 to 1, and digits. */
function digits(): { readonly pixels: Float32Array; readonly labels: Uint32Array } {
  const file = resolve(import.meta.dirname, "../../testdata/digits/digits.csv.gz");
  const rows = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  const numbers = rows.map((row) => row.split(",").map(Number));
  return {
    pixels: Float32Array.from(
      numbers.flatMap((row) => row.slice(0, 64)),
      (pixel) => pixel / 16,
    ),
    labels: Uint32Array.from(numbers, (row) => row[64] as number),
  };
}

const [BATCH, TRAINED, EPOCHS] = [40, 400, 30];

/** A classifier of two layers, the first a butterfly of fewer weights. */
async function trainOnDigits(
  kernels: "reference" | "wasm",
): Promise<{ losses: number[]; logits: Float32Array }> {
  const { pixels, labels } = digits();
  const hidden = monarch()({ inFeatures: 64, outFeatures: 64, seed: 1 });
  const head = new Linear({ inFeatures: 64, outFeatures: 10, seed: 2 });
  const trace = (vectors: number): { graph: Graph; logits: ReturnType<Linear["forward"]> } => {
    const graph = new Graph();
    const x = graph.input("x", { vectors, features: 64 });
    const active = f.activate(hidden.forward(x), { kind: "gelu", approximate: "none" });
    return { graph, logits: head.forward(active) };
  };
  const { graph, logits } = trace(BATCH);
  const loss = crossEntropy(logits, graph.indices("labels", BATCH));
  const steps = (EPOCHS * TRAINED) / BATCH;
  const parameters = [hidden, head].flatMap((layer) => [...layer.namedParameters().values()]);
  using trainer = new Trainer(graph, loss, parameters, {
    optimizer: { kind: "adamw" },
    rate: warmupCosine({ rate: 5e-3, warmup: 5, steps }),
    multipliers: factorRates(graph),
    decay: 0.01,
    clip: 1,
    kernels,
  });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const from = (step * BATCH) % TRAINED;
    const batch = {
      x: pixels.slice(64 * from, 64 * (from + BATCH)),
      labels: labels.slice(from, from + BATCH),
    };
    losses.push((await trainer.step([batch])).loss);
  }
  await trainer.read();
  const held = trace(labels.length - TRAINED);
  held.graph.output("logits", held.logits);
  using model = new CpuModel(held.graph, { kernels: "wasm" });
  const outputs = await model.run({ x: pixels.slice(64 * TRAINED) });
  return { losses, logits: outputs.logits as Float32Array };
}

describe("a classifier of digits with a butterfly layer", () => {
  const found: number[][] = [];

  it.each(["reference", "wasm"] as const)(
    "learns what it has not seen, the same from the same seed, by %s",
    async (kernels) => {
      const { labels } = digits();
      const { losses, logits } = await trainOnDigits(kernels);
      const right = [...labels.subarray(TRAINED)].filter((label, at) => {
        const row = [...logits.subarray(10 * at, 10 * at + 10)];
        return row.indexOf(Math.max(...row)) === label;
      });
      expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 4);
      // Of 100 digits.
      expect(right.length).toBeGreaterThanOrEqual(85);
      expect((await trainOnDigits(kernels)).losses).toEqual(losses);
      found.push(losses);
    },
  );

  it("has the same losses by both, as long as roundings have not grown", () => {
    const [byReference, byKernels] = found as [number[], number[]];
    for (const [step, loss] of byReference.slice(0, 20).entries()) {
      expect(Math.abs((byKernels[step] as number) - loss)).toBeLessThan(1e-3 * loss);
    }
  });
});
