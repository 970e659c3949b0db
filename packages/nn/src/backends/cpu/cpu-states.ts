import type { FloatArray } from "@papilio/butterfly";
import { type CpuEngine, KeptVectors, type Layout } from "@papilio/cpu-runtime/kernels";
import { callback, text } from "../../arguments/checks.ts";
import type { State } from "../../graph/graph.ts";

/** The numbers of a state: an array, or the memory of the kernels in WebAssembly, or both. */
interface Kept {
  array: FloatArray | undefined;
  memory: { readonly vectors: KeptVectors; users: number } | undefined;
  /** Which of them holds what was written last; without either it is zeros. */
  current: "array" | "memory" | "zeros";
}

/** States of graphs that run on the CPU, by name. */
export class CpuStates {
  readonly #kept = new Map<string, Kept>();

  /** Forgets them: they are zeros again. */
  reset(): void {
    for (const [name, kept] of this.#kept) {
      if (kept.memory === undefined) this.#kept.delete(name);
      kept.array = undefined;
      kept.current = "zeros";
    }
  }

  /** The numbers of a state, made at its first use. */
  of(name: string, make: () => FloatArray): FloatArray {
    text("The name of a state", name);
    callback("What makes a state", make);
    const kept = this.#of(name);
    const array = kept.array ?? make();
    if (kept.current === "memory") array.set(kept.memory?.vectors.read() ?? []);
    kept.array = array;
    kept.current = "array";
    return array;
  }

  /**
   * @internal Memory for a state, of a layout that the first graph chooses, until it is released as often.
   *
   * @throws PapilioError `CPU_MEMORY`
   */
  hold({ name, value }: State, layout: Layout, engine: CpuEngine): KeptVectors {
    const kept = this.#of(name);
    const { vectors, features } = value;
    kept.memory ??= { vectors: new KeptVectors(engine, { vectors, features, layout }), users: 0 };
    kept.memory.users++;
    return kept.memory.vectors;
  }

  /** @internal Before a program runs that reads or writes the memory of a state. */
  bringToMemory(name: string): void {
    const kept = this.#of(name);
    if (kept.current === "memory") return;
    kept.memory?.vectors.write(kept.current === "array" ? kept.array : undefined);
    kept.array = undefined;
    kept.current = "memory";
  }

  /** @internal What the state holds outlives the memory. */
  release(name: string): void {
    const kept = this.#of(name);
    const { memory } = kept;
    if (memory === undefined) return;
    memory.users--;
    if (memory.users > 0) return;
    if (kept.current === "memory") {
      kept.array = memory.vectors.read();
      kept.current = "array";
    }
    kept.memory = undefined;
    memory.vectors.dispose();
  }

  #of(name: string): Kept {
    const kept = this.#kept.get(name) ?? { array: undefined, memory: undefined, current: "zeros" };
    this.#kept.set(name, kept);
    return kept;
  }
}
