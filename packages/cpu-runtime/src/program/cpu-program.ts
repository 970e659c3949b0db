import { DisposableStack, PapilioError } from "@papilio/butterfly";
import {
  requireArray,
  requireFunction,
  requireListOf,
  requireObject,
  requireOptions,
  requireSignal,
} from "@papilio/butterfly/errors";
import { type ArenaPlan, planArena } from "@papilio/butterfly/planning";
import type { CpuEngine } from "../engine/engine.ts";
import type { OpenCpu } from "../engine/open-cpu.ts";
import { WORK_OF_THREAD } from "../planning/plan.ts";
import {
  OPERATION_BYTES,
  type RecordedProgram,
  writeOperations,
} from "../threads/recorded-program.ts";
import type { Place } from "./program-value.ts";
import type { Located, ProgramRecorder, RecordedCall } from "./recorder.ts";

/** Cache lines, which tiles are. */
const ALIGNMENT = 64;

/** The CPU where there is an engine. */
export interface OpenEngine {
  readonly engine: CpuEngine;
}

/** What a program takes and does, known once it is recorded. */
export interface CpuProgramReport {
  readonly operations: number;
  /** Operations that only rearrange memory: conversions of layout, gathers. */
  readonly rewrites: number;
  /** The memory between operations, in bytes: the arena's, and the least that any arena could have. */
  readonly arena: Omit<ArenaPlan, "offsets">;
  /** Bytes that the operations must read and write at least. */
  readonly traffic: { readonly compute: number; readonly rewrite: number };
  readonly flops: number;
  /** Threads that run it. */
  readonly threads: number;
}

/** An operation of a program, for tables. */
export interface ProgramOperation {
  readonly label: string;
  readonly role: RecordedCall["role"];
  readonly items: number;
  readonly flops: number;
  readonly bytes: number;
}

export interface RunCpuProgramOptions {
  readonly signal?: AbortSignal | undefined;
  /** Writes what the run needs besides its inputs, when no other program runs: indices. */
  readonly before?: () => void;
}

/**
 * A sequence of kernels, recorded once and run as often as wanted, by all threads and without JavaScript between
 * them. What passes between its operations lies in one arena, which it owns; weights, indices and states
 * belong to others. A run allocates its results and scratch memory only.
 */
export class CpuProgram implements Disposable {
  readonly report: CpuProgramReport;
  readonly operations: readonly ProgramOperation[];
  readonly #engine: CpuEngine;
  readonly #program: RecordedProgram | undefined;
  readonly #inputs: readonly Float32Span[];
  readonly #outputs: readonly Float32Span[];
  readonly #held: DisposableStack;
  #disposed = false;

  private constructor(engine: CpuEngine, recorded: Recorded, held: DisposableStack) {
    const { calls, arena, program } = recorded;
    this.operations = calls.map(({ call, role }) => {
      const { label, items, flops, bytes } = call;
      return { label, role, items, flops, bytes };
    });
    this.report = reportOf(this.operations, arena, program?.threads ?? 1);
    this.#engine = engine;
    this.#program = program;
    this.#inputs = recorded.inputs;
    this.#outputs = recorded.outputs;
    this.#held = held;
  }

  /**
   * Places the memory between operations, and writes their calls.
   *
   * @throws PapilioError `CPU_MEMORY`, `OPTION_INVALID`
   */
  static record(cpu: OpenCpu & OpenEngine, recorder: ProgramRecorder): CpuProgram {
    requireObject("The CPU", cpu, "what openCpu opens", "engine", "threads");
    requireObject("What is recorded", recorder, "a ProgramRecorder", "calls", "places");
    const { engine, threads } = cpu;
    using stack = new DisposableStack();
    const hold = (bytes: number, what: string): number => {
      const { memory, pool } = engine;
      return stack.adopt(memory.allocate(bytes, what), (address) => {
        // A run under way may use it.
        void pool.runExclusive(() => Promise.resolve(memory.free(address)));
      });
    };
    const recorded = write(engine, threads.max, recorder, hold);
    return new CpuProgram(engine, recorded, stack.move());
  }

  /** Memory held, in bytes: the arena and the calls. */
  get bytes(): number {
    return this.#disposed
      ? 0
      : this.report.arena.bytes + (OPERATION_BYTES + CALL_BYTES) * this.operations.length;
  }

  /**
   * Where runs read their inputs, in the order in which they were recorded: one that is written there and given to
   * {@link run} as it is, is not copied. The memory is the program's, and of others after {@link dispose}.
   *
   * @throws PapilioError `CPU_DISPOSED`
   */
  get inputs(): readonly Float32Array[] {
    this.#assertLive();
    const { memory } = this.#engine;
    return this.#inputs.map(({ address, length }) => memory.float32(address, length));
  }

  /**
   * Runs all operations, in order, on inputs in the order in which they were recorded.
   *
   * @returns copies of the outputs, in the order in which they were recorded
   * @throws PapilioError `CPU_DISPOSED`, `CPU_MEMORY`, `CPU_WORKER_FAILED`, `ARRAY_TYPE`, `INPUT_LENGTH`,
   *   `OPTION_INVALID`; the signal's reason
   */
  async run(
    inputs: readonly Float32Array[],
    options: RunCpuProgramOptions = {},
  ): Promise<Float32Array[]> {
    requireInputs(inputs, this.#inputs);
    requireOptions("The options of a run", options);
    if (options.before !== undefined) requireFunction("before", options.before);
    requireSignal(options.signal);
    const { pool, memory } = this.#engine;
    return await pool.runExclusive(async () => {
      this.#assertLive();
      this.#inputs.forEach(({ address, length }, index) => {
        const input = inputs[index] as Float32Array;
        if (!memory.beginsAt(input, address)) memory.float32(address, length).set(input);
      });
      options.before?.();
      if (this.#program !== undefined) await pool.run(this.#program, options.signal);
      return this.#outputs.map(({ address, length }) => memory.float32(address, length).slice());
    });
  }

  /**
   * Runs with the inputs that it had last, and times each operation apart.
   *
   * @returns seconds of each operation
   * @throws PapilioError `CPU_DISPOSED`, `CPU_MEMORY`, `CPU_WORKER_FAILED`
   */
  async timeOperations(): Promise<number[]> {
    const { pool } = this.#engine;
    return await pool.runExclusive(async () => {
      this.#assertLive();
      const seconds: number[] = [];
      for (let index = 0; index < this.operations.length; index++) {
        const { operations, ...rest } = this.#program as RecordedProgram;
        const one = { ...rest, operations: operations + OPERATION_BYTES * index, count: 1 };
        const started = performance.now();
        await pool.run(one);
        seconds.push((performance.now() - started) / 1000);
      }
      return seconds;
    });
  }

  /** Frees the arena, after the run under way. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#held.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertLive(): void {
    if (!this.#disposed) return;
    throw new PapilioError(
      "CPU_DISPOSED",
      "The program was disposed of: its memory is gone.",
      "Dispose of it after its last run, or record another one.",
    );
  }
}

/** Most bytes of the words of a call, roughly. */
const CALL_BYTES = 128;

interface Float32Span {
  readonly address: number;
  readonly length: number;
}

interface Recorded {
  readonly calls: readonly RecordedCall[];
  readonly arena: ArenaPlan;
  readonly program: RecordedProgram | undefined;
  readonly inputs: readonly Float32Span[];
  readonly outputs: readonly Float32Span[];
}

function requireInputs(inputs: readonly Float32Array[], places: readonly Float32Span[]): void {
  requireListOf("The inputs", inputs, (name, input) => requireArray(name, input, "Float32Array"));
  const lengths = places.map(({ length }) => length);
  if (lengths.length === inputs.length && lengths.every((n, i) => n === inputs[i]?.length)) return;
  throw new PapilioError(
    "INPUT_LENGTH",
    `A program is given arrays of ${inputs.map(({ length }) => length)} numbers, but takes ${lengths}.`,
    "Give an array for each input, in the order in which they were recorded.",
  );
}

function write(
  { memory }: CpuEngine,
  maxThreads: number,
  { calls, places, inputs, outputs }: ProgramRecorder,
  hold: (bytes: number, what: string) => number,
): Recorded {
  const end = Math.max(1, calls.length);
  const arena = planArena(
    places.map(({ bytes, first, last }) => ({
      size: ALIGNMENT * Math.ceil(bytes / ALIGNMENT),
      first,
      last: Math.min(last, end),
    })),
    ALIGNMENT,
  );
  const start = hold(arena.bytes, "what passes between operations");
  const addresses = new Map<Located, number>();
  places.forEach((place, index) => {
    addresses.set(place, start + (arena.offsets[index] as number));
  });
  const addressOf = (located: Located): number =>
    "address" in located
      ? located.address
      : (located.span?.address ?? (addresses.get(located) as number));
  const words = calls.map(({ call, operands }) => call.words(operands.map(addressOf)));
  const spans = (of: readonly Place[]): Float32Span[] =>
    of.map((place) => ({ address: addressOf(place), length: place.bytes / 4 }));
  const recorded = { calls, arena, inputs: spans(inputs), outputs: spans(outputs) };
  if (calls.length === 0) return { ...recorded, program: undefined };
  const sizes = words.map(({ length }) => length);
  const callsStart = hold(4 * sizes.reduce((sum, size) => sum + size, 0), "calls of kernels");
  const operations = hold(OPERATION_BYTES * calls.length, "operations");
  let next = callsStart;
  writeOperations(
    memory,
    operations,
    calls.map(({ call: { kernel, items } }, index) => {
      const call = next;
      const own = words[index] as readonly number[];
      memory.int32(call, own.length).set(own);
      next += 4 * own.length;
      return { kernel, items, call };
    }),
  );
  const work = calls.reduce((sum, { call }) => sum + call.flops / 2 + call.bytes / 4, 0);
  const program = {
    operations,
    count: calls.length,
    // Waking a thread takes longer than a little work.
    threads: Math.min(maxThreads, 1 + Math.floor(work / WORK_OF_THREAD)),
    scratchBytes: Math.max(...calls.map(({ call }) => call.scratchBytes)),
  };
  return { ...recorded, program };
}

function reportOf(
  operations: readonly ProgramOperation[],
  { offsets: _, ...arena }: ArenaPlan,
  threads: number,
): CpuProgramReport {
  const traffic = { compute: 0, rewrite: 0 };
  let flops = 0;
  for (const { role, bytes, flops: own } of operations) {
    traffic[role] += bytes;
    flops += own;
  }
  const rewrites = operations.filter(({ role }) => role === "rewrite").length;
  return { operations: operations.length, rewrites, arena, traffic, flops, threads };
}
