import type { Chain } from "../chain.ts";
import { PapilioError } from "../errors.ts";
import { type BatchShape, requireVectors, stridesOf } from "../layout.ts";
import { requireDisjoint } from "../multiply.ts";
import { type Job, MOST_ITEMS } from "./control.ts";
import type { CpuEngine } from "./engine.ts";
import { type CpuPlan, type Run, TILE } from "./plan.ts";
import { type CpuProgram, packProgram, type StageFactor } from "./program.ts";

/** Vectors in single precision, or the bits of vectors in half precision. */
export type CpuVectors = Float32Array | Uint16Array;

/** What `Call` of assembly/program.ts has, in its order. */
const CALL_WORDS = 14;
/** Bytes of a thread's frame beside its scratch memory: `FRAME_BYTES` of assembly/index.ts. */
const FRAME_BYTES = 64;
/** Of a block in scratch memory, twice: what the first-level cache has room for beside values. */
const SCRATCH_BYTES = 20 * 1024;
/** Of vectors that are brought in: what the second-level cache has room for, twice. */
const NARROW_BYTES = 256 * 1024;
const NARROW = 32;
/**
 * Of vectors that are read where they are, between passes: what the last-level cache has room for, for
 * every thread. Rows lie pages apart in large batches, and each begins with misses that a long read
 * outweighs.
 */
const WIDE_BYTES = 4 * 2 ** 20;
const WIDE = 128;
/** Vectors that a single pass reads and writes where they are. */
const WIDEST = 1024;
/** Items for each thread, so that one that is late does not keep the others waiting for long. */
const ITEMS_OF_THREAD = 4;

/** A chain in the memory of the engine, ready to be multiplied by. */
export class PackedChain implements Disposable {
  readonly #engine: CpuEngine;
  readonly #chain: Chain;
  readonly #parts: 1 | 2;
  readonly #plan: CpuPlan;
  #program: CpuProgram | undefined;

  /** @throws PapilioError `CPU_MEMORY` */
  constructor(
    engine: CpuEngine,
    chain: Chain,
    parts: 1 | 2,
    plan: CpuPlan,
    factorOf: (stage: Run) => StageFactor,
  ) {
    this.#engine = engine;
    this.#chain = chain;
    this.#parts = parts;
    this.#plan = plan;
    this.#program = packProgram(engine.memory, chain, parts, plan, factorOf);
  }

  get bytes(): number {
    return this.#program?.bytes ?? 0;
  }

  /**
   * @param x the parts of the vectors: one, or the real and the imaginary one
   * @param y where the parts of the result go
   */
  multiply<X extends CpuVectors>(
    x: readonly X[],
    y: readonly X[],
    shape: BatchShape,
    threads: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const program = this.#program;
    if (program === undefined) throw disposed();
    const { rows, cols } = this.#chain;
    stridesOf(shape, cols); // refuses a bad shape
    for (const part of x) requireVectors("input", part.length, cols, shape.batch);
    for (const part of y) requireVectors("output", part.length, rows, shape.batch);
    for (const from of x) for (const to of y) requireDisjoint(from, to);
    const { crew, memory } = this.#engine;
    return crew.exclusively(async () => {
      using held = new DisposableStack();
      const hold = (bytes: number, what: string): number =>
        held.adopt(memory.allocate(bytes, what), (address) => memory.free(address));
      const place = (arrays: readonly X[], what: string): number[] =>
        arrays.map((array) => memory.addressOf(array) ?? hold(array.byteLength, what));
      const [from, to] = [place(x, "the vectors"), place(y, "the result")];
      x.forEach((part, index) => {
        if (memory.addressOf(part) !== undefined) return;
        memory.bytesAt(from[index] as number, part.byteLength).set(bytesOf(part));
      });
      const size = (x[0] as X).BYTES_PER_ELEMENT;
      const { jobs, words } = this.#schedule(program, shape, size, threads, hold);
      const call = hold(4 * CALL_WORDS, "a call");
      const parts = [from, to].flatMap(([first = 0, second = first]) => [first, second - first]);
      memory.int32(call, CALL_WORDS).set([...parts, ...words]);
      await crew.perform(
        jobs.map((job) => ({ ...job, call })),
        signal,
      );
      y.forEach((part, index) => {
        if (memory.addressOf(part) !== undefined) return;
        bytesOf(part).set(memory.bytesAt(to[index] as number, part.byteLength));
      });
    });
  }

  /** Frees the values as soon as the multiplications that were asked for are done. */
  [Symbol.dispose](): void {
    const program = this.#program;
    if (program === undefined) return;
    this.#program = undefined;
    const { crew, memory } = this.#engine;
    void crew.exclusively(() => Promise.resolve(memory.free(program.address)));
  }

  /**
   * How the work is shared: by panels, which go through all operations one after the other; where there
   * are too few panels for that, operation by operation, the blocks of each shared.
   */
  #schedule(
    program: CpuProgram,
    shape: BatchShape,
    size: number,
    threads: number,
    hold: (bytes: number, what: string) => number,
  ): { jobs: Omit<Job, "call">[]; words: number[] } {
    const { batch, layout } = shape;
    const { panel, chunk, direct } = this.#portions(program, shape, size, threads);
    const panels = Math.ceil(batch / panel);
    const byPanel = threads === 1 || panels >= 2 * threads || panels === threads;
    const isCarried = !direct || batch % TILE !== 0;
    const needsBuffers = isCarried || program.passes > 1;
    const bufferBytes = needsBuffers ? 4 * this.#parts * panel * program.features : 0;
    // Rows of an odd number of lines.
    const frameBytes = FRAME_BYTES + 2 * program.local * 64 * (chunk * this.#parts + 1);
    const buffers = hold(2 * bufferBytes * (byPanel ? threads : panels), "panels between passes");
    const frames = hold(frameBytes * threads, "blocks between stages");
    const words = [
      ...[batch, layout === "batch-first" ? 1 : 0, size, direct ? 1 : 0, panel],
      ...[buffers, bufferBytes, frames, frameBytes, chunk],
    ];
    const job = { threads, program: program.address, panels, slotOfPanel: !byPanel };
    const operations = program.passes + 2;
    if (byPanel) {
      const panelsOfItem = Math.ceil(panels / MOST_ITEMS);
      return { jobs: [{ ...job, first: 0, end: operations, panelsOfItem, parts: 1 }], words };
    }
    const parts = Math.ceil((ITEMS_OF_THREAD * threads) / panels);
    // Nothing is brought in and out where all panels are read and written where they are.
    const [start, end] = isCarried ? [0, operations] : [1, operations - 1];
    const jobs = Array.from({ length: end - start }, (_, index) => ({
      ...job,
      first: start + index,
      end: start + index + 1,
      panelsOfItem: 1,
      parts,
    }));
    return { jobs, words };
  }

  /** How many vectors are taken at a time, and how many tiles of a block. */
  #portions(
    program: CpuProgram,
    { batch, layout }: BatchShape,
    size: number,
    threads: number,
  ): { panel: number; chunk: number; direct: boolean } {
    const direct = layout === "batch-last" && size === 4;
    const whole = TILE * Math.ceil(batch / TILE);
    // Values that no cache holds are read once for each panel: threads then have one each.
    const rounds = program.bytes > WIDE_BYTES ? 1 : 2;
    const share = TILE * Math.floor(batch / (rounds * threads * TILE));
    const vector = 4 * this.#parts * program.features;
    // Transposed vectors stay in the second-level cache; rows that are read where they are should be long.
    const bytes = direct ? WIDE_BYTES : NARROW_BYTES;
    const widest = direct ? (program.passes === 1 ? WIDEST : WIDE) : NARROW;
    const fitting = TILE * Math.floor(bytes / vector / TILE);
    const most = program.passes === 1 && direct ? widest : Math.min(widest, fitting, share);
    const panel = Math.min(whole, Math.max(TILE, this.#plan.panel ?? most));
    const chunk = Math.floor(SCRATCH_BYTES / (2 * 64 * this.#parts * program.local));
    return { panel, chunk: Math.min(Math.max(1, chunk), panel / TILE), direct };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function disposed(): PapilioError {
  return new PapilioError(
    "CPU_DISPOSED",
    "The matrix was disposed of: its packed values are gone.",
    "Create another one.",
  );
}
