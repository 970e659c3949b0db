import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { monarch } from "../../layers/butterfly-linear.ts";
import { Gpt2 } from "../../models/gpt2.ts";
import { Llama } from "../../models/llama.ts";
import { append } from "../../operations/append/operation.ts";
import { difference, numbers } from "../../testing/draw.ts";
import { CpuModel } from "../cpu/cpu-model.ts";
import { CpuStates } from "../cpu/cpu-states.ts";
import { exportOnnx, onnxGraphOf } from "./export-onnx.ts";

const shape = { vocabulary: 40, features: 32, layers: 2, heads: 4, positions: 12 };
const models = {
  llama: new Llama({
    ...shape,
    hidden: 56,
    keyValueHeads: 2,
    seed: 2,
    linear: { projection: monarch(), ffn: monarch() },
  }),
  gpt2: new Gpt2({ ...shape, seed: 3 }),
};
const HEADS = { llama: 2, gpt2: 4 };
const EACH = 8;

/** `[vectors, heads * each]` as `[heads, vectors, each]`. */
function byHeads(rows: ArrayLike<number>, heads: number): Float32Array {
  const vectors = rows.length / (heads * EACH);
  return Float32Array.from({ length: rows.length }, (_, index) => {
    const [head, vector, feature] = [
      Math.floor(index / (vectors * EACH)),
      Math.floor(index / EACH) % vectors,
      index % EACH,
    ];
    return rows[(vector * heads + head) * EACH + feature] as number;
  });
}

describe("a language model with past and present in ONNX Runtime", { timeout: 60_000 }, () => {
  it.each([
    ["llama", 1, 8],
    ["gpt2", 1, 8],
    ["llama", 3, 8],
    ["gpt2", 5, 5],
  ] as const)("%s, %i tokens that fill %i places", async (name, tokens, context) => {
    const heads = HEADS[name];
    const before = context - tokens;
    const graph = models[name].traceStep({ tokens, context });
    const inputs = {
      ids: Uint32Array.from({ length: tokens }, (_, index) => (7 + 11 * index) % 40),
      position: Uint32Array.of(before),
      last: Uint32Array.of(tokens - 1),
    };
    const states = new CpuStates();
    using model = new CpuModel(graph, { states, precision: "float64" });
    const feeds: Record<string, ort.Tensor> = {};
    let seed = 1;
    for (const [state, { value }] of graph.states) {
      const past = numbers(before * value.features, seed++);
      const kept = Float64Array.from({ length: context * value.features }, (_, i) => past[i] ?? 0);
      states.of(state, () => kept);
      if (before === 0) continue;
      const dims = [heads, before, EACH];
      feeds[`past.${state}`] = new ort.Tensor("float32", byHeads(past, heads), dims);
    }
    for (const [input, given] of Object.entries(inputs)) {
      const data = BigInt64Array.from([...given].map(BigInt));
      feeds[input] = new ort.Tensor("int64", data, [data.length]);
    }
    const session = await ort.InferenceSession.create(exportOnnx(graph, { states: "past" }), {
      logSeverityLevel: 3,
    });
    try {
      expect([...session.inputNames].sort()).toEqual(Object.keys(feeds).sort());
      const results = await session.run(feeds);
      const { logits } = model.runNow(inputs);
      const compared = difference(
        results.logits?.data as Float32Array,
        logits as unknown as Float32Array,
      );
      expect(compared.error).toBeLessThan(1e-5 * compared.magnitude);
      for (const state of graph.states.keys()) {
        const present = results[`present.${state}`];
        expect(present?.dims).toEqual([heads, context, EACH]);
        const rows = states.of(state, () => new Float64Array());
        const kept = difference(present?.data as Float32Array, byHeads(rows, heads));
        expect(kept.error).toBeLessThanOrEqual(1e-5 * kept.magnitude);
      }
    } finally {
      await session.release();
    }
  });

  it("multiplies by the transposed keys without moving the past", () => {
    const { nodes } = onnxGraphOf(models.gpt2.traceStep({ tokens: 1, context: 8 }), {
      states: "past",
    });
    const producer = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
    const [scores] = nodes.filter(({ inputs }) =>
      inputs.some((name) => producer.get(name)?.op === "Transpose"),
    );
    // Which ONNX Runtime fuses: a Transpose of the last two axes, then a MatMul, and nothing between.
    expect(scores?.op).toBe("MatMul");
    const turned = producer.get(scores?.inputs[1] ?? "");
    expect(turned?.attributes).toEqual({ perm: [0, 2, 1] });
    expect(producer.get(turned?.inputs[0] ?? "")?.op).toBe("Concat");
  });

  it("refuses a state that has no heads", () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 1, features: 4 });
    const state = graph.state("s", { vectors: 3, features: 4 });
    graph.output("y", append(x, state, graph.indices("position", 1)));
    expect(() => exportOnnx(graph, { states: "past" })).toThrow(
      expect.objectContaining({ code: "ONNX_STATE" }),
    );
    expect(exportOnnx(graph).length).toBeGreaterThan(0);
  });
});
