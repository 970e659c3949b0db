import { Butterfly, Chain, DisposableStack, type KroneckerSparse } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Kernel, Step } from "../device/kernel.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Program } from "../program/program.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { scratchVectors, type Vectors } from "../tensor/vectors.ts";
import { verifyEpilogue } from "../testing/epilogue-reference.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { sumsOf } from "../testing/run-butterfly.ts";
import { draw } from "../testing/vectors-in-memory.ts";
import { prepareButterfly } from "./butterfly.ts";
import { prepareFusedChain } from "./fused-chain.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import type { Multiplication } from "./multiplication.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const both = { multiply: true, add: true };
const register = {
  kind: "register",
  spans: 1,
  tile: 1,
  reduction: 1,
  broadcast: "load",
  workgroup: 8,
  coalescedStore: false,
} as const;
const batchFirst = { batch: 4, layout: "batch-first", dtype: "f32" } as const;
const batchLast = { batch: 4, layout: "batch-last", dtype: "f32" } as const;

interface Case {
  readonly chain: string;
  readonly shape: InputShape;
  readonly inPlace?: boolean;
  prepare(butterfly: Butterfly, shape: InputShape): Multiplication;
}

const single = (butterfly: Butterfly): KroneckerSparse => butterfly.factors[0] as KroneckerSparse;

const cases: Record<string, Case> = {
  "loads of one input, stores of four outputs": {
    chain: "2,4,4,1",
    shape: batchFirst,
    prepare: (butterfly, shape) =>
      prepareKroneckerSparse(gpu, single(butterfly), shape, {
        ...both,
        variant: { ...register, lanes: "outputs", vector: 4 },
      }),
  },
  "loads of four inputs, stores of one output": {
    chain: "2,4,4,1",
    shape: { ...batchFirst, batch: 2 },
    prepare: (butterfly, shape) =>
      prepareKroneckerSparse(gpu, single(butterfly), shape, {
        ...both,
        variant: {
          kind: "vector",
          vector: 4,
          splitK: 1,
          groups: 4,
          tile: 1,
          reduceScope: "subgroup",
        },
      }),
  },
  "loads and stores of four": {
    chain: "2,4,4,2",
    shape: batchLast,
    prepare: (butterfly, shape) =>
      prepareKroneckerSparse(gpu, single(butterfly), shape, {
        ...both,
        variant: { ...register, lanes: "batch", vector: 4 },
      }),
  },
  "a fused run": {
    chain: "2,2,2,2;4,2,2,1",
    shape: batchFirst,
    prepare: (butterfly, shape) => prepareFusedChain(gpu, butterfly, shape, both),
  },
  "a fused run in place": {
    chain: "2,2,2,2;4,2,2,1",
    shape: batchLast,
    inPlace: true,
    prepare: (butterfly, shape) =>
      prepareFusedChain(gpu, butterfly, shape, {
        ...both,
        inPlace: true,
        variant: { kind: "workgroup", tileN: 2, passes: [1, 1], workgroup: 8 },
      }),
  },
  "stages that end with a fused one": {
    chain: "1,2,2,4;2,2,2,2;4,2,2,1",
    shape: batchLast,
    prepare: (butterfly, shape) =>
      prepareButterfly(gpu, butterfly, shape, {
        ...both,
        plan: {
          layout: "batch-last",
          stages: [
            { from: 0, to: 2, how: "fuse" },
            { from: 2, to: 3, how: "multiply" },
          ],
        },
      }),
  },
  "a plan that transposes": {
    chain: "2,2,2,2;4,2,2,1",
    shape: batchFirst,
    prepare: (butterfly, shape) =>
      prepareButterfly(gpu, butterfly, shape, {
        ...both,
        plan: { layout: "batch-last", stages: [{ from: 0, to: 2, how: "fuse" }] },
      }),
  },
};

/** Whose memory an operand is: its own, or that of another. */
type Owner = "own" | "x" | "y" | "multiplier";

const owners: [multiplier: Owner, addend: Owner][] = [
  ["own", "x"],
  ["own", "y"],
  ["own", "multiplier"],
  ["x", "multiplier"],
  ["y", "x"],
];

/** Copies vectors, so that those of a test are in the memory that it wants. */
function copy(from: Vectors, to: Vectors): Step {
  const kernel: Kernel = {
    label: "copy",
    enables: [],
    bindings: [
      { name: "source", elements: "u32", access: "read" },
      { name: "destination", elements: "u32", access: "read-write" },
    ],
    wgsl: `@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < arrayLength(&destination); i += 64u) { destination[i] = source[i]; }
}`,
    workgroups: [1, 1, 1],
  };
  return { kernel, buffers: [from.memory, to.memory], role: "rewrite" };
}

// In an arena all memory is of one buffer, of which WebGPU then lets no part be bound twice.
describe.each(["tensors", "an arena"])("in %s, operands are right", (where) => {
  describe.each(Object.entries(cases))("of %s", (_, { chain, shape, inPlace, prepare }) => {
    it.for(owners)("whose memory is: multiplier %s, addend %s", async (names) => {
      const butterfly = Butterfly.random(Chain.parse(chain), { seed: 2 });
      const features = butterfly.chain.rows;
      const length = shape.batch * features;
      // What each memory holds before; an output in place is the input.
      const drawn = draw(4 * length, shape.dtype);
      const values = {
        x: drawn.slice(0, length),
        y: inPlace ? drawn.slice(0, length) : drawn.slice(length, 2 * length),
        multiplier: drawn.slice(2 * length, 3 * length),
        addend: drawn.slice(3 * length),
      };
      using held = new DisposableStack();
      const steps: Step[] = [];
      const put = (contents: Float32Array): Vectors => {
        const uploaded = held.use(tensor(gpu, contents, { ...shape, features }));
        if (where === "tensors") return uploaded;
        const scratch = scratchVectors({ ...shape, features }, "of a test");
        steps.push(copy(uploaded, scratch));
        return scratch;
      };
      const x = put(values.x);
      const y = inPlace ? x : put(values.y);
      const multiplier = names[0] === "own" ? put(values.multiplier) : { x, y }[names[0] as "x"];
      const addend =
        names[1] === "own" ? put(values.addend) : { x, y, multiplier }[names[1] as "x"];
      using multiplication = prepare(butterfly, shape);
      using result = new Tensor(gpu, { ...shape, features });
      steps.push(...multiplication.steps(x, y, { multiplier, addend }), copy(y, result));
      using program = await Program.record(gpu, steps);
      program.run();
      const multiplied = values[names[0] === "own" ? "multiplier" : names[0]];
      const added = { ...values, multiplier: multiplied, own: values.addend }[names[1]];
      const terms = butterfly.chain.patterns.map(({ c }) => c);
      const sums = sumsOf(butterfly, values.x, shape, terms);
      const given = { multiplier: multiplied, addend: added };
      const found = verifyEpilogue(await result.data(), sums, given, shape.dtype);
      expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    });
  });
});
