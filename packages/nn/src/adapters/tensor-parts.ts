import { describeValue } from "@papilio/butterfly/errors";
import { isRealDtype } from "@papilio/butterfly/files";
import type { StoredTensor } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import { adapterError } from "./adapter-error.ts";

/** A size that a tensor must have, or undefined for any from 1 on. */
type Sizes = readonly (number | undefined)[];

/** The tensors of an adapter for one module, by what their names end in, each taken once. */
export class TensorParts {
  /** For messages. */
  readonly module: string;
  readonly #parts: Map<string, StoredTensor>;

  constructor(module: string, parts: ReadonlyMap<string, StoredTensor>) {
    this.module = module;
    this.#parts = new Map(parts);
  }

  has(part: string): boolean {
    return this.#parts.has(part);
  }

  /** How many axes a part has, 0 where there is none. */
  axesOf(part: string): number {
    return this.#parts.get(part)?.shape.length ?? 0;
  }

  /** Size of a part along an axis, or nothing. */
  sizeOf(part: string, axis: number): number | undefined {
    return this.#parts.get(part)?.shape[axis];
  }

  /**
   * @param sizes of each axis
   * @throws PapilioError `ADAPTER_INVALID` unless there is a tensor of that shape
   */
  take(part: string, sizes: Sizes): StoredTensor {
    const tensor = this.takeIfAny(part, sizes);
    if (tensor !== undefined) return tensor;
    throw adapterError(
      "ADAPTER_INVALID",
      `The adapter has no ${part} for the module ${quoteNames([this.module])}.`,
    );
  }

  /** @throws PapilioError `ADAPTER_INVALID` for a tensor of another shape */
  takeIfAny(part: string, sizes: Sizes): StoredTensor | undefined {
    const tensor = this.#parts.get(part);
    if (tensor === undefined) return undefined;
    this.#parts.delete(part);
    const { shape, dtype } = tensor;
    const fits =
      shape.length === sizes.length &&
      shape.every((size, axis) => size >= 1 && size === (sizes[axis] ?? size));
    if (fits && isRealDtype(dtype)) return tensor;
    const wanted = sizes.map((size) => size ?? "any").join(", ");
    throw adapterError(
      "ADAPTER_INVALID",
      `The tensor ${part} for the module ${quoteNames([this.module])} is ${dtype} of shape ${describeValue(shape)}, but it must be real numbers of shape [${wanted}].`,
    );
  }

  /** @throws PapilioError `ADAPTER_UNSUPPORTED` for what nobody took */
  requireNoMore(): void {
    if (this.#parts.size === 0) return;
    throw adapterError(
      "ADAPTER_UNSUPPORTED",
      `The adapter has ${quoteNames([...this.#parts.keys()])} for the module ${quoteNames([this.module])}, which is not computed here.`,
    );
  }
}
