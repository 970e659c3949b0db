import type { StorageDtype } from "@papilio/butterfly";
import { Tensor } from "@papilio/gpu-runtime";
import { type BufferSet, repackKernel, type Step } from "@papilio/gpu-runtime/kernels";
import type { Lease, Span } from "@papilio/gpu-runtime/memory";
import { spanWithin } from "../../operations/shared/span-within.ts";
import type { ModelMemory } from "./model-memory.ts";

/** Where a binding may begin, in numbers, of either precision. */
const ALIGNMENT = 128;
/** Numbers that lie together at least, unless they are the last: what one dispatch brings up to date. */
const TOGETHER = 2 ** 16;

/** Parts that lie one after another. */
interface Slab {
  readonly tensor: Tensor;
  readonly places: Uint32Array<ArrayBuffer>;
  used: number;
}

/** What is packed of numbers that change: in few buffers, each of which one dispatch brings up to date. */
export class PackedParts implements Disposable {
  readonly #memory: ModelMemory;
  readonly #slabs: Slab[] = [];

  constructor(memory: ModelMemory) {
    this.#memory = memory;
  }

  /**
   * Memory for a part.
   *
   * @param places for each of its numbers 0 for a zero, else 1 more than the index of the number that it is
   * @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
   */
  place(places: Uint32Array, dtype: StorageDtype, label: string): Lease {
    const size = Math.ceil(places.length / ALIGNMENT) * ALIGNMENT;
    const slab = this.#slabFor(size, dtype);
    const { tensor } = slab;
    slab.places.set(places, slab.used);
    const bytes = tensor.bytes / tensor.length;
    const span = spanWithin(tensor.memory, bytes * slab.used, bytes * size);
    slab.used += size;
    // The memory is released with that of all.
    const release = (): void => undefined;
    return Object.assign(span, { label, release, discard: release, [Symbol.dispose]: release });
  }

  /** The steps that bring all parts up to date with the numbers. */
  steps(numbers: Span, buffers: BufferSet): Step[] {
    return this.#slabs.map(({ tensor, places, used }) => ({
      kernel: repackKernel({ length: used, dtype: tensor.dtype }),
      buffers: [
        numbers,
        tensor.memory,
        buffers.uploadIndices(places.slice(0, used), "places of weights"),
      ],
      role: "rewrite",
    }));
  }

  [Symbol.dispose](): void {
    for (const { tensor } of this.#slabs) tensor.dispose();
  }

  #slabFor(size: number, dtype: StorageDtype): Slab {
    const found = this.#slabs.find(
      ({ tensor, used }) => tensor.dtype === dtype && used + size <= tensor.length,
    );
    if (found !== undefined) return found;
    const features = Math.max(size, TOGETHER);
    const { gpu } = this.#memory;
    const shape = { batch: 1, features, layout: "batch-first", dtype } as const;
    const tensor = new Tensor(gpu, { ...shape, label: "weights that are trained" });
    const slab = { tensor, places: new Uint32Array(features), used: 0 };
    this.#slabs.push(slab);
    return slab;
  }
}
