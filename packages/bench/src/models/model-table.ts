import { formatBytes } from "@papilio/butterfly/errors";
import { counted, percent, quantity, times } from "../analysis/format.ts";
import { estimateMedian, estimateRatio } from "../analysis/statistics.ts";
import {
  type ModelResults,
  type ModelUnit,
  type VariantResult,
  variantName,
} from "../results/model-results.ts";
import { requireModelResults } from "../results/require-results.ts";
import { kindShares } from "./breakdown.ts";

const SHOWN_PARTS = 8;

/** The columns of the table of variants. */
export const MODEL_HEAD: readonly string[] = [
  "engine, processor, linear layers",
  "threads",
  "parameters",
  "their FLOPs",
  "median",
  "95 % interval",
  "over dense",
  "over ONNX Runtime",
  "linear",
  "attention",
  "normalization",
  "rewrites",
  "other",
  "first answer",
  "peak memory",
];

/**
 * One row for each variant. The speed-up is over dense layers with the same engine, processor, dtype and
 * layout; the ratio to ONNX Runtime, over its dense layers on the same processor.
 */
export function modelRows(results: ModelResults): string[][] {
  requireModelResults(results);
  const { variants } = results;
  return variants.map((variant) => {
    const { linearFlops, parameters, threads, wall, profile, bytes, peakBytes } = variant;
    const firstAnswer = variant.compileSeconds + variant.firstRunSeconds;
    const memory = peakBytes ?? bytes;
    const estimate = wall.length === 0 ? undefined : estimateMedian(wall);
    const shares = profile === null ? undefined : kindShares(profile);
    return [
      variantName(variant),
      threads === null ? "-" : `${threads}`,
      quantity(parameters, ""),
      quantity(linearFlops, "FLOP"),
      estimate === undefined ? "-" : quantity(estimate.median, "s"),
      estimate === undefined
        ? "-"
        : `${quantity(estimate.lower, "s")} - ${quantity(estimate.upper, "s")}`,
      times(ratioTo(denseOf(variant, variants), variant)),
      times(ratioTo(rivalOf(variant, variants), variant)),
      percent(shares?.linear),
      percent(shares?.attention),
      percent(shares?.normalization),
      percent(shares?.rewrite),
      percent(shares?.other),
      quantity(firstAnswer, "s"),
      memory === null ? "-" : formatBytes(memory),
    ];
  });
}

function denseOf(
  variant: VariantResult,
  variants: readonly VariantResult[],
): VariantResult | undefined {
  const { engine, processor, dtype, layout, sequences } = variant;
  return variants.find(
    (other) =>
      other.linear === "dense" &&
      other.engine === engine &&
      other.processor === processor &&
      other.dtype === dtype &&
      other.layout === layout &&
      other.sequences === sequences,
  );
}

/** ONNX Runtime's dense layers on the same processor. */
function rivalOf(
  { engine, processor, sequences }: VariantResult,
  variants: readonly VariantResult[],
): VariantResult | undefined {
  if (engine === "onnxruntime") return undefined;
  return variants.find(
    (other) =>
      other.engine === "onnxruntime" &&
      other.linear === "dense" &&
      other.processor === processor &&
      other.sequences === sequences,
  );
}

/** How many times as fast as another variant one is. */
function ratioTo(other: VariantResult | undefined, variant: VariantResult): number | undefined {
  if (other === undefined || other === variant) return undefined;
  if (other.wall.length === 0 || variant.wall.length === 0) return undefined;
  return estimateRatio(other.wall, variant.wall).median;
}

/** Sentences under the table: the products, what was verified, where the time goes. */
export function modelLines(results: ModelResults): string[] {
  requireModelResults(results);
  const { model, description, unit, units, variants, skipped } = results;
  const butterfly = variants.find(({ linear }) => linear === "butterfly");
  const products = (butterfly?.linears ?? []).filter(({ product }) => product.includes(";"));
  return [
    `${model}: ${description}; ${counted(units, unit.slice(0, -1))} a run.`,
    ...products.map(
      ({ rows, cols, product, layers, weights }) =>
        `Butterfly ${rows} x ${cols}: ${product}, ${percent(weights / (rows * cols))} of the weights; ${counted(layers, "layer")}.`,
    ),
    ...variants.map((variant) => verificationLine(variant, results)),
    ...variants.flatMap((variant) => togetherLine(variant, variants)),
    ...variants.flatMap((variant) => partsLine(variant)),
    ...(variants.some(({ transfers }) => !transfers)
      ? ["Times are without the copies of inputs to the device, and of outputs back."]
      : []),
    ...variants.flatMap((variant) =>
      variant.note === null ? [] : [`${variantName(variant)}: ${variant.note}`],
    ),
    ...skipped.map(({ name, reason }) => `Not compared: ${name}. ${reason}`),
  ];
}

function verificationLine(
  variant: VariantResult,
  { unit, units }: Pick<ModelResults, "unit" | "units">,
): string {
  const { ok, relativeError, bound, nonFinite, units: verified, steps } = variant.verification;
  const error = `relative error ${relativeError?.toPrecision(2) ?? "not finite"}, allowed ${bound.toPrecision(2)}`;
  const compared =
    steps === undefined
      ? comparedText(unit, units, verified, variant.sequences)
      : `losses and norms of gradients of ${steps} steps of a small model compared with the reference`;
  return ok
    ? `Verified ${variantName(variant)}: ${error}; ${compared}.`
    : `WRONG ${variantName(variant)}: ${error}, ${nonFinite} outputs not finite; ${compared}; not timed.`;
}

/** What was compared: a run repeats the images that the reference computed, and no other inputs. */
function comparedText(
  unit: ModelUnit,
  units: number,
  verified: number,
  sequences: number | undefined,
): string {
  const reference = "with the reference in float64";
  if (sequences !== undefined) return `the logits of all ${sequences} tokens compared ${reference}`;
  if (unit === "cached tokens") return `the token's logits compared ${reference}`;
  const all = units === 1 ? `the ${unit.slice(0, -1)}` : `all ${units} ${unit}`;
  if (verified === units) return `${all} compared ${reference}`;
  if (unit === "tokens") return `the first ${verified} of ${units} tokens compared ${reference}`;
  const distinct = counted(verified, unit.slice(0, -1));
  return `${all} compared ${reference}, which computed ${distinct}: the run repeats ${verified === 1 ? "it" : "them"}`;
}

/** How many times as many tokens several sequences together have in the time of one at a time. */
function togetherLine(variant: VariantResult, variants: readonly VariantResult[]): string[] {
  const { sequences, wall } = variant;
  if (sequences === undefined || wall.length === 0) return [];
  const name = variantName({ ...variant, sequences: undefined });
  const one = variants.find((other) => variantName(other) === name);
  if (one === undefined || one.wall.length === 0) return [];
  const { median, lower, upper } = estimateRatio(one.wall, wall);
  const [gain, least, most] = [median, lower, upper].map((ratio) => times(sequences * ratio));
  return [
    `${name}, ${sequences} sequences together: ${gain} the tokens per second of one at a time (${least} to ${most}).`,
  ];
}

function partsLine(variant: VariantResult): string[] {
  const { profile } = variant;
  if (profile === null) return [];
  const total = profile.reduce((sum, { seconds }) => sum + seconds, 0);
  const parts = profile.slice(0, SHOWN_PARTS).map(({ part, seconds, flops = 0 }) => {
    const rate = flops === 0 ? "" : ` at ${quantity(flops / seconds, "FLOP/s")}`;
    return `${part} ${percent(seconds / total)}${rate}`;
  });
  return [
    `Time of ${variantName(variant)}: ${quantity(total, "s")} in its operations: ${parts.join(", ")}.`,
  ];
}

/** The columns of the table of parts. */
export const PART_HEAD: readonly string[] = [
  "engine, processor, linear layers",
  "part",
  "time",
  "share",
  "arithmetic",
  "of the peak",
  "memory",
  "of a copy",
];

/**
 * One row for each of the longest parts of what ran on the processor: its arithmetic and its memory traffic in a
 * second, as shares of what the processor reaches when it is asked for nothing else, on as many threads. Empty where
 * a file does not say. Small weights stay in a cache: they may be read faster than a copy moves numbers.
 */
export function partRows(results: ModelResults): string[][] {
  requireModelResults(results);
  const { rates, variants } = results;
  if (rates === undefined) return [];
  return variants.flatMap((variant) => {
    const { profile, processor, threads } = variant;
    if (processor !== "cpu" || profile === null) return [];
    const total = profile.reduce((sum, { seconds }) => sum + seconds, 0);
    return profile.slice(0, SHOWN_PARTS).map(({ part, seconds, flops = 0, bytes = 0 }) => {
      const arithmetic = flops / seconds;
      const memory = bytes / seconds;
      return [
        variantName(variant),
        part,
        quantity(seconds, "s"),
        percent(seconds / total),
        flops === 0 ? "-" : quantity(arithmetic, "FLOP/s"),
        flops === 0 ? "-" : percent(arithmetic / (rates.flopsPerSecond * (threads ?? 1))),
        bytes === 0 ? "-" : quantity(memory, "B/s"),
        bytes === 0 ? "-" : percent(memory / rates.copyBytesPerSecond),
      ];
    });
  });
}
