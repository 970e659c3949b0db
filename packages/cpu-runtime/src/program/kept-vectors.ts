import { type FloatArray, PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject } from "@papilio/butterfly/errors";
import { requireVectors } from "@papilio/butterfly/numeric";
import type { CpuEngine } from "../engine/engine.ts";
import type { Layout } from "../kernels/kernel-call.ts";
import { indexInTiles, tileWidth, vectorsBytes } from "../kernels/layout.ts";
import type { CpuSpan } from "../memory/cpu-span.ts";

/** Vectors in the memory that outlive runs of programs: a cache of keys. Zeros until something is written. */
export class KeptVectors implements Disposable {
  readonly layout: Layout;
  readonly span: CpuSpan;
  readonly #engine: CpuEngine;
  readonly #vectors: number;
  readonly #features: number;
  #disposed = false;

  /** @throws PapilioError `CPU_MEMORY`, `OPTION_INVALID` */
  constructor(
    engine: CpuEngine,
    shape: { readonly vectors: number; readonly features: number; readonly layout: Layout },
  ) {
    requireObject("The engine", engine, "what openCpu opens", "memory", "pool");
    requireObject("The shape", shape, "an object", "vectors", "features", "layout");
    const { vectors, features, layout } = shape;
    const bytes = vectorsBytes(layout, vectors, features);
    this.#engine = engine;
    this.#vectors = vectors;
    this.#features = features;
    this.layout = layout;
    this.span = { address: engine.memory.allocate(bytes, "kept vectors"), bytes };
    this.write(undefined);
  }

  /** `[vectors, features]`, a copy. Not during a run that writes them. Throws `CPU_DISPOSED`. */
  read(): Float32Array {
    const numbers = this.#numbers();
    if (this.layout === "rows") return numbers.slice();
    const rows = new Float32Array(this.#vectors * this.#features);
    this.#forEach((row, tile) => {
      rows[row] = numbers[tile] as number;
    });
    return rows;
  }

  /**
   * Not during a run that reads or writes them.
   *
   * @param rows `[vectors, features]`; zeros without
   * @throws PapilioError `ARRAY_TYPE`, `INPUT_LENGTH`, `CPU_DISPOSED`
   */
  write(rows: FloatArray | undefined): void {
    const numbers = this.#numbers();
    if (rows !== undefined) {
      requireArray("What is written", rows, "Float32Array", "Float64Array");
      requireVectors("input", rows.length, this.#features, this.#vectors);
    }
    if (rows === undefined) numbers.fill(0);
    else if (this.layout === "rows") numbers.set(rows);
    else {
      this.#forEach((row, tile) => {
        numbers[tile] = rows[row] as number;
      });
    }
  }

  /** Frees the memory after the runs that have begun. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { memory, pool } = this.#engine;
    void pool.runExclusive(() => Promise.resolve(memory.free(this.span.address)));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #numbers(): Float32Array {
    if (this.#disposed) throw vectorsDisposed();
    return this.#engine.memory.float32(this.span.address, this.span.bytes / 4);
  }

  #forEach(visit: (row: number, tile: number) => void): void {
    const [vectors, features] = [this.#vectors, this.#features];
    const width = tileWidth(vectors);
    for (let v = 0; v < vectors; v++) {
      for (let f = 0; f < features; f++) {
        visit(v * features + f, indexInTiles(v, f, features, width));
      }
    }
  }
}

function vectorsDisposed(): PapilioError {
  return new PapilioError(
    "CPU_DISPOSED",
    "The vectors were disposed of: their memory is gone.",
    "Dispose of them after the last program that reads or writes them.",
  );
}
