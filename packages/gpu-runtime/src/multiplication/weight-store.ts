import type { Butterfly, StorageDtype } from "@papilio/butterfly";
import { requireButterfly, requireFunction, requireOptions } from "@papilio/butterfly/errors";
import type { FewBits } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { upload } from "../device/storage.ts";
import type { KroneckerSparsePacking } from "../kernels/kronecker-sparse/packing.ts";
import { DisposableState } from "../memory/disposable-state.ts";
import type { Lease } from "../memory/lease.ts";
import type { Stage } from "../planning/plan.ts";
import { encode } from "../tensor/dtype.ts";

/** How weights are stored. */
type StoredDtype = StorageDtype | FewBits;

/** Weights on the device, in some order, and how many multiplications' owners hold them. */
interface StoredPart {
  readonly packing: unknown;
  readonly lease: Lease;
  owners: number;
}

/** What there is of a matrix: how it is multiplied, and the parts of it that are packed. */
interface StoredMatrix {
  readonly stages: Map<StoredDtype, readonly Stage[]>;
  readonly parts: Map<string, StoredPart>;
}

/** How an owner takes weights of a {@link WeightStore}. */
export interface OpenWeightsOptions {
  /**
   * Weights are written by who opens it, within a program: this has memory for a part, given which of the values of the
   * matrix, as they are given, goes where. Factors are not multiplied out then.
   */
  readonly place?: (packed: Float32Array, dtype: StorageDtype, label: string) => Lease;
}

/**
 * Packed weights on a device that multiplications of several batch sizes share. The first multiplication
 * by a matrix decides how it is divided into stages and in which order weights lie; later ones read that,
 * unless no kernel that suits their shape does. A part is released with the last owner that uses it.
 *
 * @example
 * ```ts
 * using store = new WeightStore(gpu);
 * using weights = store.open();
 * const one = prepareButterfly(gpu, matrix, { batch: 1, layout, dtype }, { weights });
 * const many = prepareButterfly(gpu, matrix, { batch: 64, layout, dtype }, { weights });
 * ```
 */
export class WeightStore implements Disposable {
  readonly #gpu: DeviceContext;
  readonly #matrices = new Map<object, StoredMatrix>();
  readonly #state = new DisposableState("weights");

  /** @throws PapilioError `OPTION_INVALID` for what is not a device */
  constructor(gpu: DeviceContext) {
    requireGpu(gpu);
    this.#gpu = gpu;
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    let bytes = 0;
    for (const { parts } of this.#matrices.values()) {
      for (const { lease } of parts.values()) bytes += lease.size;
    }
    return bytes;
  }

  /**
   * A view for one owner of multiplications, who holds what these use until it is disposed.
   *
   * @throws PapilioError `WEIGHTS_DISPOSED`, `OPTION_INVALID`
   */
  open(options: OpenWeightsOptions = {}): SharedWeights {
    this.#state.assertLive();
    requireOptions("The options of WeightStore.open", options);
    const { place } = options;
    if (place !== undefined) requireFunction("What places weights", place);
    return new SharedWeights(this.#gpu, this.#matrices, place);
  }

  /** Releases everything, whoever uses it; safe to call twice. */
  dispose(): void {
    this.#state.dispose(() => {
      for (const { parts } of this.#matrices.values()) {
        for (const { lease } of parts.values()) lease.release();
      }
      this.#matrices.clear();
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What one owner uses of a {@link WeightStore}. */
export class SharedWeights implements Disposable {
  readonly #gpu: DeviceContext;
  readonly #matrices: Map<object, StoredMatrix>;
  readonly #state = new DisposableState("weights");
  readonly #used = new Map<StoredPart, { readonly owner: object; readonly key: string }>();

  readonly #place: OpenWeightsOptions["place"];

  /** Made by {@link WeightStore.open}. */
  constructor(
    gpu: DeviceContext,
    matrices: Map<object, StoredMatrix>,
    place?: OpenWeightsOptions["place"],
  ) {
    this.#gpu = gpu;
    this.#matrices = matrices;
    this.#place = place;
  }

  /** Whether weights are written within programs: what is packed says where each goes. */
  get placed(): boolean {
    return this.#place !== undefined;
  }

  /** How a matrix that is stored is divided into stages. */
  stages(matrix: object, dtype: StoredDtype): readonly Stage[] | undefined {
    return this.#matrices.get(matrix)?.stages.get(dtype);
  }

  /** Keeps how a matrix is divided, for as long as parts of it are stored. */
  keepStages(matrix: object, dtype: StoredDtype, stages: readonly Stage[]): void {
    const known = this.#matrices.get(matrix)?.stages;
    if (known?.has(dtype) === false) known.set(dtype, stages);
  }

  /** The order in which a part lies, if it is stored. */
  packing<P>(matrix: object, part: string): P | undefined {
    return this.#matrices.get(matrix)?.parts.get(part)?.packing as P | undefined;
  }

  /**
   * The weights of a matrix of one dense factor, `[rows, cols]`, where a multiplication by it has stored them in
   * one part: for kernels that read rows of it, in the order in which they lie. This owner holds them too.
   *
   * @throws PapilioError `WEIGHTS_DISPOSED`
   */
  dense(
    matrix: Butterfly,
    dtype: StoredDtype,
  ): { readonly memory: Lease; readonly packing: KroneckerSparsePacking } | undefined {
    this.#state.assertLive();
    requireButterfly("The matrix", matrix);
    const [pattern, ...others] = matrix.chain.patterns;
    if (pattern?.blocks !== 1 || others.length > 0) return undefined;
    const key = weightsKey("0-1 multiply", "0+1", dtype);
    const part = this.#matrices.get(matrix)?.parts.get(key);
    if (part === undefined) return undefined;
    this.#hold(part, matrix, key);
    return { memory: part.lease, packing: part.packing as KroneckerSparsePacking };
  }

  /**
   * A part that is stored, or one that is packed and uploaded now.
   *
   * @param matrix that it belongs to, by identity
   * @param part which part of it, and in which storage type
   * @throws PapilioError `WEIGHTS_DISPOSED`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `VALUE_RANGE`
   */
  use(matrix: object, part: string, { dtype, packing, pack }: PackedPart): Lease {
    this.#state.assertLive();
    const stored = this.#matrices.get(matrix) ?? { stages: new Map(), parts: new Map() };
    const known = stored.parts.get(part) ?? {
      packing,
      lease: this.#write(pack(), part, dtype),
      owners: 0,
    };
    stored.parts.set(part, known);
    this.#matrices.set(matrix, stored);
    this.#hold(known, matrix, part);
    return known.lease;
  }

  /** Releases what nobody else uses; safe to call twice. */
  dispose(): void {
    this.#state.dispose(() => {
      for (const [part, { owner, key }] of this.#used) {
        part.owners--;
        const stored = this.#matrices.get(owner);
        if (part.owners > 0 || stored?.parts.get(key) !== part) continue;
        part.lease.release();
        stored.parts.delete(key);
        if (stored.parts.size === 0) this.#matrices.delete(owner);
      }
      this.#used.clear();
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #write(packed: Packed, part: string, dtype: StorageDtype): Lease {
    const label = `weights ${part}`;
    if (packed instanceof Uint32Array) {
      return upload(this.#gpu, new Uint8Array(packed.buffer), label);
    }
    const place = this.#place;
    if (place !== undefined) return place(packed, dtype, label);
    return upload(this.#gpu, encode(packed, dtype, "A weight"), label);
  }

  #hold(part: StoredPart, owner: object, key: string): void {
    if (this.#used.has(part)) return;
    part.owners++;
    this.#used.set(part, { owner, key });
  }
}

/** What a part of a matrix is stored under: its stage among others, and which super-blocks it has. */
export function weightsKey(stage: string, portion: string, dtype: StoredDtype): string {
  return `${stage} ${portion} ${dtype}`;
}

/** What weights in an order are stored under where the same part is stored in another one, `known`, or in none. */
export function partKey(key: string, packing: unknown, known: unknown): string {
  return known === undefined || packing === known ? key : `${key} as ${JSON.stringify(packing)}`;
}

/** A part that is packed where it is not stored. */
interface PackedPart {
  readonly dtype: StorageDtype;
  /** The order of its weights. */
  readonly packing: unknown;
  readonly pack: () => Packed;
}

/** Numbers, or words that hold codes. */
type Packed = Float32Array | Uint32Array<ArrayBuffer>;

/** Where the weights of a stage are shared. */
export interface StageWeights {
  readonly shared: SharedWeights;
  readonly matrix: object;
  /** Of the stage among others of the matrix. */
  readonly stage: string;
}
