import { formatBytes } from "@papilio/butterfly/errors";
import { counted, percent, quantity, times } from "../analysis/format.ts";
import { estimateMedian, estimateRatio } from "../analysis/statistics.ts";
import { type ModelResults, type VariantResult, variantName } from "../results/model-results.ts";
import { requireModelResults } from "../results/require-results.ts";
import { kindShares } from "./breakdown.ts";

const SHOWN_PARTS = 8;

/** The columns of the table of variants. */
export const MODEL_HEAD: readonly string[] = [
  "linear layers",
  "parameters",
  "their FLOPs",
  "median",
  "95 % interval",
  "speed-up",
  "linear",
  "attention",
  "normalization",
  "rewrites",
  "other",
  "peak memory",
];

/** One row for each variant. The speed-up is over dense layers of the same dtype and layout. */
export function modelRows(results: ModelResults): string[][] {
  requireModelResults(results);
  const { variants } = results;
  return variants.map((variant) => {
    const { linearFlops, parameters, wall, profile, peakBytes } = variant;
    const estimate = wall.length === 0 ? undefined : estimateMedian(wall);
    const shares = profile === null ? undefined : kindShares(profile);
    return [
      variantName(variant),
      quantity(parameters, ""),
      quantity(linearFlops, "FLOP"),
      estimate === undefined ? "-" : quantity(estimate.median, "s"),
      estimate === undefined
        ? "-"
        : `${quantity(estimate.lower, "s")} - ${quantity(estimate.upper, "s")}`,
      times(speedup(variant, variants)),
      percent(shares?.linear),
      percent(shares?.attention),
      percent(shares?.normalization),
      percent(shares?.rewrite),
      percent(shares?.other),
      formatBytes(peakBytes),
    ];
  });
}

function speedup(variant: VariantResult, variants: readonly VariantResult[]): number | undefined {
  const { dtype, layout, wall } = variant;
  const dense = variants.find(
    (other) => other.linear === "dense" && other.dtype === dtype && other.layout === layout,
  );
  if (dense === undefined || dense === variant) return undefined;
  if (dense.wall.length === 0 || wall.length === 0) return undefined;
  return estimateRatio(dense.wall, wall).median;
}

/** Sentences under the table: the products, what was verified, where the time goes. */
export function modelLines(results: ModelResults): string[] {
  requireModelResults(results);
  const { model, description, unit, units, variants } = results;
  const butterfly = variants.find(({ linear }) => linear === "butterfly");
  const products = (butterfly?.linears ?? []).filter(({ product }) => product.includes(";"));
  return [
    `${model}: ${description}; ${counted(units, unit.slice(0, -1))} a run.`,
    ...products.map(
      ({ rows, cols, product, layers, weights }) =>
        `Butterfly ${rows} x ${cols}: ${product}, ${percent(weights / (rows * cols))} of the weights; ${counted(layers, "layer")}.`,
    ),
    ...variants.map((variant) => verificationLine(variant, results)),
    ...variants.flatMap((variant) => partsLine(variant)),
  ];
}

function verificationLine(
  variant: VariantResult,
  { unit, units }: Pick<ModelResults, "unit" | "units">,
): string {
  const { ok, relativeError, bound, nonFinite, units: verified } = variant.verification;
  const error = `error ${relativeError?.toPrecision(2) ?? "not finite"}, allowed ${bound.toPrecision(2)}`;
  const compared =
    verified === units
      ? `all ${units} ${unit} compared with the CPU's`
      : unit === "images"
        ? `all ${units} images compared with the CPU's, ${verified} of them different`
        : `the first ${verified} of ${units} tokens compared with the CPU's`;
  return ok
    ? `Verified ${variantName(variant)}: ${error}; ${compared}.`
    : `WRONG ${variantName(variant)}: ${error}, ${nonFinite} outputs not finite; ${compared}; not timed.`;
}

function partsLine(variant: VariantResult): string[] {
  const { profile } = variant;
  if (profile === null) return [];
  const total = profile.reduce((sum, { seconds }) => sum + seconds, 0);
  const parts = profile
    .slice(0, SHOWN_PARTS)
    .map(({ part, seconds }) => `${part} ${percent(seconds / total)}`);
  return [
    `Time of ${variantName(variant)}: ${quantity(total, "s")} on the device: ${parts.join(", ")}.`,
  ];
}
