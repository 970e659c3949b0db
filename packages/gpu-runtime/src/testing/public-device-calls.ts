import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import {
  Butterfly,
  Chain,
  type Complex,
  ComplexButterfly,
  compile,
  KroneckerSparse,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { call, create, invoke, type PublicCall, type PublicCalls } from "@papilio/public-arguments";
import type * as root from "../index.ts";
import type * as kernels from "../kernels.ts";
import * as node from "../node/index.ts";
import type * as planning from "../planning/index.ts";
import { runtime } from "./every-entry.ts";
import { attention } from "./public-calls.ts";

const chain = Chain.squareDyadic(4);
const pattern = new Pattern(1, 2, 2, 2);
const factor = KroneckerSparse.random(pattern, { seed: 1 });
const matrix = Butterfly.random(chain, { seed: 1 });
const complex = ComplexButterfly.random(chain, { seed: 1 });
const permuted = new PermutedButterfly(complex);
const shape = { batch: 1, layout: "batch-first", dtype: "f32" } as const;
const { dtype: _, ...batchShape } = shape;
const tensorOptions = { ...shape, features: 4, label: "x" };
const complexOptions = { ...batchShape, features: 4, label: "x" };
const values = Float32Array.of(1, 2, 3, 4);
const numbers = { re: values, im: values };
const { signal } = new AbortController();
const onProgress = (): void => undefined;
const plan = { layout: "batch-first", stages: [{ from: 0, to: 2, how: "merge" }] } as const;
const epilogue = { activation: { kind: "relu" }, multiply: true, add: true } as const;
/** `GPUBufferUsage.STORAGE`. */
const STORAGE = 0x80;
/** An adapter that there is not: an open device has to do. */
const adapter = "no such adapter";

let opened: Fixtures | undefined;

interface Fixtures {
  readonly gpu: root.Gpu;
  readonly x: root.Tensor;
  readonly z: root.ComplexTensor;
  readonly real: root.DeviceMatrix<Float32Array, root.Tensor>;
  readonly complex: root.DeviceMatrix<Complex, root.ComplexTensor>;
  readonly buffers: kernels.BufferSet;
  readonly program: kernels.Program;
  readonly steps: readonly kernels.Step[];
}

/** Makes what {@link deviceCalls} are made with. Disposing of the device disposes of it. */
export async function openFixtures(gpu: root.Gpu): Promise<void> {
  const x = runtime.tensor(gpu, values, tensorOptions);
  const y = new runtime.Tensor(gpu, tensorOptions);
  const steps = runtime
    .prepareCsr(gpu, factor, shape)
    .steps(x, y)
    .map((step) => ({ ...step, buffers: step.buffers.map((buffer) => Object.create(buffer)) }));
  opened = {
    gpu,
    x,
    z: runtime.complexTensor(gpu, numbers, complexOptions),
    real: await compile(matrix, gpu),
    complex: await compile(complex, gpu),
    buffers: new runtime.BufferSet(gpu),
    program: await runtime.Program.record(gpu, steps),
    steps,
  };
}

function on(make: (fixtures: Fixtures) => PublicCall): () => PublicCall {
  return () => {
    if (opened === undefined) throw new Error("The fixtures are not open.");
    return make(opened);
  };
}

/** Valid calls of the functions that need a device, and of those for Node. */
export const deviceCalls: PublicCalls = {
  Gpu: on(({ gpu }) =>
    call(undisposed, gpu.device, Object.create(gpu.report), { ownsDevice: false, memory: {} }),
  ),
  "Gpu#assertDtype": on(({ gpu }) => invoke(gpu, "assertDtype", "f32")),
  "Gpu#finish": on(({ gpu }) => invoke(gpu, "finish", () => Promise.resolve(1))),
  MemoryPool: on(({ gpu }) =>
    create(runtime.MemoryPool, gpu.device, { budget: 1024, keep: 0, idleSeconds: 1 }, onProgress),
  ),
  "MemoryPool#acquire": on(({ gpu }) => invoke(gpu.memory, "acquire", 16, STORAGE, "x")),
  "MemoryPool#trim": on(({ gpu }) => invoke(gpu.memory, "trim", 0)),
  assertFits: on(({ gpu }) => call(runtime.assertFits, gpu, 16, "x")),
  requirePortions: on(({ gpu }) => call(runtime.requirePortions, gpu, pattern, { ...shape }, "q8")),
  WeightStore: on(({ gpu }) => create(runtime.WeightStore, gpu)),
  "WeightStore#open": on(({ gpu }) =>
    invoke(new runtime.WeightStore(gpu), "open", {
      place: () => gpu.memory.acquire(16, STORAGE, "x"),
    }),
  ),
  BufferSet: on(({ gpu }) => create(runtime.BufferSet, gpu)),
  "BufferSet#add": on(({ gpu, buffers }) =>
    invoke(buffers, "add", Object.create(gpu.memory.acquire(16, STORAGE, "x"))),
  ),
  "BufferSet#upload": on(({ buffers }) => invoke(buffers, "upload", values, "f32", "x")),
  "BufferSet#uploadIndices": on(({ buffers }) =>
    invoke(buffers, "uploadIndices", Uint32Array.of(1), "x"),
  ),
  Tensor: on(({ gpu }) => create(runtime.Tensor, gpu, { ...tensorOptions })),
  tensor: on(({ gpu }) => call(runtime.tensor, gpu, values, { ...tensorOptions })),
  "Tensor#write": on(({ x }) => invoke(x, "write", values)),
  ComplexTensor: on(({ gpu }) => create(runtime.ComplexTensor, gpu, { ...complexOptions })),
  complexTensor: on(({ gpu }) =>
    call(runtime.complexTensor, gpu, { ...numbers }, { ...complexOptions }),
  ),
  "ComplexTensor#write": on(({ z }) => invoke(z, "write", { ...numbers })),
  "Gpu#compileMatrix": on(({ gpu }) =>
    invoke(gpu, "compileMatrix", new PermutedButterfly(matrix), { bias: values, plan: () => plan }),
  ),
  "compile, for a Gpu": on(({ gpu }) =>
    call(compile, matrix, gpu, { bias: values, plan: () => plan }),
  ),
  "DeviceMatrix#plan": on(({ real }) => invoke(real, "plan", { ...shape })),
  "DeviceMatrix#terms": on(({ real }) => invoke(real, "terms", { ...shape })),
  "DeviceMatrix#multiply, of a tensor": on(({ real, x }) => invoke(real, "multiply", x)),
  "DeviceMatrix#multiply": on(({ real }) =>
    invoke(
      real,
      "multiply",
      values,
      { ...shape },
      { out: new Float32Array(4), signal, onProgress, microBatch: 1 },
    ),
  ),
  "DeviceMatrix#plan, of a complex one": on((fixtures) =>
    invoke(fixtures.complex, "plan", { ...batchShape }),
  ),
  "DeviceMatrix#multiply, of a complex tensor": on((fixtures) =>
    invoke(fixtures.complex, "multiply", fixtures.z),
  ),
  "DeviceMatrix#multiply, of complex vectors": on((fixtures) =>
    invoke(
      fixtures.complex,
      "multiply",
      { ...numbers },
      { ...batchShape },
      {
        out: { re: new Float32Array(4), im: new Float32Array(4) },
        ...{ signal, onProgress, microBatch: 1 },
      },
    ),
  ),
  prepareBmm: on(({ gpu }) => call(runtime.prepareBmm, gpu, factor, { ...shape })),
  prepareBsr: on(({ gpu }) => call(runtime.prepareBsr, gpu, factor, { ...shape })),
  prepareBipolar: on(({ gpu }) =>
    call(runtime.prepareBipolar, gpu, factor, { ...shape }, { weightBits: 2, vectorBits: 2 }),
  ),
  prepareCsr: on(({ gpu }) => call(runtime.prepareCsr, gpu, factor, { ...shape })),
  prepareDense: on(({ gpu }) => call(runtime.prepareDense, gpu, factor, { ...shape })),
  factorGradient: on(({ gpu }) => gradient(gpu, runtime.factorGradient)),
  bmmFactorGradient: on(({ gpu }) => gradient(gpu, runtime.bmmFactorGradient)),
  denseFactorGradient: on(({ gpu }) => gradient(gpu, runtime.denseFactorGradient)),
  einsumFactorGradient: on(({ gpu }) => gradient(gpu, runtime.einsumFactorGradient)),
  prepareEinsum: on(({ gpu }) => call(runtime.prepareEinsum, gpu, factor, { ...shape })),
  prepareKroneckerSparse: on(({ gpu }) =>
    call(runtime.prepareKroneckerSparse, gpu, factor, { ...shape }, { ...epilogue, bias: values }),
  ),
  prepareButterfly: on(({ gpu }) =>
    call(runtime.prepareButterfly, gpu, matrix, { ...shape }, { ...epilogue, bias: values, plan }),
  ),
  prepareComplexButterfly: on(({ gpu }) =>
    call(runtime.prepareComplexButterfly, gpu, permuted, { ...batchShape }),
  ),
  "Program.record": on(({ gpu, steps }) => call(runtime.Program.record, gpu, steps)),
  "Program.recordAll": on(({ gpu, steps }) => call(runtime.Program.recordAll, gpu, [steps])),
  "Program.complete": on(({ program }) => call(runtime.Program.complete, [program])),
  "Program.time": on(({ program }) => call(runtime.Program.time, [program])),
  "Program.timeSteps": on(({ program }) => call(runtime.Program.timeSteps, [program])),
  compareSeconds: on(({ program }) =>
    call(runtime.compareSeconds, [program], { rounds: 1, signal }),
  ),
  measureRates: on(({ gpu }) => call(aborted, gpu, { signal: AbortSignal.abort() })),
  tunePlan: on(({ gpu }) =>
    call(atOnce(runtime.tunePlan), gpu, chain, { ...shape }, { allow: ["merge"] }),
  ),
  tuneKroneckerSparse: on(({ gpu }) =>
    call(atOnce(runtime.tuneKroneckerSparse), gpu, pattern, { ...shape }, {}),
  ),
  tuneStages: on(({ gpu }) =>
    call(atOnce(runtime.tuneStages), gpu, chain, { ...plan }, { ...shape }, {}),
  ),
  tuneAttention: on(({ gpu }) => call(atOnce(runtime.tuneAttention), gpu, { ...attention }, {})),
  openGpu: on(({ gpu }) =>
    call(runtime.openGpu, {
      device: gpu.device,
      powerPreference: "low-power",
      memory: { budget: 1024 },
    }),
  ),
  "openGpu, of Node": on(({ gpu }) =>
    call(node.openGpu, { device: gpu.device, adapter, memory: { budget: 1024 } }),
  ),
  "openGpu, of Node, by name": () =>
    call(unfound(node.openGpu), { adapter, memory: { budget: 1024 } }),
  openTuningCache: () => call(node.openTuningCache, { directory: tmpdir(), machine: "none" }),
  "OutputFile.inspect": () => call(node.OutputFile.inspect, `${tmpdir()}/papilio-none`),
  "OutputFile#stage": () => call(stage, "text"),
  writeTemporary: () => call(write, tmpdir(), "text", { mode: 0o600 }),
};

/** Of a way of computing the gradient of a factor. */
function gradient(gpu: root.Gpu, run: typeof runtime.factorGradient): PublicCall {
  const vectors = (features: number, label: string) =>
    runtime.scratchVectors({ ...shape, features }, label);
  const operands = {
    x: vectors(pattern.cols, "x"),
    dy: vectors(pattern.rows, "dy"),
    y: vectors(pattern.nonZeros, "y"),
  };
  return call(run, gpu, pattern, operands, { count: 1 });
}

/** Of what would destroy the device that the others use. */
function undisposed(...given: ConstructorParameters<typeof runtime.Gpu>): void {
  new runtime.Gpu(...given);
}

/** Writes nothing where all is right: what is tried is what it refuses. */
async function stage(contents: string): Promise<void> {
  const file = await node.OutputFile.inspect(`${tmpdir()}/papilio-none`);
  await file.stage(contents);
  await file.discard();
}

/** Errors of the system, such as of a folder that there is not, are what others give a code. */
async function write(...given: Parameters<typeof node.writeTemporary>): Promise<void> {
  try {
    const file = await node.writeTemporary(...given);
    await rm(file.path);
    file[Symbol.dispose]();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
  }
}

/** Aborts what would begin: rates take seconds to be measured. */
function aborted(
  gpu: root.Gpu,
  options: planning.MeasureRatesOptions | undefined,
): Promise<unknown> {
  const given = isRefused(options)
    ? options
    : { ...options, signal: options?.signal === undefined ? AbortSignal.abort() : options.signal };
  return runtime.measureRates(gpu, given).catch((error: Error) => {
    if (error.name !== "AbortError") throw error;
  });
}

/** Whether they are no options at all, with which nothing begins. */
function isRefused(options: object | undefined): boolean {
  if (options === undefined) return false;
  return typeof options !== "object" || options === null || "length" in options;
}

/** Of what finds no adapter of a name. */
function unfound(run: typeof node.openGpu) {
  return async (...given: Parameters<typeof run>): Promise<unknown> =>
    run(...given).catch((error: { code?: string }) => {
      if (error.code !== "ADAPTER_NOT_FOUND") throw error;
    });
}

/** Measures the first candidate alone, unless there are options that cannot be. */
function atOnce<A extends readonly unknown[]>(
  run: (...given: [...A, object]) => Promise<unknown>,
): (...given: [...A, object | undefined]) => Promise<unknown> {
  return (...given) => {
    const options = given.at(-1) as object | undefined;
    const rest = given.slice(0, -1) as unknown as A;
    if (options !== undefined && isRefused(options)) return run(...rest, options);
    return run(...rest, { ...options, timeLimitSeconds: 0 });
  };
}
