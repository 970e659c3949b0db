import { CpuButterfly, type FloatArray } from "@papilio/butterfly";
import type { LinearOperation } from "../graph/operation.ts";
import { butterflyOf } from "../layers/linear-layer.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { CpuContext } from "./context.ts";
import { finish } from "./linear.ts";

/** Products by the CPU backend in WebAssembly. Weights are packed at their first use. */
export class CpuKernels implements Disposable {
  /** By the left-most factor: a weight has one matrix. */
  readonly #packed = new Map<Parameter, CpuButterfly>();

  async linear(operation: LinearOperation, context: CpuContext): Promise<FloatArray> {
    const { x } = operation;
    const packed = await this.prepare(operation);
    const shape = { batch: x.vectors, layout: "batch-first" } as const;
    return finish(operation, await packed.multiply(context.of(x) as Float32Array, shape), context);
  }

  /** Packs the weights of an operation, unless they are. */
  async prepare({ matrix }: LinearOperation): Promise<CpuButterfly> {
    const [first] = matrix.factors as [Parameter];
    const packed = this.#packed.get(first) ?? (await CpuButterfly.create(butterflyOf(matrix)));
    this.#packed.set(first, packed);
    return packed;
  }

  dispose(): void {
    for (const packed of this.#packed.values()) packed.dispose();
    this.#packed.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
