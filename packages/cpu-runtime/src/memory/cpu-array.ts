import { type FloatArray, PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { type FloatArrays, type FloatType, zeros } from "@papilio/butterfly/numeric";
import type { CpuMemory } from "./cpu-memory.ts";

/** An array in the memory of the CPU backend, which multiplications read and write where it is. */
export interface CpuArray<V extends FloatArray = Float32Array> extends Disposable {
  /** @throws PapilioError `CPU_ARRAY_DISPOSED` after {@link dispose} */
  readonly values: V;
  /**
   * Ends its use: multiplications then refuse it and its views, which must not be kept. The memory is
   * reused once more than 64 MiB of arrays were disposed of since, or where there would be none
   * otherwise; until then a late write reaches nothing else. Safe to call twice.
   */
  dispose(): void;
}

/**
 * An array of zeros, or of what was in its memory before.
 *
 * @throws PapilioError `CPU_ARRAY_LENGTH`, `CPU_MEMORY`
 */
export function allocateArray<T extends FloatType>(
  memory: CpuMemory | undefined,
  type: T,
  length: number,
): CpuArray<FloatArrays[T]> {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new PapilioError(
      "CPU_ARRAY_LENGTH",
      `An array cannot have ${describeValue(length)} elements.`,
      "Pass a whole number of at least 0.",
    );
  }
  const { values, retire } = memory?.allocateArray(type, length) ?? {
    values: zeros(type, length),
    retire: () => undefined,
  };
  let held: FloatArrays[T] | undefined = values;
  const dispose = (): void => {
    if (held === undefined) return;
    held = undefined;
    retire();
  };
  return {
    get values() {
      if (held === undefined) throw arrayDisposed();
      return held;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** @param start where the view begins, in bytes from the beginning of the array, which has `size` */
export function viewBeyondArray(start: number, length: number, size: number): PapilioError {
  return new PapilioError(
    "CPU_ARRAY_VIEW",
    `A view of ${length} bytes begins at byte ${start} of an array of ${size} bytes, and does not lie within it.`,
    "Take views with values.subarray, not of the whole buffer: other arrays and matrices are in it.",
  );
}

export function arrayDisposed(): PapilioError {
  return new PapilioError(
    "CPU_ARRAY_DISPOSED",
    "The array was disposed of.",
    "Dispose of an array after its last use, and allocate another one.",
  );
}
