import { type BatchShape, DisposableStack, type Permutations } from "@papilio/butterfly";
import { arrayTag, matrixDisposed } from "@papilio/butterfly/errors";
import { gatherFeatures } from "@papilio/butterfly/matrix";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { CpuEngine } from "../engine/engine.ts";
import type { ThreadPolicy } from "../engine/open-cpu.ts";
import {
  OPERATION_BYTES,
  type RecordedOperation,
  writeOperations,
} from "../threads/recorded-program.ts";
import { CALL_WORDS } from "../wasm/constants.ts";
import { CHAIN } from "../wasm/kernel-ids.ts";
import {
  type CpuProgram,
  type PackedMatrix,
  packProgram,
  type StageFactor,
} from "./pack-program.ts";
import { type ChainOperation, scheduleOf } from "./schedule.ts";

/** Vectors in single precision, or the bits of vectors in half precision. */
export type CpuVectors = Float32Array | Uint16Array;

/** Vectors, or parts of complex ones, that a chain is multiplied by. */
export type ChainVectors = CpuVectors | Float64Array;

/** 32-bit words of a `ChainCall`. */
const CHAIN_WORDS = 6;

function chainWords(
  program: number,
  call: number,
  { first, end, parts, slotOfPanel }: Omit<ChainOperation, "items">,
): number[] {
  return [program, call, first, end, parts, slotOfPanel];
}

/** What is multiplied by, and how. */
export interface ChainProblem extends PackedMatrix {
  readonly threads: ThreadPolicy;
  readonly permutations: Permutations;
}

/** A chain in the memory of the engine, ready to be multiplied by. */
export class PackedChain implements Disposable {
  readonly #engine: CpuEngine;
  readonly #matrix: PackedMatrix;
  readonly #threads: ThreadPolicy;
  readonly #permutations: Permutations;
  #program: CpuProgram | undefined;

  private constructor(engine: CpuEngine, problem: ChainProblem, program: CpuProgram) {
    const { left, right } = problem.permutations; // alone: they may come with the values
    const { chain, dtype, parts, plan, threads } = problem;
    this.#engine = engine;
    this.#matrix = { chain, dtype, parts, plan };
    this.#threads = threads;
    this.#permutations = { left, right };
    this.#program = program;
  }

  /**
   * Packs the values of a chain.
   *
   * @param factorOf the merged factor of a stage
   * @throws PapilioError `CPU_MEMORY`, `CPU_WORKER_FAILED`
   */
  static async pack(
    engine: CpuEngine,
    problem: ChainProblem,
    factorOf: (stage: FactorRange) => StageFactor,
  ): Promise<PackedChain> {
    return new PackedChain(engine, problem, await packProgram(engine, problem, factorOf));
  }

  get bytes(): number {
    return this.#program?.bytes ?? 0;
  }

  /**
   * Multiplies vectors whose lengths and layout were checked.
   *
   * @param x the parts of the vectors: one, or the real and the imaginary one
   * @param y where the parts of the result go
   */
  multiply<X extends ChainVectors>(
    x: readonly X[],
    y: readonly X[],
    shape: BatchShape,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const program = this.#program;
    if (program === undefined) throw matrixDisposed();
    const { pool, memory } = this.#engine;
    const { left, right } = this.#permutations;
    return pool.runExclusive(async () => {
      using held = new DisposableStack();
      const hold = (bytes: number, what: string): number =>
        held.adopt(memory.allocate(bytes, what), (address) => memory.free(address));
      // What is permuted is copied on its way, from and to the engine's own memory too.
      const addressOf = (array: X, map: Uint32Array | undefined): number | undefined => {
        const address = memory.addressOf(array);
        return map === undefined ? address : undefined;
      };
      const place = (arrays: readonly X[], what: string, map: Uint32Array | undefined): number[] =>
        arrays.map((array) => {
          held.defer(memory.use(array));
          return addressOf(array, map) ?? hold(array.byteLength, what);
        });
      const [from, to] = [place(x, "the vectors", right), place(y, "the result", left)];
      x.forEach((part, index) => {
        if (addressOf(part, right) !== undefined) return;
        const own = memory.bytesAt(from[index] as number, part.byteLength);
        if (right === undefined) own.set(bytesOf(part));
        else gatherFeatures(right, part, elementsLike(part, own), shape);
      });
      const size = (x[0] as X).BYTES_PER_ELEMENT;
      const scheduled = { ...this.#matrix, threads: this.#threads, program };
      const schedule = scheduleOf(scheduled, shape, size, hold);
      const { threads, scratchBytes, operations: recorded } = schedule;
      const call = hold(4 * CALL_WORDS, "a call");
      const parts = [from, to].flatMap(([first = 0, second = first]) => [first, second - first]);
      // Field by field, as `Call` of assembly/program.ts declares them.
      memory.int32(call, CALL_WORDS).set([...parts, ...schedule.words]);
      const calls = hold(4 * CHAIN_WORDS * recorded.length, "calls");
      const operations = hold(OPERATION_BYTES * recorded.length, "operations");
      writeOperations(
        memory,
        operations,
        recorded.map(({ items, ...fields }, index): RecordedOperation => {
          const address = calls + 4 * CHAIN_WORDS * index;
          memory.int32(address, CHAIN_WORDS).set(chainWords(program.address, call, fields));
          return { kernel: CHAIN, items, call: address };
        }),
      );
      const count = recorded.length;
      await pool.run({ operations, count, threads, scratchBytes }, signal);
      y.forEach((part, index) => {
        if (addressOf(part, left) !== undefined) return;
        const own = memory.bytesAt(to[index] as number, part.byteLength);
        if (left === undefined) bytesOf(part).set(own);
        else gatherFeatures(left, elementsLike(part, own), part, shape);
      });
    });
  }

  /** Frees the values after the multiplications that are queued. */
  [Symbol.dispose](): void {
    const program = this.#program;
    if (program === undefined) return;
    this.#program = undefined;
    const { pool, memory } = this.#engine;
    void pool.runExclusive(() => Promise.resolve(memory.free(program.address)));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Bytes as an array of the class of another. */
function elementsLike<X extends ChainVectors>(array: X, { buffer, byteOffset }: Uint8Array): X {
  const classes = { Float32Array, Float64Array, Uint16Array };
  const ArrayType = classes[arrayTag(array) as keyof typeof classes];
  return new ArrayType(buffer as ArrayBuffer, byteOffset, array.length) as X;
}
