import {
  type BatchShape,
  type Chain,
  DisposableStack,
  type Permutations,
} from "@papilio/butterfly";
import { arrayTag, matrixDisposed } from "@papilio/butterfly/errors";
import { gatherFeatures } from "@papilio/butterfly/matrix";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { CpuEngine } from "../engine/engine.ts";
import type { ThreadPolicy } from "../engine/open-cpu.ts";
import { tileWidth } from "../kernels/layout.ts";
import { BLOCK_BYTES, chunkOf, localBytes } from "../kernels/product-call.ts";
import { type CpuPlan, WORK_OF_THREAD } from "../planning/plan.ts";
import {
  OPERATION_BYTES,
  type RecordedOperation,
  writeOperations,
} from "../threads/recorded-program.ts";
import { CALL_WORDS, FEW_VECTORS, TILE } from "../wasm/constants.ts";
import { CHAIN } from "../wasm/kernel-ids.ts";
import { type CpuProgram, packProgram, type StageFactor } from "./pack-program.ts";

/** Vectors in single precision, or the bits of vectors in half precision. */
export type CpuVectors = Float32Array | Uint16Array;

/** Vectors that go through all passes together where they are read and written in place. */
const WIDE = 128;
/** Bytes of those vectors between passes, at most, for every thread. */
const WIDE_BYTES = 16 * 2 ** 20;
/** Vectors that a single pass reads and writes in place. */
const WIDEST = 1024;
/** The fewest for which it is divided by vectors rather than by outputs. */
const NARROW = 32;
/** Bytes of values that the last cache holds for a second vector. */
const MOST_BYTES_ALONE = 8 * 2 ** 20;
/** Vectors that take less time one by one than as four. */
const FEW_ALONE = 2;
/** Of the first two levels of caches, for a panel that is packed, before a pass and after it. */
const CACHE_BYTES = [32 * 1024, 256 * 1024] as const;
/** Items for each thread, so that a slow thread does not delay the others for long. */
const ITEMS_OF_THREAD = 4;

/** Operations of the chain's kernel, as `ChainCall` of assembly/kernels/chain.ts documents their fields. */
interface ChainOperation {
  readonly first: number;
  readonly end: number;
  readonly parts: number;
  readonly slotOfPanel: 0 | 1;
  readonly items: number;
}

/** How the work of a multiplication is divided, and the words of its call after the addresses of vectors. */
interface Schedule {
  readonly threads: number;
  readonly scratchBytes: number;
  readonly words: readonly number[];
  readonly operations: readonly ChainOperation[];
}

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
export interface ChainProblem {
  readonly threads: ThreadPolicy;
  readonly chain: Chain;
  /** Numbers that make an element: 1 real, 2 complex. */
  readonly parts: 1 | 2;
  readonly plan: CpuPlan;
  readonly permutations: Permutations;
}

/** A chain in the memory of the engine, ready to be multiplied by. */
export class PackedChain implements Disposable {
  readonly #engine: CpuEngine;
  readonly #chain: Chain;
  readonly #parts: 1 | 2;
  readonly #plan: CpuPlan;
  readonly #threads: ThreadPolicy;
  readonly #permutations: Permutations;
  #program: CpuProgram | undefined;

  private constructor(engine: CpuEngine, problem: ChainProblem, program: CpuProgram) {
    const { left, right } = problem.permutations; // alone: they may come with the values
    this.#engine = engine;
    this.#threads = problem.threads;
    this.#chain = problem.chain;
    this.#parts = problem.parts;
    this.#plan = problem.plan;
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
    const { chain, parts, plan } = problem;
    return new PackedChain(
      engine,
      problem,
      await packProgram(engine, chain, parts, plan, factorOf),
    );
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
  multiply<X extends CpuVectors>(
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
      const schedule = this.#schedule(program, shape, size, hold);
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

  /**
   * Divides the work between threads: by panels, each of which goes through all operations; where there are
   * too few panels, operation by operation, by blocks.
   */
  #schedule(
    program: CpuProgram,
    shape: BatchShape,
    size: number,
    hold: (bytes: number, what: string) => number,
  ): Schedule {
    const { batch, layout } = shape;
    const threads = this.#threadsFor(program, batch);
    const { width, panel, chunk, direct } = this.#portions(program, shape, size, threads);
    const panels = Math.ceil(batch / panel);
    const rest = batch - (panels - 1) * panel;
    const isEven = panels === threads && rest >= 0.75 * panel;
    const byPanel = threads === 1 || panels >= 2 * threads || isEven;
    const isPacked = !direct || batch % width !== 0;
    const needsBuffers = isPacked || program.passes > 1;
    const bufferBytes = needsBuffers ? lines(4 * this.#parts * panel * program.features) : 0;
    const blockBytes = localBytes(program.local, chunk, this.#parts, width);
    const frameBytes = BLOCK_BYTES + lines(blockBytes);
    const buffers = byPanel ? 0 : hold(2 * bufferBytes * panels, "panels between passes");
    const words = [
      ...[batch, layout === "batch-first" ? 1 : 0, size, direct ? 1 : 0],
      ...[width, panel, buffers, bufferBytes, frameBytes, chunk],
    ];
    const scratchBytes = frameBytes + (byPanel ? 2 * bufferBytes : 0);
    const last = program.passes + 2;
    if (byPanel) {
      const whole = { first: 0, end: last, parts: 1, slotOfPanel: 0, items: panels } as const;
      return { threads, scratchBytes, words, operations: [whole] };
    }
    const parts = Math.ceil((ITEMS_OF_THREAD * threads) / panels);
    // No panel is packed or unpacked where all of them are read and written in place.
    const [start, end] = isPacked ? [0, last] : [1, last - 1];
    const operations = Array.from(
      { length: end - start },
      (_, index) =>
        ({
          first: start + index,
          end: start + index + 1,
          parts,
          slotOfPanel: 1,
          items: panels * parts,
        }) as const,
    );
    return { threads, scratchBytes, words, operations };
  }

  /** Waking a thread takes longer than a little work. A few vectors take as long as four. */
  #threadsFor({ multiplyAdds }: CpuProgram, batch: number): number {
    const { max, exact } = this.#threads;
    if (exact) return max;
    return Math.min(
      max,
      1 + Math.floor((multiplyAdds * Math.max(FEW_VECTORS, batch)) / WORK_OF_THREAD),
    );
  }

  /**
   * How many vectors are taken at a time, and how many tiles of a block. Packed vectors are
   * a cache line of each feature.
   */
  #portions(
    program: CpuProgram,
    { batch, layout }: BatchShape,
    size: number,
    threads: number,
  ): { width: number; panel: number; chunk: number; direct: boolean } {
    const isSingle = size === 4;
    if (this.#parts === 1 && isSingle && isAlone(program, batch)) {
      return { width: 1, panel: 1, chunk: 1, direct: true };
    }
    const width = this.#parts === 1 ? tileWidth(batch) : TILE;
    const direct = layout === "batch-last" && isSingle;
    const most = direct
      ? this.#widthInPlace(program, batch, threads)
      : this.#packedWidth(program, batch, threads);
    const whole = width * Math.ceil(batch / width);
    const panel = Math.min(whole, this.#plan.panel ?? most);
    const chunk = Math.min(chunkOf(program.local, this.#parts), panel / width);
    return { width, panel, chunk, direct };
  }

  /**
   * Two tiles halve the time that is not multiplication, where the first-level cache does not hold a panel of one,
   * and the second-level cache one of two.
   */
  #packedWidth({ passes, features }: CpuProgram, batch: number, threads: number): number {
    const bytes = 2 * 4 * this.#parts * features * TILE;
    const isMany = batch >= 2 * TILE * 2 * threads;
    return passes > 1 && isMany && bytes > CACHE_BYTES[0] && 2 * bytes <= CACHE_BYTES[1]
      ? 2 * TILE
      : TILE;
  }

  /** Rows that are read in place should be long: each begins with a cache miss. */
  #widthInPlace({ passes, features }: CpuProgram, batch: number, threads: number): number {
    if (passes > 1) {
      const fitting = Math.floor(WIDE_BYTES / (4 * this.#parts * features));
      return Math.min(WIDE, Math.max(TILE, fitting - (fitting % TILE)));
    }
    // Threads should not read the same inputs: they share the blocks, or the vectors where those are few.
    const items = threads === 1 ? 1 : ITEMS_OF_THREAD * threads;
    const panels = Math.ceil(items / this.#chain.product().blocks);
    return Math.min(WIDEST, Math.max(NARROW, TILE * Math.ceil(batch / panels / TILE)));
  }
}

/** Whether vectors are multiplied one by one, in either layout: the second one finds the values in a cache. */
function isAlone({ bytes }: CpuProgram, batch: number): boolean {
  return batch === 1 || (batch <= FEW_ALONE && bytes <= MOST_BYTES_ALONE);
}

function lines(bytes: number): number {
  return 64 * Math.ceil(bytes / 64);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Bytes as an array of the class of another. */
function elementsLike<X extends CpuVectors>(array: X, bytes: Uint8Array): X {
  const { buffer, byteOffset } = bytes;
  return (
    arrayTag(array) === "Float32Array"
      ? new Float32Array(buffer, byteOffset, array.length)
      : new Uint16Array(buffer, byteOffset, array.length)
  ) as X;
}
