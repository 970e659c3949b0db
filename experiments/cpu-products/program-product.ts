import type { CpuImplementation, PreparedOnHost, Problem } from "@papilio/bench";
import { DisposableStack } from "@papilio/butterfly";
import {
  type CpuEngine,
  CpuProgram,
  type CpuSpan,
  chainPasses,
  type OpenCpu,
  type OpenEngine,
  openCpu,
  ProgramRecorder,
  packWeights,
  passValues,
  product,
  stagesApart,
  type VectorsOperand,
} from "@papilio/cpu-runtime/kernels";

/** How often the operations are timed apart, after the rounds. */
const TIMES = 50;

/** A chain as a program, and the seconds of its products alone, without conversions and copies. */
export function programProduct(): { implementation: CpuImplementation; seconds(): number } {
  let seconds = Number.NaN;
  const implementation: CpuImplementation = {
    name: "cpu-program",
    description: "products of a program of WebAssembly kernels, all threads",
    processor: "cpu",
    prepare: (problem) =>
      prepare(problem, (best) => {
        seconds = best;
      }),
  };
  return { implementation, seconds: () => seconds };
}

async function prepare(
  { butterfly, shape, hostInput }: Problem,
  onTimed: (seconds: number) => void,
): Promise<PreparedOnHost> {
  const cpu = (await openCpu(undefined)) as OpenCpu & OpenEngine;
  using held = new DisposableStack();
  const recorder = new ProgramRecorder();
  const vectors = shape.batch;
  const terms: number[] = [];
  let bytes = 0;
  let x = recorder.input(vectors, butterfly.chain.cols);
  for (const pass of chainPasses(butterfly.chain)) {
    const { weights } = pass;
    const span = hold(cpu.engine, weights.bytes, held);
    await packWeights(cpu.engine, weights, passValues(butterfly, pass), span);
    bytes += weights.bytes;
    terms.unshift(...weights.stages.map(({ pattern }) => pattern.c).toReversed());
    for (const stage of stagesApart(weights, vectors)) {
      const call = product({ vectors, weights, stage });
      const y = recorder.value(vectors, (call.operands.at(-1) as VectorsOperand).features);
      recorder.add(call, [x, span, y]);
      x = y;
    }
  }
  recorder.output(x);
  const program = held.use(CpuProgram.record(cpu, recorder));
  const owned = held.move();
  let y = new Float32Array(0);
  return {
    bytes,
    terms,
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++)
        [y] = (await program.run([hostInput])) as [typeof y];
    },
    output: async () => {
      onTimed(await timeProducts(program));
      return y;
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

function hold({ memory }: CpuEngine, bytes: number, held: DisposableStack): CpuSpan {
  const address = held.adopt(memory.allocate(bytes, "weights"), (at) => memory.free(at));
  return { address, bytes };
}

/** Of the fastest of many runs, for each operation. */
async function timeProducts(program: CpuProgram): Promise<number> {
  const best = program.operations.map(() => Number.POSITIVE_INFINITY);
  for (let time = 0; time < TIMES; time++) {
    (await program.timeOperations()).forEach((seconds, index) => {
      best[index] = Math.min(best[index] as number, seconds);
    });
  }
  return program.operations.reduce(
    (sum, { role }, index) => sum + (role === "compute" ? (best[index] as number) : 0),
    0,
  );
}
