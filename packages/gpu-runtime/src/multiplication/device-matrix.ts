import type { BatchShape, CompiledMatrix, Complex, StorageDtype } from "@papilio/butterfly";
import { requireOneOf } from "@papilio/butterfly/errors";
import type { MatrixPlan, MultiplyOptions } from "@papilio/butterfly/matrix";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import type { Span } from "../memory/lease.ts";
import { type Plan, planName } from "../planning/plan.ts";
import type { ComplexTensor } from "../tensor/complex-tensor.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { PreparedShapes } from "./prepared-shapes.ts";

/** A batch of vectors, and how its elements are stored on the device: `f32` unless given. */
export interface DeviceShape extends BatchShape {
  readonly dtype?: StorageDtype;
}

/** How a product of vectors on the host is computed. */
export interface DeviceMultiplyOptions<X = Float32Array> extends MultiplyOptions<X> {
  /** Called after each micro-batch with how many vectors are done, of how many. */
  readonly onProgress?: (done: number, batch: number) => void;
  /** Most vectors at a time; as many as the device and its budget allow unless given. */
  readonly microBatch?: number;
}

/** How vectors of a shape are multiplied on a device; `describePlan` has it in words. */
export interface DeviceMatrixPlan extends MatrixPlan, Plan {
  /** As {@link planName} has it: `batch-last fuse(0-6) merge(6-12)`. */
  readonly name: string;
}

/** What is prepared for a shape, with its recorded program. */
interface Prepared extends Disposable {
  readonly bytes: number;
  readonly multiplication: { readonly plan: Plan; readonly terms: readonly number[] };
  run(x: Span, y: Span): Promise<void>;
}

/** What real and complex matrices on a device differ in. */
export interface DeviceKind<X, T> {
  readonly rows: number;
  readonly cols: number;
  /** How elements can be stored. */
  readonly dtypes: readonly StorageDtype[];
  prepare(shape: InputShape): Prepared;
  /** Refuses what is not a tensor of such vectors: `OPTION_INVALID`, `TENSOR_MISMATCH`. */
  requireTensor(x: T): void;
  /** An output, not filled yet. */
  output(shape: InputShape): T;
  /**
   * Multiplies vectors on the host, which were not checked yet.
   *
   * @param multiply multiplies by what is kept for a shape
   * @param releaseUnused frees what is kept and not in use
   */
  multiplyOnHost(
    x: X,
    shape: InputShape,
    options: DeviceMultiplyOptions<X> | undefined,
    multiply: (x: T) => Promise<T>,
    releaseUnused: () => void,
  ): Promise<X>;
}

/**
 * A matrix that was compiled for a device. Weights are packed and uploaded, and the program is recorded, at
 * the first multiplication of each shape, layout and dtype; both are kept for the last few.
 *
 * `X` is a batch of vectors on the host, `T` one on the device.
 *
 * @example
 * ```ts
 * using weights = await compile(Butterfly.random(Chain.monarch(1024), { seed: 0 }), gpu);
 * using y = await weights.multiply(tensor(gpu, x, { batch: 1, features: 1024, layout: "batch-first" }));
 * const result = await y.data();
 * ```
 */
export class DeviceMatrix<X extends Float32Array | Complex, T extends Tensor | ComplexTensor>
  implements CompiledMatrix<X>
{
  readonly gpu: DeviceContext;
  readonly rows: number;
  readonly cols: number;
  readonly #kind: DeviceKind<X, T>;
  readonly #prepared: PreparedShapes<InputShape, Prepared>;

  constructor(gpu: DeviceContext, kind: DeviceKind<X, T>) {
    this.gpu = gpu;
    this.rows = kind.rows;
    this.cols = kind.cols;
    this.#kind = kind;
    this.#prepared = new PreparedShapes(
      ({ batch, layout, dtype }) => `${batch} ${layout} ${dtype}`,
      (shape) => kind.prepare(shape),
    );
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    return this.#prepared.bytes;
  }

  /**
   * How vectors of a shape are multiplied. Prepares the multiplication.
   *
   * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `OPTION_INVALID`, `PLAN_INVALID`, `F16_UNAVAILABLE`,
   *   `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `VALUE_RANGE`, `MATRIX_DISPOSED`
   */
  plan(shape: DeviceShape): DeviceMatrixPlan {
    const { plan } = this.#of(shape);
    return { name: planName(plan), passes: plan.stages, ...plan };
  }

  /** The sums that make a result. Prepares the multiplication, and throws what {@link plan} throws. */
  terms(shape: DeviceShape): readonly number[] {
    return this.#of(shape).terms;
  }

  /**
   * `y = W x` for vectors on the device. Returns once the work is submitted; read y with `data()`.
   *
   * @param x batch of `cols` features
   * @returns batch of `rows` features in the layout and dtype of x; the caller's to dispose of
   * @throws PapilioError `TENSOR_MISMATCH` when x has another number of features; `OPTION_INVALID`,
   *   `MEMORY_BUDGET`, `BUFFER_TOO_LARGE`, `PLAN_INVALID`, `MATRIX_DISPOSED`
   */
  multiply(x: T): Promise<T>;
  /**
   * `y = W x` for vectors on the host: at once, by the program that is kept for their shape, or as many at a
   * time as the device, its limits and the budget of its memory allow. The uploads, the multiplications and the
   * reads of such micro-batches overlap, and what is on the device meanwhile is released. Complex vectors go at
   * once, unless `microBatch` is given.
   *
   * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
   * @returns `out`, or new arrays: `[batch, rows]` or `[rows, batch]`
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `BATCH_INVALID`, `LAYOUT_INVALID`, `OPTION_INVALID`,
   *   `INPUT_LENGTH`, `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, `COMPLEX_PARTS`, `F16_UNAVAILABLE`;
   *   `MEMORY_BUDGET` when not even a few vectors fit; `MATRIX_DISPOSED`; the signal's reason
   */
  multiply(x: X, shape: DeviceShape, options?: DeviceMultiplyOptions<X>): Promise<X>;
  async multiply(
    x: X | T,
    shape?: DeviceShape,
    options?: DeviceMultiplyOptions<X>,
  ): Promise<X | T> {
    this.#prepared.assertLive();
    if (shape === undefined && !isOnHost(x)) return await this.#multiplyTensor(x as T);
    const whole = this.#require(shape as DeviceShape);
    return await this.#kind.multiplyOnHost(
      x as X,
      whole,
      options,
      (part) => this.#multiplyTensor(part),
      () => this.#prepared.releaseUnused(),
    );
  }

  /**
   * Frees the packed weights, those of multiplications under way as soon as these are submitted. Use
   * after it is `MATRIX_DISPOSED`. Safe to call twice.
   */
  dispose(): void {
    this.#prepared.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #multiplyTensor(x: T): Promise<T> {
    const kind = this.#kind;
    kind.requireTensor(x);
    const { batch, layout, dtype } = x;
    const shape = { batch, layout, dtype: dtype === "complex64" ? "f32" : dtype } as const;
    return await this.#prepared.use(shape, async (prepared) => {
      const y = kind.output(shape);
      try {
        await prepared.run(x.memory, y.memory);
        return y;
      } catch (error) {
        y.dispose();
        throw error;
      }
    });
  }

  #of(shape: DeviceShape): Prepared["multiplication"] {
    this.#prepared.assertLive();
    return this.#prepared.of(this.#require(shape)).multiplication;
  }

  #require(shape: DeviceShape): InputShape {
    stridesOf(shape, this.cols); // refuses a bad shape
    const { batch, layout, dtype = "f32" } = shape;
    requireOneOf("The element type", dtype, this.#kind.dtypes);
    return { batch, layout, dtype };
  }
}

/** Whether vectors are on the host, or nothing of the kind. */
function isOnHost(x: unknown): boolean {
  return ArrayBuffer.isView(x) || (typeof x === "object" && x !== null && "re" in x);
}
