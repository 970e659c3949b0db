import { Butterfly, Chain, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, expect, it } from "vitest";
import { disposeCpuThreads } from "../engine/engine.ts";
import { type OpenCpu, openCpu } from "../engine/open-cpu.ts";
import { pack } from "../kernels/pack.ts";
import { product } from "../kernels/product.ts";
import type { CpuSpan } from "../memory/cpu-span.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { type ChainPass, chainPasses, passValues } from "./chain-passes.ts";
import { CpuProgram, type OpenEngine } from "./cpu-program.ts";
import { ProgramRecorder } from "./recorder.ts";

afterAll(() => disposeCpuThreads());

it("a factor whose blocks are stored once has the values of all of them in a pass", () => {
  const pattern = new Pattern(3, 4, 5, 2);
  const values = Float32Array.from({ length: 4 * 5 }, uniform(1));
  const factor = new KroneckerSparse(pattern, values, { a: true, d: true });
  const butterfly = new Butterfly([factor]);
  const [pass] = chainPasses(butterfly.chain) as [ChainPass];
  const { packed } = packWeights(pass.weights, passValues(butterfly, pass));
  const x = Float32Array.from({ length: 3 * pattern.cols }, uniform(2));
  const call = product({ vectors: 3, weights: pass.weights });
  const y = runKernel(call, { x, weights: packed }).y as Float32Array;
  const shape = { batch: 3, layout: "batch-first" } as const;
  expect(verifyProduct(butterfly, x, y, shape, [5])).toMatchObject({ ok: true });
});

it("where factors are not merged, each stage of a pass is one of them", () => {
  for (const text of ["1,2,2,8;2,2,2,4;4,2,2,2;8,2,2,1", "1,8,8,8;8,8,8,1", "1,3,5,1"]) {
    const chain = Chain.parse(text);
    const passes = chainPasses(chain, "f32", { merges: false });
    const ranges = passes.flatMap((pass) => pass.ranges);
    expect(ranges.toReversed()).toEqual(
      chain.patterns.map((_, factor) => ({ from: factor, to: factor + 1 })),
    );
  }
  const merged = chainPasses(Chain.parse("1,2,2,8;2,2,2,4;4,2,2,2;8,2,2,1"));
  expect(merged.flatMap(({ ranges }) => ranges).length).toBeLessThan(4);
});

it.each([false, true])("a program packs what its factors are (transposed: %s)", async (turned) => {
  const cpu = (await openCpu(2)) as OpenCpu & OpenEngine;
  const { memory } = cpu.engine;
  const spans: CpuSpan[] = [];
  const allocate = (bytes: number): CpuSpan => {
    const span = { address: memory.allocate(bytes, "a test"), bytes };
    spans.push(span);
    return span;
  };
  const trained = Chain.parse("1,6,4,4;2,4,6,2;4,6,5,1");
  const chain = turned ? trained.transpose() : trained;
  // The canonical numbers of each factor of the chain that is trained.
  const canonical = trained.patterns.map(({ nonZeros }) => allocate(4 * nonZeros));
  const recorder = new ProgramRecorder();
  const vectors = 5;
  const x = recorder.input(vectors, chain.cols);
  let last = x;
  for (const { weights, ranges } of chainPasses(chain, "f32", { merges: false })) {
    const packed = allocate(weights.bytes);
    for (const [stage, { from }] of ranges.entries()) {
      const factor = turned ? chain.length - 1 - from : from;
      const call = pack({ weights, stage, transposed: turned });
      recorder.add(call, [canonical[factor] as CpuSpan, packed]);
    }
    const y = recorder.value(vectors, weights.pattern.rows);
    recorder.add(product({ vectors, weights }), [last, packed, y]);
    last = y;
  }
  recorder.output(last);
  const given = Float32Array.from({ length: vectors * chain.cols }, uniform(3));
  using program = CpuProgram.record(cpu, recorder);
  for (const seed of [1, 2]) {
    const matrix = Butterfly.random(trained, { seed });
    matrix.factors.forEach(({ values }, factor) => {
      const { address } = canonical[factor] as CpuSpan;
      memory.float32(address, values.length).set(values);
    });
    const [y] = await program.run([given]);
    const applied = turned ? matrix.transpose() : matrix;
    const shape = { batch: vectors, layout: "batch-first" } as const;
    const terms = trained.patterns.map((pattern) => (turned ? pattern.b : pattern.c));
    expect(verifyProduct(applied, given, y as Float32Array, shape, terms)).toMatchObject({
      ok: true,
    });
  }
  for (const { address } of spans) memory.free(address);
});
