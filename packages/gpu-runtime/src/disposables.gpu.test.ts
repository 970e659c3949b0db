import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  Butterfly,
  Chain,
  type Complex,
  ComplexButterfly,
  compile,
  PermutedButterfly,
} from "@papilio/butterfly";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "./gpu/gpu.ts";
import type { Lease } from "./memory/lease.ts";
import { MemoryPool } from "./memory/pool.ts";
import { prepareButterfly } from "./multiplication/butterfly.ts";
import {
  type ComplexMultiplication,
  prepareComplexButterfly,
} from "./multiplication/complex-butterfly.ts";
import type { DeviceMatrix } from "./multiplication/device-matrix.ts";
import { StagingSlot } from "./multiplication/micro-batches/staging-slot.ts";
import type { Multiplication } from "./multiplication/multiplication.ts";
import { PreparedShapes } from "./multiplication/prepared-shapes.ts";
import { RepeatedMultiplication } from "./multiplication/repeated-multiplication.ts";
import { type SharedWeights, WeightStore } from "./multiplication/weight-store.ts";
import { Program } from "./program/program.ts";
import { ReusableProgram } from "./program/reusable-program.ts";
import { BufferSet } from "./tensor/buffer-set.ts";
import { ComplexTensor } from "./tensor/complex-tensor.ts";
import { Tensor } from "./tensor/tensor.ts";
import type { Vectors } from "./tensor/vectors.ts";
import { scratchVectors } from "./tensor/vectors.ts";
import { openTestGpu } from "./testing/open-test-gpu.ts";

const matrix = Butterfly.random(Chain.monarch(64), { seed: 1 });
const complex = new PermutedButterfly(ComplexButterfly.fromReal(matrix));
const batch = { batch: 2, layout: "batch-last" } as const;
const shape = { ...batch, dtype: "f32" } as const;
const features = 64;
/** `GPUBufferUsage.STORAGE`. */
const STORAGE = 0x80;
const numbers = new Float32Array(2 * features);

let gpu: Gpu;
let x: Tensor;
let y: Tensor;
let z: ComplexTensor;
beforeAll(async () => {
  gpu = await openTestGpu();
  x = new Tensor(gpu, { ...shape, features });
  y = new Tensor(gpu, { ...shape, features });
  z = new ComplexTensor(gpu, { ...batch, features });
});
afterAll(() => gpu.dispose());

const unplaced = (label: string) => scratchVectors({ ...shape, features }, label);

/** Each disposable, and the uses that it refuses once it was disposed of. */
interface Case {
  readonly make: () => Promise<Disposable> | Disposable;
  readonly uses: readonly ((disposed: never) => unknown)[];
  readonly code: string;
}

const cases: Readonly<Record<string, Case>> = {
  Tensor: {
    make: () => new Tensor(gpu, { ...shape, features }),
    uses: [
      (tensor: Tensor) => tensor.memory,
      (tensor: Tensor) => tensor.write(numbers),
      (tensor: Tensor) => tensor.data(),
    ],
    code: "TENSOR_DISPOSED",
  },
  ComplexTensor: {
    make: () => new ComplexTensor(gpu, { ...batch, features }),
    uses: [
      (tensor: ComplexTensor) => tensor.memory,
      (tensor: ComplexTensor) => tensor.write({ re: numbers, im: numbers }),
      (tensor: ComplexTensor) => tensor.data(),
    ],
    code: "TENSOR_DISPOSED",
  },
  WeightStore: {
    make: () => {
      const store = new WeightStore(gpu);
      prepareButterfly(gpu, matrix, shape, { weights: store.open() });
      return store;
    },
    uses: [(store: WeightStore) => store.open()],
    code: "WEIGHTS_DISPOSED",
  },
  SharedWeights: {
    make: () => {
      const weights = new WeightStore(gpu).open();
      prepareButterfly(gpu, matrix, shape, { weights });
      return weights;
    },
    uses: [(weights: SharedWeights) => prepareButterfly(gpu, matrix, shape, { weights })],
    code: "WEIGHTS_DISPOSED",
  },
  DeviceMatrix: {
    make: async () => {
      const weights = await compile(matrix, gpu);
      (await weights.multiply(x)).dispose();
      return weights;
    },
    uses: [
      (weights: DeviceMatrix<Float32Array, Tensor>) => weights.multiply(x),
      (weights: DeviceMatrix<Float32Array, Tensor>) => weights.multiply(numbers, shape),
      (weights: DeviceMatrix<Float32Array, Tensor>) => weights.plan(shape),
      (weights: DeviceMatrix<Float32Array, Tensor>) => weights.terms(shape),
    ],
    code: "MATRIX_DISPOSED",
  },
  "DeviceMatrix, complex": {
    make: async () => {
      const weights = await compile(complex, gpu);
      (await weights.multiply(z)).dispose();
      return weights;
    },
    uses: [
      (weights: DeviceMatrix<Complex, ComplexTensor>) => weights.multiply(z),
      (weights: DeviceMatrix<Complex, ComplexTensor>) =>
        weights.multiply({ re: numbers, im: numbers }, batch),
      (weights: DeviceMatrix<Complex, ComplexTensor>) => weights.plan(batch),
    ],
    code: "MATRIX_DISPOSED",
  },
  PreparedShapes: {
    make: () => {
      const shapes = new PreparedShapes(String, () => prepareButterfly(gpu, matrix, shape));
      shapes.of("one");
      return shapes;
    },
    uses: [
      (shapes: PreparedShapes<string, Multiplication>) => shapes.of("one"),
      (shapes: PreparedShapes<string, Multiplication>) => shapes.use("one", async () => 1),
    ],
    code: "MATRIX_DISPOSED",
  },
  Multiplication: {
    make: () => prepareButterfly(gpu, matrix, shape),
    uses: [(multiplication: Multiplication) => multiplication.steps(x, y)],
    code: "MULTIPLICATION_DISPOSED",
  },
  ComplexMultiplication: {
    make: () => prepareComplexButterfly(gpu, complex, batch),
    uses: [(multiplication: ComplexMultiplication) => multiplication.steps(z, z)],
    code: "MULTIPLICATION_DISPOSED",
  },
  BufferSet: {
    make: () => {
      const buffers = new BufferSet(gpu);
      buffers.upload(numbers, "f32", "numbers");
      return buffers;
    },
    uses: [
      (buffers: BufferSet) => buffers.upload(numbers, "f32", "numbers"),
      (buffers: BufferSet) => buffers.uploadIndices(new Uint32Array(4), "indices"),
    ],
    code: "MULTIPLICATION_DISPOSED",
  },
  Program: {
    make: async () => {
      using multiplication = prepareButterfly(gpu, matrix, shape);
      return await Program.record(gpu, multiplication.steps(x, y));
    },
    uses: [
      (program: Program) => program.run(),
      (program: Program) => Program.complete([program]),
      (program: Program) => Program.complete([program, program]),
    ],
    code: "MEMORY_RELEASED",
  },
  ReusableProgram: {
    make: () => {
      using multiplication = prepareButterfly(gpu, matrix, shape);
      const [from, to] = [unplaced("input"), unplaced("output")];
      return new ReusableProgram(gpu, multiplication.steps(from, to), [from.memory, to.memory]);
    },
    uses: [(program: ReusableProgram) => program.run([x.memory, y.memory])],
    code: "MEMORY_RELEASED",
  },
  RepeatedMultiplication: {
    make: () => {
      const multiplication = prepareButterfly(gpu, matrix, shape);
      return new RepeatedMultiplication(gpu, multiplication, unplaced("input"), unplaced("output"));
    },
    uses: [(repeated: RepeatedMultiplication<never, never>) => repeated.run(x.memory, y.memory)],
    code: "MULTIPLICATION_DISPOSED",
  },
  StagingSlot: {
    make: () => new StagingSlot(gpu, matrix.chain, shape),
    uses: [
      async (slot: StagingSlot) => {
        using multiplication = prepareButterfly(gpu, matrix, shape);
        using program = await Program.record(gpu, multiplication.steps(x, y));
        await slot.multiply(numbers, program);
      },
    ],
    code: "TENSOR_DISPOSED",
  },
  Lease: {
    make: () => gpu.memory.acquire(x.memory.size, STORAGE, "a lease"),
    uses: [
      (lease: Lease) => {
        using multiplication = prepareButterfly(gpu, matrix, shape);
        const vectors: Vectors = { ...shape, features, memory: lease };
        return Program.record(gpu, multiplication.steps(vectors, y));
      },
    ],
    code: "MEMORY_RELEASED",
  },
  MemoryPool: {
    make: () => new MemoryPool(gpu.device),
    uses: [(pool: MemoryPool) => pool.acquire(256, STORAGE, "too late")],
    code: "MEMORY_DISPOSED",
  },
  Gpu: {
    make: () => openTestGpu(),
    uses: [
      (own: Gpu) => own.assertReady(),
      (own: Gpu) => own.settled(),
      (own: Gpu) => own.finish(async () => 1),
      (own: Gpu) => new Tensor(own, { ...shape, features }),
      (own: Gpu) => Program.record(own, []),
      (own: Gpu) => compile(matrix, own),
    ],
    code: "GPU_DISPOSED",
  },
};

it.each(Object.entries(cases))(
  "%s is disposed of once, however often, and of no use then",
  async (_, { make, uses, code }) => {
    const before = gpu.memory.statistics.inUse;
    const disposable = await make();
    disposable[Symbol.dispose]();
    // What is taken by others then must not be released by a second time.
    using other = new Tensor(gpu, { ...shape, features });
    const taken = gpu.memory.statistics.inUse;
    for (let time = 0; time < 2; time++) disposable[Symbol.dispose]();
    expect(gpu.memory.statistics.inUse).toBe(taken);
    expect(taken - before).toBe(other.memory.size);
    for (const use of uses) {
      const used = async (): Promise<unknown> => await use(disposable as never);
      await expect(used()).rejects.toThrow(expect.objectContaining({ code }));
    }
    expect(gpu.memory.statistics.inUse).toBe(taken);
  },
);

it("those are all disposables of the package", () => {
  const found = globSync("**/*.ts", { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith(".test.ts") && !path.startsWith("testing/"))
    .flatMap((path) => {
      const source = readFileSync(resolve(import.meta.dirname, path), "utf8");
      const declared = source.matchAll(
        /export (?:class (\w+)(?:<.*>)?\s+(?:implements|extends)|interface (\w+) extends) [\w\s,]*(?:Disposable|CompiledMatrix|DeviceContext)/g,
      );
      return [...declared].map(([, name, declaration]) => name ?? declaration);
    });
  expect(found).toContain("Gpu");
  for (const name of found) expect([...Object.keys(cases), ...INTERNAL]).toContain(name);
});

/** What a `Gpu` is, what tuning, micro-batches and writing a file make and dispose of themselves. */
const INTERNAL = [
  "DeviceContext",
  "PreparedCandidate",
  "MultiplicationHarness",
  "StreamingContext",
  "TemporaryFile",
];
