import { Butterfly, type Chain, PapilioError } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import { type Epilogue, requireEpilogue } from "../kernels/epilogue.ts";
import { chooseFusedChain } from "../kernels/fused-chain/choose.ts";
import { fusedChainKernel } from "../kernels/fused-chain/kernel.ts";
import { matrixChainVariant } from "../kernels/fused-chain/matrix-candidates.ts";
import { packFusedChain, rangeSharing } from "../kernels/fused-chain/pack.ts";
import {
  type FusedChainPacking,
  fusedChainPackingOf,
  readsFusedChainPacking,
} from "../kernels/fused-chain/packing.ts";
import type { FusedChainVariant } from "../kernels/fused-chain/variant.ts";
import { requireAnyMatrixUnits } from "../kernels/matrix-units.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { biasOf } from "./bias.ts";
import { oncePerPlace, placeOperands, requireBias } from "./epilogue-operands.ts";
import { type Multiplication, portionedMultiplication } from "./multiplication.ts";
import { type Portion, portionName } from "./portions.ts";
import { partKey, type StageWeights } from "./weight-store.ts";

export interface FusedChainOptions extends Epilogue {
  /** Shape of the kernel; chosen for the device and the chain when absent. */
  readonly variant?: FusedChainVariant;
  /** Whether the shape that is chosen is on the device's matrix units; false unless given. */
  readonly matrixUnits?: boolean | undefined;
  /** Added to every output, inside the same kernel: `rows` elements. */
  readonly bias?: Float32Array;
  /** Where the packed weights are shared with other multiplications; this one's own unless given. */
  readonly weights?: StageWeights | undefined;
  /** Writes the outputs where the inputs are. The blocks of the chain's product must be square. */
  readonly inPlace?: boolean;
}

/**
 * A chain of factors in one dispatch, `y = Ws ... Wt x (+ bias)`: what lies between the factors stays in
 * registers or in workgroup memory. With an {@link Epilogue}, whose operands are given to `steps`,
 * `y = activation(Ws ... Wt x + bias) * multiplier + addend`.
 *
 * @throws PapilioError `RANGE_NOT_FUSED` where a block of the chain is too large, or not square and to be
 * computed in place; `CHAIN_NOT_CHAINABLE`, `BIAS_LENGTH`, `ACTIVATION_INVALID`, `F16_UNAVAILABLE`,
 * `MATRIX_UNITS_UNAVAILABLE`, `BUFFER_TOO_LARGE`,
 * `MEMORY_BUDGET`
 */
export function prepareFusedChain(
  gpu: DeviceContext,
  butterfly: Butterfly,
  shape: InputShape,
  {
    variant,
    matrixUnits,
    bias,
    weights: store,
    inPlace = false,
    ...epilogue
  }: FusedChainOptions = {},
): Multiplication {
  const { chain } = butterfly;
  requireBias(bias, chain.rows, `The chain ${chain}`);
  requireEpilogue(epilogue);
  if (matrixUnits || variant?.kind === "matrix") requireAnyMatrixUnits(gpu.report);
  const choose = matrixUnits ? matrixChainVariant : chooseFusedChain;
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
      const chosen = variant ?? choose(gpu.report, problem);
      if (chosen === undefined || (inPlace && portion.pattern.b !== portion.pattern.c)) {
        throw notFused(chain, inPlace, matrixUnits);
      }
      const { dtype } = shape;
      const key = `${store?.stage} ${portionName(portion)} ${dtype}`;
      const known = store?.shared.packing<FusedChainPacking>(store.matrix, key);
      const own = fusedChainPackingOf(problem, chosen);
      const packing = known && readsFusedChainPacking(problem, chosen, known) ? known : own;
      const foreign = packing.width === own.width ? {} : { packing };
      const kernel = oncePerPlace((placed) =>
        fusedChainKernel({ ...problem, ...foreign, epilogue: placed }, chosen),
      );
      const pack = (): Float32Array => packFusedChain(part, problem, packing);
      const weights =
        store === undefined || (known !== undefined && packing !== known && !store.shared.placed)
          ? buffers.upload(pack(), dtype, "packed chain")
          : store.shared.use(store.matrix, partKey(key, packing, known), { dtype, packing, pack });
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

/** The super-blocks of a chain's factors that make a portion of its product. */
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

/** The error for a chain of which no kernel keeps a block: `RANGE_NOT_FUSED`. */
export function notFused(
  chain: Chain,
  inPlace: boolean = false,
  matrixUnits: boolean = false,
): PapilioError {
  const { b, c } = chain.product();
  return new PapilioError(
    "RANGE_NOT_FUSED",
    `The range ${chain} cannot be one kernel${matrixUnits ? " on matrix units" : ""}${inPlace ? " that works in place" : ""}: its blocks are ${b} x ${c}.`,
    "Fuse fewer factors at a time, as planChain does, or merge them.",
  );
}
