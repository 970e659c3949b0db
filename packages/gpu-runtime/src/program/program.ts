import { PapilioError } from "@papilio/butterfly";
import { requireListOf, requireObject } from "@papilio/butterfly/errors";
import type { ArenaPlan } from "@papilio/butterfly/planning";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import { readBack } from "../device/read-back.ts";
import type { RunTime } from "../device/submitted-work.ts";
import type { Span } from "../memory/lease.ts";
import { type PlacedStep, placeInArena } from "./arena.ts";
import { bindAll, encode, memoryReleased, type Recorded } from "./bind.ts";
import { requireSteps } from "./step-checks.ts";

/** What a program takes and does, known once it is recorded. */
export interface ProgramReport {
  readonly dispatches: number;
  /** Dispatches that only rearrange memory: shuffles and changes of layout. */
  readonly rewrites: number;
  /** The memory between steps, in bytes: the arena's, and the least that any arena could have. */
  readonly arena: Omit<ArenaPlan, "offsets">;
  /** Bytes that the dispatches are bound to, each once for each dispatch: what must move at least. */
  readonly traffic: { readonly multiply: number; readonly rewrite: number };
}

/**
 * A sequence of dispatches, compiled and bound once, submitted as often as wanted. What passes
 * between its steps lies in one arena, which it owns; all else belongs to the tensors and
 * multiplications that the steps came from. A run allocates nothing.
 */
export class Program implements Disposable {
  readonly gpu: DeviceContext;
  readonly report: ProgramReport;
  readonly #steps: readonly Recorded[];
  readonly #memory: readonly Span[];
  readonly #releaseArena: () => void;
  #disposed = false;
  readonly #time: RunTime = { seconds: 0 };

  private constructor(
    gpu: DeviceContext,
    steps: readonly Recorded[],
    arena: ArenaPlan,
    releaseArena: () => void,
  ) {
    this.gpu = gpu;
    this.report = reportOf(steps, arena);
    this.#steps = steps;
    this.#memory = [...new Set(steps.flatMap(({ step }) => step.buffers))];
    this.#releaseArena = releaseArena;
  }

  /**
   * Places the memory between steps, compiles their kernels in parallel and binds their buffers.
   *
   * @throws PapilioError `KERNEL_COMPILE`, `MEMORY_BUDGET`, `BUFFER_TOO_LARGE`
   */
  static async record(gpu: DeviceContext, steps: readonly Step[]): Promise<Program> {
    requireSteps("The steps", steps);
    const [program] = await Program.recordAll(gpu, [steps]);
    return program as Program;
  }

  /**
   * Records sequences of steps whose runs follow one another, such as the same for several inputs:
   * they share one arena, which is released when all of them are disposed of.
   */
  static async recordAll(
    gpu: DeviceContext,
    sequences: readonly (readonly Step[])[],
  ): Promise<Program[]> {
    requireGpu(gpu);
    requireListOf("The sequences", sequences, requireSteps);
    gpu.assertReady();
    const arena = placeInArena(gpu, sequences);
    try {
      const bound = await bindAll(
        gpu,
        arena.programs.map(({ steps }) => steps),
      );
      return arena.programs.map(
        ({ plan }, index) => new Program(gpu, bound[index] as Recorded[], plan, arena.release),
      );
    } catch (error) {
      for (const _ of sequences) arena.release();
      throw error;
    }
  }

  get steps(): readonly PlacedStep[] {
    return this.#steps.map(({ step }) => step);
  }

  /** Releases the arena and the kernels. Work already submitted still has it. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#releaseArena();
    for (const { release } of this.#steps) release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Submits all steps, in order, as one submission. Returns at once. */
  run(): void {
    Program.#submit([this]);
  }

  /**
   * Submits programs of one device, one after the other, as one submission, and resolves when the
   * device is done with them.
   */
  static async complete(programs: readonly Program[]): Promise<void> {
    requirePrograms(programs);
    await Program.#submit(programs).settled();
  }

  /**
   * Runs programs of one device, one after the other, in one submission, and times the whole on the
   * device. The same program may be in the list several times.
   *
   * @returns seconds
   * @throws PapilioError `TIMESTAMPS_UNAVAILABLE` when the device has no timestamp queries.
   */
  static async time(programs: readonly Program[]): Promise<number> {
    requirePrograms(programs);
    const [seconds] = await Program.#timePasses(programs, [
      programs.flatMap((program) => program.#steps),
    ]);
    return seconds as number;
  }

  /**
   * Like {@link Program.time}, each step apart, of programs with equally many steps: the first step
   * of each, then the second of each, and so on.
   *
   * @returns seconds of each step, summed over the programs
   */
  static async timeSteps(programs: readonly Program[]): Promise<number[]> {
    requirePrograms(programs);
    const count = programs[0]?.steps.length ?? 0;
    return await Program.#timePasses(
      programs,
      Array.from({ length: count }, (_, index) =>
        programs.map((program) => program.#steps[index] as Recorded),
      ),
    );
  }

  static #submit(programs: readonly Program[]): DeviceContext {
    const gpu = Program.#assertRunnable(programs);
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const program of programs) encode(pass, program.#steps);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
    gpu.submitted.add(programs.map((program) => program.#time));
    return gpu;
  }

  static async #timePasses(
    programs: readonly Program[],
    passes: readonly (readonly Recorded[])[],
  ): Promise<number[]> {
    const gpu = Program.#assertRunnable(programs);
    if (!gpu.report.features.timestamps) {
      throw new PapilioError(
        "TIMESTAMPS_UNAVAILABLE",
        `Adapter ${gpu.report.name} has no timestamp queries.`,
        "Time with the wall clock instead, around Program.complete().",
      );
    }
    const times = programs.map((program) => program.#time);
    return await timePasses(gpu, passes, times);
  }

  /** The device of programs whose memory is still theirs. */
  static #assertRunnable(programs: readonly Program[]): DeviceContext {
    const gpu = programs[0]?.gpu;
    if (gpu === undefined) {
      throw new PapilioError(
        "PROGRAMS_EMPTY",
        "There is no program to run.",
        "Pass one program or more.",
      );
    }
    gpu.assertReady();
    for (const program of new Set(programs)) {
      if (!program.#disposed && program.#memory.every(({ live }) => live)) continue;
      const labels = program.#steps.map(({ step }) => step.kernel.label);
      throw memoryReleased(labels);
    }
    return gpu;
  }
}

/** @throws PapilioError `OPTION_INVALID` unless it is a list of programs that this package recorded */
export function requirePrograms(programs: unknown): void {
  requireListOf("The programs", programs, (name, program) =>
    requireObject(name, program, "a Program", "gpu", "report", "steps"),
  );
}

function reportOf(steps: readonly Recorded[], { offsets: _, ...arena }: ArenaPlan): ProgramReport {
  const traffic = { multiply: 0, rewrite: 0 };
  let rewrites = 0;
  for (const { step } of steps) {
    for (const { size } of step.buffers) traffic[step.role] += size;
    if (step.role === "rewrite") rewrites++;
  }
  return { dispatches: steps.length, rewrites, arena, traffic };
}

/** Seconds of each pass, all in one submission. */
async function timePasses(
  gpu: DeviceContext,
  passes: readonly (readonly Recorded[])[],
  times: readonly RunTime[],
): Promise<number[]> {
  const { device } = gpu;
  const count = 2 * passes.length;
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const resolved = gpu.memory.acquire(
    8 * count,
    GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    "timestamps",
  );
  try {
    const encoder = device.createCommandEncoder();
    passes.forEach((steps, index) => {
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 2 * index,
          endOfPassWriteIndex: 2 * index + 1,
        },
      });
      encode(pass, steps);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved.buffer, resolved.offset);
    device.queue.submit([encoder.finish()]);
    gpu.submitted.add(times);
    const ticks = new BigUint64Array(await gpu.finish(() => readBack(gpu, resolved, 8 * count)));
    const seconds = passes.map(
      (_, index) => Number((ticks[2 * index + 1] as bigint) - (ticks[2 * index] as bigint)) / 1e9,
    );
    const mean = seconds.reduce((sum, value) => sum + value, 0) / times.length;
    for (const time of times) time.seconds = mean;
    return seconds;
  } finally {
    querySet.destroy();
    resolved.release();
  }
}
