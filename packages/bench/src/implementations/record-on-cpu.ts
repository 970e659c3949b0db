import { type Butterfly, DisposableStack, PapilioError } from "@papilio/butterfly";
import {
  type CpuEngine,
  CpuProgram,
  type CpuSpan,
  chainPasses,
  type OpenCpu,
  type OpenEngine,
  openCpu,
  ProgramRecorder,
  type ProgramValue,
  packWeights,
  passValues,
  product,
  stagesApart,
  type VectorsOperand,
  type WeightDtype,
} from "@papilio/cpu-runtime/kernels";
import type { PreparedOnHost, Problem } from "./implementation.ts";

/** A program on its way. */
export interface Recording {
  readonly engine: CpuEngine;
  readonly recorder: ProgramRecorder;
  readonly held: DisposableStack;
  /** Of weights and constants. */
  bytes: number;
}

/**
 * Records a program for a problem on the CPU.
 *
 * @param what is measured, for messages
 * @param operations adds them, and returns their output
 * @throws PapilioError `OPERATION_MISMATCH` for another layout or precision
 */
export async function recordOnCpu(
  what: string,
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
      `Measure ${what} on the CPU with --layout batch-first --dtype f32.`,
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
  // Where the program reads them, so that no run copies them.
  const { inputs } = program;
  for (const input of inputs) input.set(hostInput);
  let result = new Float32Array(0);
  return {
    bytes: recording.bytes + program.bytes,
    ...(terms && { terms }),
    program,
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        [result] = (await program.run(inputs)) as [typeof result];
      }
    },
    output: () => result,
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** The product with a butterfly by the plan's passes. */
export async function multiplied(
  recording: Recording,
  butterfly: Butterfly,
  x: ProgramValue,
  dtype: WeightDtype = "f32",
): Promise<{ y: ProgramValue; terms: number[] }> {
  const { engine } = recording;
  const terms: number[] = [];
  let y = x;
  for (const pass of chainPasses(butterfly.chain, dtype)) {
    const span = allocated(recording, pass.weights.bytes);
    await packWeights(engine, pass.weights, passValues(butterfly, pass), span);
    terms.unshift(...pass.weights.stages.map(({ pattern }) => pattern.c).toReversed(), 1);
    y = productsOf(recording, pass.weights, span, y);
  }
  return { y, terms };
}

/** The products with the stages of a pass, one after the other. */
export function productsOf(
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

/** Memory that holds the numbers. */
export function written(recording: Recording, numbers: Float32Array | Uint32Array): CpuSpan {
  const span = allocated(recording, numbers.byteLength);
  const { memory } = recording.engine;
  const { buffer, byteOffset, byteLength } = numbers;
  memory.bytesAt(span.address, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  return span;
}

/** Memory of weights or constants. */
export function allocated(recording: Recording, bytes: number): CpuSpan {
  const { engine, held } = recording;
  const { memory } = engine;
  recording.bytes += bytes;
  const address = held.adopt(memory.allocate(bytes, "a benchmark"), (at) => memory.free(at));
  return { address, bytes };
}
