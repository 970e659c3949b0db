import type { KroneckerSparse, StorageDtype } from "@papilio/butterfly";
import { requireOneOf, requireOptions } from "@papilio/butterfly/errors";
import { FEW_BITS, type FewBits } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import { type Epilogue, requireEpilogue } from "../kernels/epilogue.ts";
import { requireKroneckerSparseVariant } from "../kernels/kronecker-sparse/checks.ts";
import { chooseForPacking, chooseKroneckerSparse } from "../kernels/kronecker-sparse/choose.ts";
import { kroneckerSparseKernel } from "../kernels/kronecker-sparse/kernel.ts";
import { requireMatrixUnits } from "../kernels/kronecker-sparse/matrix-candidates.ts";
import { packKroneckerSparse } from "../kernels/kronecker-sparse/pack.ts";
import {
  packFewBits,
  type RoundedWeights,
  roundedSuperBlocks,
  roundWeights,
} from "../kernels/kronecker-sparse/pack-few-bits.ts";
import {
  type KroneckerSparsePacking,
  packingName,
  packingOf,
  readsPacking,
} from "../kernels/kronecker-sparse/packing.ts";
import type { KroneckerSparseVariant } from "../kernels/kronecker-sparse/variant.ts";
import type { Lease } from "../memory/lease.ts";
import type { BufferSet } from "../tensor/buffer-set.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { biasOf } from "./bias.ts";
import { oncePerPlace, placeOperands, requireBias } from "./epilogue-operands.ts";
import { type Multiplication, multiplication, requireOperands } from "./multiplication.ts";
import { valuesOf } from "./portions.ts";
import { partKey, type StageWeights, weightsKey } from "./weight-store.ts";

export interface KroneckerSparseOptions extends Epilogue {
  /** Stores weights in few bits, rounded as `quantizeValues` rounds; as the activations are stored unless given. */
  readonly weightDtype?: FewBits | undefined;
  /** Shape of the kernel; chosen for the device and the problem when absent. */
  readonly variant?: KroneckerSparseVariant;
  /** Added to every output, inside the same kernel: `pattern.rows` elements. */
  readonly bias?: Float32Array;
  /** Where the packed weights are shared with other multiplications; this one's own unless given. */
  readonly weights?: StageWeights | undefined;
}

/**
 * The fused multiplication `y = W x (+ bias)`: one dispatch, no intermediate in global memory, no
 * memory rewriting. Blocks that are equal along `a` or `d` have their weights on the device once; in few bits,
 * where the factor stores them once.
 *
 * With an {@link Epilogue}, `y = activation(W x + bias) * multiplier + addend` in the same dispatch; its
 * operands are given to `steps`.
 *
 * @throws PapilioError `BIAS_LENGTH`, `ACTIVATION_INVALID`, `F16_UNAVAILABLE`, `MATRIX_UNITS_UNAVAILABLE`,
 *   `BUFFER_TOO_LARGE`; `OPTION_INVALID` for a variant that does not read weights of few bits; `VALUE_RANGE`
 */
export function prepareKroneckerSparse(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
  options: KroneckerSparseOptions = {},
): Multiplication {
  requireOperands(gpu, factor, shape);
  requireOptions("The options", options);
  const { variant, bias, weights: store, weightDtype, ...epilogue } = options;
  if (variant !== undefined) requireKroneckerSparseVariant(variant);
  if (variant?.kind === "matrix") requireMatrixUnits(gpu.report, shape.dtype, variant);
  const { pattern } = factor;
  requireBias(bias, pattern.rows, `Pattern ${pattern}`);
  requireEpilogue(epilogue);
  if (weightDtype !== undefined) requireOneOf("weightDtype", weightDtype, FEW_BITS);
  // Rounded as a whole: super-blocks may share a scale.
  const rounded = weightDtype && once(() => roundWeights(factor, weightDtype));
  return multiplication(
    gpu,
    factor,
    shape,
    (buffers, { problem, factor: part, firstRow, name }) => {
      const { stored, values, sharing } = weightDtype === undefined ? part.share() : part;
      const biased = { ...problem, sharing, weightDtype, bias: bias !== undefined };
      const { dtype } = shape;
      const key = weightsKey(store?.stage ?? "", name, weightDtype ?? dtype);
      const known = store?.shared.packing<KroneckerSparsePacking>(store.matrix, key);
      const reader = known && chooseForPacking(gpu.report, biased, known);
      const chosen = variant ?? reader ?? chooseKroneckerSparse(gpu.report, biased);
      const own = packingOf(problem.pattern, chosen);
      const packing =
        known && readsPacking(problem.pattern, chosen, known, weightDtype) ? known : own;
      const foreign = packingName(packing) === packingName(own) ? {} : { packing };
      const kernel = oncePerPlace((placed) =>
        kroneckerSparseKernel({ ...biased, ...foreign, epilogue: placed }, chosen),
      );
      const pack = (): Float32Array | Uint32Array<ArrayBuffer> =>
        rounded === undefined
          ? packKroneckerSparse(stored, values, chosen, packing)
          : packFewBits(stored, superBlocksOf(rounded(), factor, part, firstRow), packing);
      const weights =
        store === undefined
          ? uploaded(buffers, pack(), dtype)
          : store.shared.use(store.matrix, partKey(key, packing, known), { dtype, packing, pack });
      const extra = biasOf(bias, { buffers, store, dtype, firstRow, rows: part.pattern.rows });
      return (x, y, operands) => {
        const { placed, bound } = placeOperands(epilogue, operands, x, y);
        const read = [x, weights, y, ...extra, ...bound];
        return [{ kernel: kernel(placed), buffers: read, role: "multiply" }];
      };
    },
    { epilogue, values: valuesOf(pattern, shape.dtype, weightDtype) },
  );
}

function uploaded(
  buffers: BufferSet,
  packed: Float32Array | Uint32Array<ArrayBuffer>,
  dtype: StorageDtype,
): Lease {
  return packed instanceof Uint32Array
    ? buffers.uploadIndices(packed, "packed weights")
    : buffers.upload(packed, dtype, "packed weights");
}

/** The rounded weights of a part of a factor. */
function superBlocksOf(
  rounded: RoundedWeights,
  { pattern, sharing }: KroneckerSparse,
  part: KroneckerSparse,
  firstRow: number,
): RoundedWeights {
  const { a, b, d } = pattern;
  if (sharing.a) return rounded;
  return roundedSuperBlocks(rounded, firstRow / (b * d), part.pattern.a, a);
}

/** What is computed when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let known: T | undefined;
  return () => {
    known ??= compute();
    return known;
  };
}
