import { quantity, times } from "../analysis/format.ts";
import { estimateMedian, estimateRatio } from "../analysis/statistics.ts";
import {
  type Engine,
  LINEAR_KINDS,
  type LinearKind,
  type ModelResults,
  PROCESSORS,
  type VariantResult,
} from "../results/model-results.ts";
import type { Block } from "./document.ts";
import { modelTitle, timedOn } from "./figures/model-bars.ts";

/** All models in a table: a row for each processor, the fastest form of each engine and kind of layers. */
export function modelOverview(parts: readonly ModelResults[]): Block {
  return {
    kind: "table",
    caption: "Time of a run, and how many times as fast Papilio's butterflies are",
    figures: true,
    head: [
      "model",
      "computes on",
      "ONNX Runtime dense",
      "ONNX Runtime butterfly",
      "Papilio dense",
      "Papilio butterfly",
      "over ONNX Runtime dense",
      "over ONNX Runtime butterfly",
      "over Papilio dense",
    ],
    rows: parts.flatMap((results) =>
      PROCESSORS.flatMap((processor) => {
        const variants = timedOn(processor, results).filter(
          ({ sequences }) => sequences === undefined,
        );
        if (variants.length === 0) return [];
        const of = (engine: Engine, linear: LinearKind): VariantResult | undefined =>
          fastest(variants.filter((one) => one.engine === engine && one.linear === linear));
        const own = of("papilio", "butterfly");
        const over = (other: VariantResult | undefined): string =>
          times(other && own && estimateRatio(other.wall, own.wall).median);
        return [
          [
            modelTitle(results),
            processor === "cpu" ? "the CPU" : "an adapter",
            ...LINEAR_KINDS.map((linear) => timeOf(of("onnxruntime", linear))),
            ...LINEAR_KINDS.map((linear) => timeOf(of("papilio", linear))),
            ...LINEAR_KINDS.map((linear) => over(of("onnxruntime", linear))),
            over(of("papilio", "dense")),
          ],
        ];
      }),
    ),
  };
}

function fastest(variants: readonly VariantResult[]): VariantResult | undefined {
  const median = ({ wall }: VariantResult): number => estimateMedian(wall).median;
  return variants.toSorted((p, q) => median(p) - median(q))[0];
}

function timeOf(variant: VariantResult | undefined): string {
  return variant === undefined ? "-" : quantity(estimateMedian(variant.wall).median, "s");
}
