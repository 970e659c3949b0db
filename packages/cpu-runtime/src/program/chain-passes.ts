import type { Butterfly, Chain, KroneckerSparse } from "@papilio/butterfly";
import {
  arrayTag,
  requireBoolean,
  requireButterfly,
  requireChain,
  requireObject,
  requireOptions,
} from "@papilio/butterfly/errors";
import { UNSHARED } from "@papilio/butterfly/matrix";
import type { FactorRange } from "@papilio/butterfly/planning";
import { layOutWeights, type PackedWeights, type WeightDtype } from "../kernels/packed-weights.ts";
import { planForCpu } from "../planning/plan.ts";

/** A pass of a chain, which is an operation of a program. */
export interface ChainPass {
  readonly weights: PackedWeights;
  /** Factors of the chain that each stage of the weights is the product of. */
  readonly ranges: readonly FactorRange[];
}

/** How a chain is divided into passes. */
export interface ChainPassesOptions {
  /**
   * Whether a stage may be the product of several factors; true unless given. Where it may not, each stage has the
   * values of one factor as they are: `pack` packs them again within a program that trains them.
   */
  readonly merges?: boolean;
}

/**
 * The passes of a chain by the cost model, in the order in which they are applied. Values of a pass are packed by
 * `packWeights`.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function chainPasses(
  chain: Chain,
  dtype: WeightDtype = "f32",
  options: ChainPassesOptions = {},
): ChainPass[] {
  requireChain("The chain", chain);
  requireOptions("The options", options);
  const { merges = true } = options;
  requireBoolean("Whether factors are merged", merges);
  return planForCpu(chain, 1, { merges })
    .passes.toReversed()
    .map(({ from, to, stages }) => {
      const ranges = stages.toReversed();
      const patterns = ranges.map((range) => ({
        pattern: chain.product(range.from, range.to),
        sharing: UNSHARED,
      }));
      return { weights: layOutWeights(chain.product(from, to), patterns, dtype), ranges };
    });
}

/**
 * Values of each stage of a pass: those of a factor as they are, those of several multiplied out.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function passValues(matrix: Butterfly, pass: ChainPass): Float32Array[] {
  requireButterfly("The matrix", matrix);
  requireObject("The pass", pass, "what chainPasses returns", "weights", "ranges");
  const { ranges } = pass;
  return ranges.map(({ from, to }) => {
    if (to - from === 1) return float32(matrix.factors[from] as KroneckerSparse);
    return float32(matrix.merge(from, to).factors[from] as KroneckerSparse);
  });
}

/** Blocks that are stored once are written out: passes share none. */
function float32(factor: KroneckerSparse): Float32Array {
  const { values } = factor.withSharing(UNSHARED);
  return arrayTag(values) === "Float32Array" ? values : Float32Array.from(values);
}
