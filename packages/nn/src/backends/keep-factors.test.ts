import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { linear } from "../operations/linear/operation.ts";
import { operationsOf } from "../operations/operation.ts";
import { parameter } from "../testing/draw.ts";
import { gradient } from "../training/gradient.ts";
import { meanSquaredError } from "../training/losses.ts";
import { CpuModel } from "./cpu/cpu-model.ts";
import { keepFactors } from "./keep-factors.ts";

const chain = Chain.squareDyadic(8);
const VECTORS = 5;
/** Of two numbers of each vector and feature between three factors, in float32. */
const BYTES = 2 * 4 * VECTORS * 8;

/** Two layers of three factors, of which some are trained. */
function graphOf(trained: (layer: number, factor: number) => boolean): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors: VECTORS, features: 8 });
  const factors = [0, 1].map((layer) =>
    chain.patterns.map(({ a, b, c, d }, at) => parameter([a, b, c, d], 3 * layer + at)),
  );
  let y: Value = x;
  for (const own of factors) y = linear(y, { chain, factors: own }, { bias: parameter([8], 9) });
  const loss = meanSquaredError(y, graph.input("target", x));
  const of = factors.flatMap((own, layer) => own.filter((_, at) => trained(layer, at)));
  const gradients = gradient(graph, loss, of as Parameter[]);
  for (const [at, value] of gradients.entries()) graph.output(`${at}`, value);
  return graph;
}

const lengths = (operations: ReturnType<typeof operationsOf>): number[] =>
  operations.flatMap((one) => (one.kind === "linear" ? [one.matrix.chain.length] : []));

describe("what is between factors", () => {
  it("is kept within bytes, of the last products first", () => {
    const operations = operationsOf(graphOf(() => true));
    const products = lengths(operations).length;
    const all = keepFactors(operations, 2 * BYTES, 4);
    expect(all).toMatchObject({ kept: 2, again: 0, bytes: 2 * BYTES });
    // Each product takes its place factor by factor, and nothing is computed twice.
    expect(lengths(all.operations).every((length) => length === 1)).toBe(true);
    expect(lengths(all.operations).length).toBe(products);
    const one = keepFactors(operations, 2 * BYTES - 1, 4);
    expect(one).toMatchObject({ kept: 1, again: 1, bytes: BYTES });
    expect(lengths(one.operations).slice(0, 4)).toEqual([3, 1, 1, 1]);
    expect(keepFactors(operations, 0, 4)).toEqual({ operations, kept: 0, again: 2, bytes: 0 });
  });

  it("is as much as gradients read, where some factors are trained", () => {
    const operations = operationsOf(graphOf((layer, factor) => layer === 1 && factor === 1));
    const found = keepFactors(operations, BYTES, 4);
    expect(found).toMatchObject({ kept: 1, again: 0, bytes: BYTES / 2 });
    expect(lengths(found.operations).slice(0, 3)).toEqual([3, 1, 2]);
  });

  it("is nothing without gradients", () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: VECTORS, features: 8 });
    const factors = chain.patterns.map(({ a, b, c, d }, at) => parameter([a, b, c, d], at));
    graph.output("y", linear(x, { chain, factors }));
    const operations = operationsOf(graph);
    expect(keepFactors(operations, BYTES, 4)).toEqual({ operations, kept: 0, again: 0, bytes: 0 });
  });

  it("gives the same gradients, and is in the plan", async () => {
    const [kept, again] = [2 * BYTES, 0].map(
      (keptBytes) =>
        new CpuModel(
          graphOf(() => true),
          { kernels: "wasm", keptBytes },
        ),
    ) as [CpuModel, CpuModel];
    expect(await kept.plan()).toContain(
      "between factors 640 B kept of 2 products, 0 computed again",
    );
    expect(await again.plan()).toContain(
      "between factors 0 B kept of 0 products, 2 computed again",
    );
    const numbers = (seed: number): Float32Array =>
      Float32Array.from({ length: 8 * VECTORS }, (_, at) => Math.sin(at + seed));
    const inputs = { x: numbers(1), target: numbers(2) };
    const [first, second] = [await kept.run(inputs), await again.run(inputs)];
    for (const [name, right] of Object.entries(kept.runNow(inputs))) {
      for (const found of [first, second]) {
        for (const [at, number] of right.entries()) {
          // Of sums of few numbers of about 1, ten one after another.
          const off = Math.abs((found[name]?.[at] as number) - number);
          expect(off).toBeLessThan(100 * 2 ** -23 * Math.max(1, Math.abs(number)));
        }
      }
    }
    kept.dispose();
    again.dispose();
  });
});
