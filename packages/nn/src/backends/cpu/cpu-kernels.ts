import type { FloatArray } from "@papilio/butterfly";
import { CpuButterfly } from "@papilio/cpu-runtime";
import { modelDisposed } from "../../graph/executable.ts";
import type { LinearOperation } from "../../graph/operation.ts";
import { butterflyOf } from "../../layers/linear-layer.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { CpuContext } from "../reference/context.ts";
import { finish } from "../reference/linear.ts";

/** Products by the CPU backend in WebAssembly. Weights are packed at their first use. */
export class CpuKernels implements Disposable {
  /** By the left-most factor: a weight has one matrix. */
  readonly #packed = new Map<Parameter, CpuButterfly>();
  #disposed = false;

  async linear(operation: LinearOperation, context: CpuContext): Promise<FloatArray> {
    const { x } = operation;
    const packed = await this.prepare(operation);
    const shape = { batch: x.vectors, layout: "batch-first" } as const;
    return finish(operation, await packed.multiply(context.of(x) as Float32Array, shape), context);
  }

  /**
   * Packs the weights of an operation, unless they are.
   *
   * @throws PapilioError `MODEL_DISPOSED`, and what `CpuButterfly.create` throws
   */
  async prepare({ matrix }: LinearOperation): Promise<CpuButterfly> {
    if (this.#disposed) throw modelDisposed();
    const [first] = matrix.factors as [Parameter];
    const existing = this.#packed.get(first);
    if (existing !== undefined) return existing;
    const packed = await CpuButterfly.create(butterflyOf(matrix));
    // Meanwhile it may have been disposed of, or another call may have packed the same weights.
    const other = this.#packed.get(first);
    if (other !== undefined || this.#disposed) packed.dispose();
    if (this.#disposed) throw modelDisposed();
    if (other !== undefined) return other;
    this.#packed.set(first, packed);
    return packed;
  }

  /** Frees the packed weights; safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const packed of this.#packed.values()) packed.dispose();
    this.#packed.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
