import { Butterfly, DisposableStack, PapilioError } from "@papilio/butterfly";
import {
  type CpuEngine,
  CpuProgram,
  type CpuSpan,
  chainPasses,
  gatherFeatures,
  type OpenCpu,
  type OpenEngine,
  openCpu,
  ProgramRecorder,
  type ProgramValue,
  pack,
  packWeights,
  passValues,
  product,
  stagesApart,
  type VectorsOperand,
} from "@papilio/cpu-runtime/kernels";
import { permutedIdentity, requireAdapter, weightOfOrder } from "./adapter-problem.ts";
import type { CpuImplementation, PreparedOnHost, Problem } from "./implementation.ts";

/** Ways of multiplying by a weight that a butterfly adapter rotates, on the CPU, each as one program. */
export const cpuAdapterImplementations: readonly CpuImplementation[] = [
  {
    name: "cpu-wasm",
    description: "on the CPU: the rotation's factors, then the weight; nothing is multiplied out",
    processor: "cpu",
    prepare: prepareLive,
  },
  {
    name: "cpu-dense",
    description:
      "on the CPU: the rotation as a dense matrix, the weight by it, the vectors by that",
    processor: "cpu",
    arithmetic: "product",
    prepare: prepareDense,
  },
];

/** A program on its way. */
interface Recording {
  readonly engine: CpuEngine;
  readonly recorder: ProgramRecorder;
  readonly held: DisposableStack;
  /** Of weights and constants. */
  bytes: number;
}

async function prepareLive(problem: Problem): Promise<PreparedOnHost> {
  const { weight, rotation } = requireAdapter("cpu-wasm", problem);
  return await record(problem, async (recording, x) => {
    const { cols } = rotation;
    const gathered = (from: ProgramValue, map: Uint32Array | undefined): ProgramValue => {
      if (map === undefined) return from;
      const { vectors } = from;
      const to = recording.recorder.value(vectors, cols);
      const span = written(recording, map);
      const call = gatherFeatures({ vectors, from: cols, to: cols });
      recording.recorder.add(call, [from, span, to], "rewrite");
      return to;
    };
    const rotated = await multiplied(recording, rotation.matrix, gathered(x, rotation.right));
    const dense = new Butterfly([weight]);
    const last = await multiplied(recording, dense, gathered(rotated.y, rotation.left));
    return { y: last.y, terms: [...last.terms, ...rotated.terms] };
  });
}

/**
 * The rotation is multiplied out, which costs little by its factors, then the weight by it; the rotated weight is
 * packed for the product with the vectors.
 */
async function prepareDense(problem: Problem): Promise<PreparedOnHost> {
  const adapter = requireAdapter("cpu-dense", problem);
  return await record(problem, async (recording, x) => {
    const { recorder } = recording;
    const n = adapter.rotation.cols;
    const rows = permutedIdentity(adapter);
    const identity = recorder.kept(n, n, "rows", written(recording, rows));
    const rotation = await multiplied(recording, adapter.rotation.matrix, identity);
    const weight = new Butterfly([weightOfOrder(adapter)]);
    const rotated = await multiplied(recording, weight, rotation.y);
    const [pass] = chainPasses(weight.chain) as [ReturnType<typeof chainPasses>[number]];
    const span = allocated(recording, pass.weights.bytes);
    const packing = pack({ weights: pass.weights, stage: 0, transposed: true });
    const [, packed] = packing.operands;
    // The columns of the rotated weight are vectors, whose numbers it reads in rows.
    const values = {
      name: "values",
      access: "read",
      layout: "rows",
      vectors: n,
      features: n,
    } as const;
    const operands = [values, packed as (typeof packing.operands)[number]];
    recorder.add({ ...packing, operands }, [rotated.y, span], "rewrite");
    return { y: productsOf(recording, pass.weights, span, x), terms: undefined };
  });
}

async function record(
  { shape, hostInput, butterfly }: Problem,
  operations: (
    recording: Recording,
    x: ProgramValue,
  ) => Promise<{ y: ProgramValue; terms: readonly number[] | undefined }>,
): Promise<PreparedOnHost> {
  if (shape.layout !== "batch-first" || shape.dtype !== "f32") {
    throw new PapilioError(
      "OPERATION_MISMATCH",
      `A program of the CPU takes vectors batch-first, in single precision, and not ${shape.layout} in ${shape.dtype}.`,
      "Measure adapters on the CPU with --layout batch-first --dtype f32.",
    );
  }
  const cpu = (await openCpu(undefined)) as OpenCpu & OpenEngine;
  using held = new DisposableStack();
  const recorder = new ProgramRecorder();
  const recording = { engine: cpu.engine, recorder, held, bytes: 0 };
  const x = recorder.input(shape.batch, butterfly.chain.cols);
  const { y, terms } = await operations(recording, x);
  recorder.output(y);
  const program = held.use(CpuProgram.record(cpu, recorder));
  const owned = held.move();
  let result = new Float32Array(0);
  return {
    bytes: recording.bytes + program.bytes,
    ...(terms && { terms }),
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        [result] = (await program.run([hostInput])) as [typeof result];
      }
    },
    output: () => result,
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** The product with a butterfly by the plan's passes. */
async function multiplied(
  recording: Recording,
  butterfly: Butterfly,
  x: ProgramValue,
): Promise<{ y: ProgramValue; terms: number[] }> {
  const { engine } = recording;
  const terms: number[] = [];
  let y = x;
  for (const pass of chainPasses(butterfly.chain)) {
    const span = allocated(recording, pass.weights.bytes);
    await packWeights(engine, pass.weights, passValues(butterfly, pass), span);
    terms.unshift(...pass.weights.stages.map(({ pattern }) => pattern.c).toReversed(), 1);
    y = productsOf(recording, pass.weights, span, y);
  }
  return { y, terms };
}

function productsOf(
  { recorder }: Recording,
  weights: Parameters<typeof product>[0]["weights"],
  span: CpuSpan,
  x: ProgramValue,
): ProgramValue {
  let y = x;
  for (const stage of stagesApart(weights, x.vectors)) {
    const call = product({ vectors: x.vectors, weights, stage });
    const to = recorder.value(x.vectors, (call.operands.at(-1) as VectorsOperand).features);
    recorder.add(call, [y, span, to]);
    y = to;
  }
  return y;
}

function written(recording: Recording, numbers: Float32Array | Uint32Array): CpuSpan {
  const span = allocated(recording, numbers.byteLength);
  const { memory } = recording.engine;
  const { buffer, byteOffset, byteLength } = numbers;
  memory.bytesAt(span.address, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  return span;
}

function allocated(recording: Recording, bytes: number): CpuSpan {
  const { engine, held } = recording;
  const { memory } = engine;
  recording.bytes += bytes;
  const address = held.adopt(memory.allocate(bytes, "an adapter"), (at) => memory.free(at));
  return { address, bytes };
}
