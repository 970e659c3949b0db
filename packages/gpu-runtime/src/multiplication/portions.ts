import { PapilioError, Pattern, type StorageDtype } from "@papilio/butterfly";
import { requirePattern } from "@papilio/butterfly/errors";
import { type FewBits, FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import { fewBitsBytes } from "../kernels/kronecker-sparse/few-bits.ts";
import { paddedBytes } from "../tensor/dtype.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";

/** A part of a multiplication: some of the vectors, or some of the super-blocks `i < a`. */
export interface Portion {
  /** The part of the factor: the same, or with fewer super-blocks. */
  readonly pattern: Pattern;
  readonly shape: InputShape;
  /** Its first vector, and its first super-block. */
  readonly vector: number;
  readonly superBlock: number;
}

/** Which super-blocks a portion has: the same for portions whose weights are the same. */
export function portionName({ superBlock, pattern }: Portion): string {
  return `${superBlock}+${pattern.a}`;
}

/** What a device binds. */
export interface BindingLimits {
  /** Bytes of a binding, at most. */
  readonly size: number;
  /** Bytes that the offset of a binding is a multiple of. */
  readonly alignment: number;
}

/**
 * Divides a multiplication into parts whose inputs, outputs and values a device can bind, each a
 * contiguous part of memory: vectors when batch-first, super-blocks when batch-last. One part, the
 * whole, where that can be bound.
 *
 * @param values of the whole, which super-blocks share alike: so many numbers of the shape's type
 * @throws PapilioError `BUFFER_TOO_LARGE` where nothing that can be divided makes the parts small
 */
export function portionsOf(
  pattern: Pattern,
  shape: InputShape,
  { size, alignment }: BindingLimits,
  values: number = pattern.nonZeros,
): Portion[] {
  const { batch, layout, dtype } = shape;
  const { a, b, c, d, rows, cols } = pattern;
  const { bytes } = FLOAT_FORMATS[dtype];
  const fits = (part: Pattern, vectors: number): boolean =>
    paddedBytes(Math.max(vectors * part.cols, vectors * part.rows, (values * part.a) / a), dtype) <=
    size;
  if (fits(pattern, batch)) return [{ pattern, shape, vector: 0, superBlock: 0 }];
  if (layout === "batch-first") {
    // So many vectors begin at an aligned place, whatever their length.
    const unit = alignment / bytes;
    const vectors = unit * Math.floor(size / (bytes * Math.max(rows, cols)) / unit);
    if (vectors > 0 && fits(pattern, vectors)) {
      return Array.from({ length: Math.ceil(batch / vectors) }, (_, index) => {
        const vector = index * vectors;
        const part = { ...shape, batch: Math.min(vectors, batch - vector) };
        return { pattern, shape: part, vector, superBlock: 0 };
      });
    }
  } else {
    for (let parts = 2; parts <= a; parts++) {
      if (a % parts !== 0) continue;
      const part = new Pattern(a / parts, b, c, d);
      const aligned = [part.rows, part.cols].every(
        (features) => (features * batch * bytes) % alignment === 0,
      );
      if (!aligned || !fits(part, batch)) continue;
      return Array.from({ length: parts }, (_, index) => {
        return { pattern: part, shape, vector: 0, superBlock: (index * a) / parts };
      });
    }
  }
  throw new PapilioError(
    "BUFFER_TOO_LARGE",
    `${batch} vectors ${layout} ${dtype} times ${pattern} cannot be divided into parts of at most ${size} bytes, the most that the device binds.`,
    "Use fewer vectors at a time (a compiled matrix does, with vectors on the host), a smaller pattern, or f16.",
  );
}

/** The limits of a device. */
export function bindingLimits(gpu: DeviceContext): BindingLimits {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.report.limits;
  return {
    size: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    alignment: gpu.device.limits.minStorageBufferOffsetAlignment,
  };
}

/** The values of a pattern in numbers of a type, where they are stored as such or in few bits. */
export function valuesOf(
  pattern: Pattern,
  dtype: StorageDtype,
  weightDtype: FewBits | undefined,
): number {
  if (weightDtype === undefined) return pattern.nonZeros;
  return fewBitsBytes(pattern, weightDtype) / FLOAT_FORMATS[dtype].bytes;
}

/**
 * Refuses a multiplication that a device can bind neither whole nor in parts, before anything is packed.
 *
 * @param weightDtype of weights in few bits
 * @throws PapilioError `BUFFER_TOO_LARGE`, `OPTION_INVALID`
 */
export function requirePortions(
  gpu: DeviceContext,
  pattern: Pattern,
  shape: InputShape,
  weightDtype?: FewBits,
): void {
  requireGpu(gpu);
  requirePattern("The pattern", pattern);
  requireInputShape(shape);
  portionsOf(pattern, shape, bindingLimits(gpu), valuesOf(pattern, shape.dtype, weightDtype));
}

/** The part of a batch of vectors of `features` that a portion works on, in bytes. */
export function portionBytes(
  { shape, vector, superBlock }: Portion,
  featuresOfSuperBlock: number,
  superBlocks: number,
): { readonly offset: number; readonly size: number } {
  const { bytes } = FLOAT_FORMATS[shape.dtype];
  const features = superBlocks * featuresOfSuperBlock;
  const first =
    shape.layout === "batch-first"
      ? vector * features
      : superBlock * featuresOfSuperBlock * shape.batch;
  return { offset: first * bytes, size: paddedBytes(shape.batch * features, shape.dtype) };
}
