import { Butterfly, type Chain, PapilioError } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import { type Epilogue, requireEpilogue } from "../kernels/epilogue.ts";
import { chooseFusedRange } from "../kernels/fused-range/choose.ts";
import { fusedRangeKernel } from "../kernels/fused-range/kernel.ts";
import { packFusedRange, rangeSharing } from "../kernels/fused-range/pack.ts";
import {
  type FusedRangePacking,
  fusedRangePackingOf,
  readsFusedRangePacking,
} from "../kernels/fused-range/packing.ts";
import type { FusedRangeVariant } from "../kernels/fused-range/variant.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { biasOf } from "./bias.ts";
import { oncePerPlace, placeOperands, requireBias } from "./epilogue-operands.ts";
import { type Multiplication, portionedMultiplication } from "./multiplication.ts";
import { type Portion, portionName } from "./portions.ts";
import type { StageWeights } from "./weight-store.ts";

export interface FusedRangeOptions extends Epilogue {
  /** Shape of the kernel; chosen for the device and the range when absent. */
  readonly variant?: FusedRangeVariant;
  /** Added to every output, inside the same kernel: `rows` elements. */
  readonly bias?: Float32Array;
  /** Where the packed weights are shared with other multiplications; this one's own unless given. */
  readonly weights?: StageWeights | undefined;
  /** Writes the outputs where the inputs are. The blocks of the range's product must be square. */
  readonly inPlace?: boolean;
}

/**
 * A range of factors in one dispatch, `y = Ws ... Wt x (+ bias)`: what lies between the factors stays in
 * registers or in workgroup memory. With an {@link Epilogue}, whose operands are given to `steps`,
 * `y = activation(Ws ... Wt x + bias) * multiplier + addend`.
 *
 * @throws PapilioError `RANGE_NOT_FUSED` where a block of the range is too large, or not square and to be
 * computed in place; `BIAS_LENGTH`, `ACTIVATION_INVALID`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`,
 * `MEMORY_BUDGET`
 */
export function prepareFusedRange(
  gpu: DeviceContext,
  butterfly: Butterfly,
  shape: InputShape,
  { variant, bias, weights: store, inPlace = false, ...epilogue }: FusedRangeOptions = {},
): Multiplication {
  const { chain } = butterfly;
  requireBias(bias, chain.rows, `The chain ${chain}`);
  requireEpilogue(epilogue);
  return portionedMultiplication(
    gpu,
    { pattern: chain.product(), values: chain.nonZeros },
    shape,
    (buffers, portion) => {
      const part = partOfRange(butterfly, portion);
      const problem = {
        chain: part.chain,
        ...portion.shape,
        inPlace,
        sharing: rangeSharing(part),
        bias: bias !== undefined,
      };
      const chosen = variant ?? chooseFusedRange(gpu.report, problem);
      if (chosen === undefined || (inPlace && portion.pattern.b !== portion.pattern.c)) {
        throw notFused(chain, inPlace);
      }
      const { dtype } = shape;
      const key = `${store?.stage} ${portionName(portion)} ${dtype}`;
      const known = store?.shared.packing<FusedRangePacking>(store.matrix, key);
      const own = fusedRangePackingOf(problem, chosen);
      const packing = known && readsFusedRangePacking(problem, chosen, known) ? known : own;
      const foreign = packing.width === own.width ? {} : { packing };
      const kernel = oncePerPlace((placed) =>
        fusedRangeKernel({ ...problem, ...foreign, epilogue: placed }, chosen),
      );
      const pack = (): Float32Array => packFusedRange(part, problem, packing);
      const weights =
        store === undefined || (known !== undefined && packing !== known)
          ? buffers.upload(pack(), dtype, "packed range")
          : store.shared.use(store.matrix, key, { dtype, packing, pack });
      const firstRow = portion.superBlock * portion.pattern.b * portion.pattern.d;
      const extra = biasOf(bias, { buffers, store, dtype, firstRow, rows: part.chain.rows });
      return (x, y, operands) => {
        const { placed, bound } = placeOperands(epilogue, operands, x, y);
        const bindings = [...(inPlace ? [] : [x]), weights, y, ...extra, ...bound];
        return [{ kernel: kernel(placed), buffers: bindings, role: "multiply" }];
      };
    },
    { epilogue, inPlace },
  );
}

/** The super-blocks of a range's factors that make a portion of its product. */
function partOfRange({ factors, chain }: Butterfly, { pattern, superBlock }: Portion): Butterfly {
  const { a } = chain.product();
  return new Butterfly(
    factors.map((factor) => {
      // Super-blocks of a factor for each of the product's.
      const each = factor.pattern.a / a;
      return factor.superBlocks(superBlock * each, pattern.a * each);
    }),
  );
}

/** The error for a range of which no kernel keeps a block: `RANGE_NOT_FUSED`. */
export function notFused(chain: Chain, inPlace: boolean = false): PapilioError {
  const { b, c } = chain.product();
  return new PapilioError(
    "RANGE_NOT_FUSED",
    `The range ${chain} cannot be one kernel${inPlace ? " that works in place" : ""}: its blocks are ${b} x ${c}.`,
    "Fuse fewer factors at a time, as planChain does, or merge them.",
  );
}
