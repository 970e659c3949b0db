import { PapilioError } from "@papilio/butterfly";
import type { FloatArrays, FloatType } from "@papilio/butterfly/numeric";
import type { WasmMemory } from "../wasm/wasm-types.ts";
import { arrayDisposed, viewBeyondArray } from "./cpu-array.ts";

const PAGE = 65536;
/** Of every block: cache lines, which tiles are. */
const ALIGNMENT = 64;
/** Growing takes a call to the operating system: this many bytes at a time, at least. */
const GROWTH = 16 * 2 ** 20;
/** Sizes that are tried: 4 GiB is all that 32 bits address, but some browsers do not reserve so much. */
const MOST_PAGES = [65536, 32768, 16384, 4096];

/** All that 32 bits address. */
const MOST_BYTES = 2 ** 32;

/** Most bytes of disposed arrays that are kept, since views of them may be left: beyond, the oldest is reused. */
export const MOST_RETIRED: number = 64 * 2 ** 20;

/** The block of one array. */
interface Block {
  readonly address: number;
  /** Of the array. */
  readonly bytes: number;
  live: boolean;
  /** Multiplications that read or write it. */
  users: number;
}

interface Span {
  start: number;
  end: number;
}

/** What the memory of the CPU backend holds and has held, in bytes and counts. */
export interface CpuMemoryStatistics {
  /** Bytes that are allocated. */
  readonly inUse: number;
  /** Bytes of the WebAssembly memory, which grows and does not shrink: `inUse + free`. */
  readonly reserved: number;
  readonly free: number;
  /** Bytes in use of arrays that were disposed of, which wait to be reused. */
  readonly retired: number;
  /** Largest `inUse`. */
  readonly peak: number;
  /** Blocks that were allocated. */
  readonly allocations: number;
  /** Bytes in use and number of blocks for each use. */
  readonly byLabel: Readonly<Record<string, { readonly inUse: number; readonly count: number }>>;
}

/** The WebAssembly memory, which all threads share, and its allocator. */
export class CpuMemory {
  readonly memory: WasmMemory;
  /** Free spans, by address; no two touch. */
  readonly #free: Span[];
  readonly #sizes = new Map<number, { readonly size: number; readonly what: string }>();
  #inUse = 0;
  #peak = 0;
  #allocations = 0;
  /** The blocks of arrays, by address: of those in use, and of those that wait to be reused. */
  readonly #blocks = new Map<number, Block>();
  /** Blocks that wait to be reused, the oldest first. */
  readonly #retired = new Set<Block>();
  #retiredBytes = 0;

  constructor(memory: WasmMemory) {
    this.memory = memory;
    // 0 is no address: in calls of kernels it stands for what is not there.
    this.#free = [{ start: ALIGNMENT, end: memory.buffer.byteLength }];
  }

  /** A new shared memory, or undefined where the engine has none. */
  static create(): CpuMemory | undefined {
    for (const maximum of MOST_PAGES) {
      try {
        const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: true });
        return new CpuMemory(memory);
      } catch {
        // A smaller one may do.
      }
    }
    return undefined;
  }

  /**
   * `bytes` bytes at an address that is a multiple of 64. What is there is not cleared.
   *
   * @throws PapilioError `CPU_MEMORY`
   */
  allocate(bytes: number, what: string): number {
    const size = align(Math.max(1, bytes));
    const span = this.#find(size) ?? this.#grow(size) ?? this.#findRetired(size);
    if (span === undefined) throw this.#exhausted(size, what);
    const { start } = span;
    span.start += size;
    if (span.start === span.end) this.#free.splice(this.#free.indexOf(span), 1);
    this.#sizes.set(start, { size, what });
    this.#inUse += size;
    this.#peak = Math.max(this.#peak, this.#inUse);
    this.#allocations++;
    return start;
  }

  /**
   * Refuses what will not fit, before any of it is allocated.
   *
   * @throws PapilioError `CPU_MEMORY`
   */
  requireRoom(bytes: number, what: string): void {
    if (this.#inUse + bytes <= MOST_BYTES) return;
    throw this.#exhausted(bytes, what);
  }

  free(address: number): void {
    const size = this.#sizes.get(address)?.size;
    if (size === undefined) return;
    this.#sizes.delete(address);
    this.#inUse -= size;
    const next = this.#free.findIndex(({ start }) => start > address);
    const at = next < 0 ? this.#free.length : next;
    this.#free.splice(at, 0, { start: address, end: address + size });
    this.#join(at);
    this.#join(at - 1);
  }

  /** Allocated bytes. */
  get bytes(): number {
    return this.#inUse;
  }

  /** What is held, and what was since the memory was made. */
  get statistics(): CpuMemoryStatistics {
    const byLabel: Record<string, { inUse: number; count: number }> = {};
    for (const { size, what } of this.#sizes.values()) {
      byLabel[what] ??= { inUse: 0, count: 0 };
      byLabel[what].inUse += size;
      byLabel[what].count++;
    }
    const reserved = this.memory.buffer.byteLength;
    return {
      inUse: this.#inUse,
      reserved,
      free: reserved - this.#inUse,
      retired: this.#retiredBytes,
      peak: this.#peak,
      allocations: this.#allocations,
      byLabel,
    };
  }

  /**
   * An array for a caller, who may keep views of it for longer than `dispose` allows: a shared memory
   * cannot be detached. Its block is reused only where more than {@link MOST_RETIRED} bytes of arrays were
   * disposed of since, or where there would be no memory otherwise.
   *
   * @throws PapilioError `CPU_MEMORY`
   */
  allocateArray<T extends FloatType>(
    type: T,
    length: number,
  ): { readonly values: FloatArrays[T]; readonly retire: () => void } {
    const bytes = (type === "float64" ? 8 : 4) * length;
    const address = this.allocate(bytes, "an array");
    const block: Block = { address, bytes, live: true, users: 0 };
    this.#blocks.set(address, block);
    return {
      values: this.floats(type, address, length),
      retire: () => {
        block.live = false;
        this.#retired.add(block);
        this.#retiredBytes += block.bytes;
        for (const oldest of this.#retired) {
          // Of arrays that were disposed of since: the last one is kept whatever its size.
          if (this.#retiredBytes <= MOST_RETIRED || oldest === block) break;
          this.#reclaim(oldest);
        }
      },
    };
  }

  /**
   * Where an array of this memory lies; undefined for an array of another one.
   *
   * @throws PapilioError `CPU_ARRAY_DISPOSED`; `CPU_ARRAY_VIEW` for a view beyond the array that it is of
   */
  addressOf(array: ArrayBufferView): number | undefined {
    // Growing makes a new buffer object of the same memory, so that older arrays have an older one.
    const { buffer, byteOffset, byteLength } = array;
    if (!this.#buffers.has(buffer)) return undefined;
    const block = this.#blockAt(byteOffset);
    const start = byteOffset - (block?.address ?? 0);
    if (block === undefined || start + byteLength > block.bytes) {
      throw viewBeyondArray(start, byteLength, block?.bytes ?? 0);
    }
    if (!block.live) throw arrayDisposed();
    return byteOffset;
  }

  /** Whether an array of this memory begins at an address, which need not be that of an allocated array. */
  beginsAt({ buffer, byteOffset }: ArrayBufferView, address: number): boolean {
    return byteOffset === address && this.#buffers.has(buffer);
  }

  /** Keeps the block of an array from being reused until the returned function is called. */
  use({ buffer, byteOffset }: ArrayBufferView): () => void {
    const block = this.#buffers.has(buffer) ? this.#blockAt(byteOffset) : undefined;
    if (block === undefined) return () => undefined;
    block.users++;
    return () => {
      block.users--;
    };
  }

  float32(address: number, length: number): Float32Array {
    return new Float32Array(this.#buffer(), address, length);
  }

  floats<T extends FloatType>(type: T, address: number, length: number): FloatArrays[T] {
    const ArrayType = type === "float64" ? Float64Array : Float32Array;
    return new ArrayType(this.#buffer() as ArrayBuffer, address, length) as FloatArrays[T];
  }

  bytesAt(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer(), address, length);
  }

  int32(address: number, length: number): Int32Array {
    return new Int32Array(this.#buffer(), address, length);
  }

  readonly #buffers = new WeakSet<ArrayBufferLike>();

  #buffer(): ArrayBufferLike {
    const { buffer } = this.memory;
    this.#buffers.add(buffer);
    return buffer;
  }

  /** The block of an array that a byte belongs to; most views begin where their array does. */
  #blockAt(address: number): Block | undefined {
    const exact = this.#blocks.get(address);
    if (exact !== undefined) return exact;
    for (const block of this.#blocks.values()) {
      if (address > block.address && address < block.address + block.bytes) return block;
    }
    return undefined;
  }

  #find(size: number): Span | undefined {
    return this.#free.find(({ start, end }) => end - start >= size);
  }

  #grow(size: number): Span | undefined {
    const { byteLength } = this.memory.buffer;
    const last = this.#free.at(-1);
    const free = last?.end === byteLength ? byteLength - last.start : 0;
    for (const wanted of [Math.max(size - free, GROWTH), size - free]) {
      try {
        this.memory.grow(Math.ceil(wanted / PAGE));
        const span = { start: byteLength, end: this.memory.buffer.byteLength };
        this.#free.push(span);
        this.#join(this.#free.length - 2);
        return this.#free.at(-1) as Span;
      } catch {
        // Less may do.
      }
    }
    return undefined;
  }

  /** The last resort: blocks of disposed arrays, which may still have views. */
  #findRetired(size: number): Span | undefined {
    for (const block of this.#retired) {
      this.#reclaim(block);
      const span = this.#find(size);
      if (span !== undefined) return span;
    }
    return undefined;
  }

  #reclaim(block: Block): void {
    if (block.users > 0 || !this.#retired.delete(block)) return;
    this.#retiredBytes -= block.bytes;
    this.#blocks.delete(block.address);
    this.free(block.address);
  }

  #exhausted(size: number, what: string): PapilioError {
    const { byteLength } = this.memory.buffer;
    return new PapilioError(
      "CPU_MEMORY",
      `${size} bytes are needed for ${what}, but the ${byteLength} bytes of the CPU backend's memory cannot grow so far: it has 4 GiB at most, ${this.bytes} bytes of it in use.`,
      "Multiply fewer vectors at a time, store weights in half precision, or dispose of what is not needed.",
    );
  }

  /** Joins a free span with the next one where they touch. */
  #join(index: number): void {
    const [span, next] = [this.#free[index], this.#free[index + 1]];
    if (span === undefined || next === undefined || span.end !== next.start) return;
    span.end = next.end;
    this.#free.splice(index + 1, 1);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
