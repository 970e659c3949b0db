import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { monarch } from "../../layers/butterfly-linear.ts";
import { VisionTransformer } from "../../models/vision-transformer.ts";
import { Parameter } from "../../modules/parameter.ts";
import { append } from "../../operations/append/operation.ts";
import { gatherVectors } from "../../operations/gather-vectors/operation.ts";
import { linear } from "../../operations/linear/operation.ts";
import { difference, numbers, parameter } from "../../testing/draw.ts";
import { CpuModel } from "./cpu-model.ts";
import { CpuStates } from "./cpu-states.ts";
import { CpuWeightStore } from "./cpu-weight-store.ts";

const IMAGES = numbers(3 * 3 * 16 * 16, 1);

function transformer(): Graph {
  const model = new VisionTransformer({
    imageSize: 16,
    patchSize: 4,
    classes: 7,
    features: 32,
    layers: 2,
    heads: 4,
    linear: { projection: monarch(), ffn: monarch() },
  });
  return model.trace({ images: 3 });
}

describe("a model on the CPU", () => {
  it("gives the same by the kernels in WebAssembly, run after run", async () => {
    const graph = transformer();
    const expected = new CpuModel(graph, { precision: "float64" }).runNow({ images: IMAGES });
    using model = new CpuModel(graph, { kernels: "wasm" });
    for (let run = 0; run < 2; run++) {
      const { logits } = await model.run({ images: IMAGES });
      const { error, magnitude } = difference(
        logits as Float32Array,
        expected.logits as Float64Array,
      );
      expect(magnitude).toBeGreaterThan(0.1);
      expect(error).toBeLessThan(1e-5 * magnitude);
    }
  });

  it.each(["wasm", "reference"] as const)(
    "reads inputs where they are written: %s",
    async (kernels) => {
      const graph = transformer();
      using model = new CpuModel(graph, { kernels });
      const { logits: expected } = await model.run({ images: IMAGES });
      const images = await model.inputMemory("images");
      expect(images.length).toBe(IMAGES.length);
      images.set(IMAGES);
      for (let run = 0; run < 2; run++) {
        expect((await model.run({ images })).logits).toEqual(expected);
      }
      images.fill(0, 0, images.length / 2);
      const changed = await model.run({ images });
      expect(changed.logits).not.toEqual(expected);
      expect(changed).toEqual(await model.run({ images: images.slice() }));
      await expect(model.inputMemory("logits")).rejects.toThrow(
        expect.objectContaining({ code: "INPUT_MISSING" }),
      );
      model.dispose();
      await expect(model.inputMemory("images")).rejects.toThrow(
        expect.objectContaining({ code: "MODEL_DISPOSED" }),
      );
    },
  );

  it("takes numbers of another realm, and none of another class", () => {
    const model = new CpuModel(transformer());
    const foreign = runInNewContext("Float32Array.from(numbers)", { numbers: IMAGES });
    expect(foreign instanceof Float32Array).toBe(false);
    expect(model.runNow({ images: foreign })).toEqual(model.runNow({ images: IMAGES }));
    for (const images of [Float64Array.from(IMAGES), [...IMAGES], undefined, null]) {
      expect(() => model.runNow({ images: images as never })).toThrow(
        expect.objectContaining({ code: "INPUT_MISSING" }),
      );
    }
  });

  it("rounds between operations in float32, and not in float64", async () => {
    const graph = transformer();
    const exact = new CpuModel(graph, { precision: "float64" }).runNow({ images: IMAGES }).logits;
    const rounded = new CpuModel(graph).runNow({ images: IMAGES }).logits;
    expect(exact).toBeInstanceOf(Float64Array);
    expect(rounded).toBeInstanceOf(Float32Array);
    const { error } = difference(rounded as Float32Array, exact as Float64Array);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(1e-5);
    expect((await new CpuModel(graph).run({ images: IMAGES })).logits).toEqual(rounded);
    expect(() => new CpuModel(graph, { kernels: "wasm", precision: "float64" })).toThrow(
      expect.objectContaining({ code: "CPU_PRECISION" }),
    );
  });

  it("keeps states from run to run, apart or together with another graph", async () => {
    const make = (): Graph => {
      const graph = new Graph();
      const x = graph.input("x", { vectors: 1, features: 2 });
      const state = graph.state("kept", { vectors: 3, features: 2 });
      graph.output("all", append(x, state, graph.indices("position", 1)));
      return graph;
    };
    const states = new CpuStates();
    const [first, second] = [new CpuModel(make(), { states }), new CpuModel(make(), { states })];
    await first.run({ x: Float32Array.of(1, 2), position: Uint32Array.of(1) });
    const { all } = await second.run({ x: Float32Array.of(3, 4), position: Uint32Array.of(2) });
    expect([...(all ?? [])]).toEqual([0, 0, 1, 2, 3, 4]);
    const apart = await new CpuModel(make()).run({
      x: Float32Array.of(5, 6),
      position: Uint32Array.of(0),
    });
    expect([...(apart.all ?? [])]).toEqual([5, 6, 0, 0, 0, 0]);
    states.reset();
    const again = await first.run({ x: Float32Array.of(7, 8), position: Uint32Array.of(0) });
    expect([...(again.all ?? [])]).toEqual([7, 8, 0, 0, 0, 0]);
  });

  it("holds a table of tokens that is the head too once", async () => {
    const table = parameter([50, 8], 1);
    const make = (tokens: number): Graph => {
      const graph = new Graph();
      graph.output("y", linear(gatherVectors(table, graph.indices("ids", tokens)), table));
      return graph;
    };
    const weights = new CpuWeightStore();
    for (const ids of [Uint32Array.of(49), Uint32Array.of(3, 0, 49, 7, 7, 12)]) {
      const graph = make(ids.length);
      using model = new CpuModel(graph, { kernels: "wasm", weights });
      const exact = new CpuModel(graph, { precision: "float64" }).runNow({ ids }).y;
      const { y } = await model.run({ ids });
      expect(difference(y as Float32Array, exact as Float64Array).error).toBeLessThan(1e-5);
      expect(weights.bytes).toBe(4 * table.length);
    }
  });

  it("releases the numbers of parameters once they are packed, where it is asked to", async () => {
    const [table, first] = [parameter([50, 8], 1), parameter([8, 8], 2)];
    const { values } = table;
    const make = (tokens: number): Graph => {
      const graph = new Graph();
      const x = linear(gatherVectors(table, graph.indices("ids", tokens)), first);
      graph.output("y", linear(x, table));
      return graph;
    };
    const graphs = [make(1), make(3)] as const;
    const all = [Uint32Array.of(49), Uint32Array.of(1, 49, 7)] as const;
    const exact = graphs.map((graph, index) => {
      const model = new CpuModel(graph, { precision: "float64" });
      return model.runNow({ ids: all[index] as Uint32Array }).y as Float64Array;
    });
    const options = {
      kernels: "wasm",
      weights: new CpuWeightStore(),
      releaseParameters: true,
    } as const;
    for (const [index, graph] of graphs.entries()) {
      // The second one shares what the first has packed.
      const model = new CpuModel(graph, options);
      const { y } = await model.run({ ids: all[index] as Uint32Array });
      const { error } = difference(y as Float32Array, exact[index] as Float64Array);
      expect(error).toBeLessThan(1e-5);
    }
    expect(values).toHaveLength(0);
    const released = expect.objectContaining({ code: "PARAMETER_RELEASED" });
    expect(() => table.values).toThrow(released);
    const reference = new CpuModel(graphs[0]);
    expect(() => reference.runNow({ ids: Uint32Array.of(1) })).toThrow(released);
    table.values = new Float32Array(400).fill(2);
    expect(table.values[399]).toBe(2);
  });

  it("refuses weights that do not fit before it makes their numbers", async () => {
    const made = vi.fn();
    const large = new Parameter([2 ** 15, 2 ** 15 + 1], made);
    const graph = new Graph();
    graph.output("y", linear(graph.input("x", { vectors: 1, features: 2 ** 15 + 1 }), large));
    const model = new CpuModel(graph, { kernels: "wasm" });
    await expect(model.prepare()).rejects.toThrow(expect.objectContaining({ code: "CPU_MEMORY" }));
    expect(made).not.toHaveBeenCalled();
  });

  it("shows what it became, and times it", async () => {
    using model = new CpuModel(transformer(), { kernels: "wasm" });
    const plan = (await model.plan()).split("\n");
    expect(plan[0]).toMatch(/^operation +module +output +layout +dispatches +bytes moved$/);
    expect(plan.find((line) => line.startsWith("attention"))).toContain("51 x 32");
    expect(plan.at(-1)).toMatch(/^arena .+, memory .+ in all$/);
    expect(model.bytes).toBeGreaterThan(0);
    await model.run({ images: IMAGES });
    const { seconds, operations } = await model.profile();
    const kinds = new Set(operations.map(({ kind }) => kind));
    expect(kinds).toContain("linear");
    // Activations and sums are done within products.
    expect(kinds).not.toContain("activation");
    expect(kinds).not.toContain("combine");
    expect(seconds).toBeGreaterThan(0);
    const sum = operations.reduce((total, operation) => total + operation.seconds, 0);
    expect(sum).toBeCloseTo(seconds, 9);
    const reference = new CpuModel(transformer());
    const refused = expect.objectContaining({ code: "CPU_PROGRAM" });
    await expect(reference.plan()).rejects.toThrow(refused);
    await expect(reference.profile()).rejects.toThrow(refused);
  });

  it("keeps states where the kernels and the reference take turns", async () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 1, features: 3 });
    const state = graph.state("kept", { vectors: 18, features: 3 });
    graph.output("all", append(x, state, graph.indices("position", 1)));
    const states = new CpuStates();
    const run = (value: number, at: number) => ({
      x: Float32Array.of(value, value, value),
      position: Uint32Array.of(at),
    });
    const rows = (...values: number[]): number[] =>
      Array.from({ length: 18 }, (_, v) => values[v] ?? 0).flatMap((v) => [v, v, v]);
    const model = new CpuModel(graph, { kernels: "wasm", states });
    await model.run(run(1, 0));
    expect([...(model.runNow(run(2, 1)).all ?? [])]).toEqual(rows(1, 2));
    expect([...((await model.run(run(3, 2))).all ?? [])]).toEqual(rows(1, 2, 3));
    model.dispose();
    // What they hold outlives the memory of the kernels.
    using other = new CpuModel(graph, { kernels: "wasm", states });
    expect([...((await other.run(run(4, 3))).all ?? [])]).toEqual(rows(1, 2, 3, 4));
    states.reset();
    expect([...((await other.run(run(5, 0))).all ?? [])]).toEqual(rows(5));
  });

  it("goes on after a run that was refused", async () => {
    const graph = new Graph();
    const ids = graph.indices("ids", 1);
    graph.output("y", linear(gatherVectors(parameter([4, 3], 1), ids), parameter([2, 3], 2)));
    using model = new CpuModel(graph, { kernels: "wasm" });
    const wrong = model.run({ ids: Uint32Array.of(9) });
    const right = model.run({ ids: Uint32Array.of(3) });
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: "INDEX_RANGE" }));
    expect((await right).y).toHaveLength(2);
  });
});
