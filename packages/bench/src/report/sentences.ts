import { median } from "@papilio/butterfly/numeric";
import { outOf, percent, times } from "../analysis/format.ts";
import type { GroupSummary, RunSummary } from "../analysis/summarize.ts";
import { verdictOf } from "../analysis/verdict.ts";
import { isCompared, type ReportData } from "./data.ts";
import type { Block } from "./document.ts";
import { energyOverFused } from "./figures/energy.ts";

/** What a run comes to, in sentences. */
export function keySentences(data: ReportData): Block[] {
  const { summary, adapterSummary } = data;
  if (summary.all.compared === 0) {
    return [
      {
        kind: "paragraph",
        text: "No case of several blocks has both one of Papilio's implementations and another one timed, so that there is nothing to compare.",
      },
    ];
  }
  const items = [
    ...verdictOf(data.results),
    ...groupSentences(summary.all),
    ...(adapterSummary === summary || adapterSummary.all.compared === 0
      ? []
      : [`Among implementations on the adapter: ${brief(adapterSummary.all)}.`]),
    ...(summary.highRatio.compared === 0
      ? []
      : [`Where (b + c) / (b·c) is at least 1/16: ${brief(summary.highRatio)}.`]),
    ...rewritingSentences(summary.all),
    ...energySentence(summary),
  ];
  return [{ kind: "list", items }];
}

function groupSentences({
  compared,
  fastest,
  surelyFastest,
  even,
  speedup,
}: GroupSummary): string[] {
  return [
    `Papilio's best is faster than the best other in ${outOf(fastest, compared)} cases with several blocks; in ${outOf(surelyFastest, compared)} surely, the whole 95 % interval of the speed-up being above 1${even === 0 ? "" : `; as fast in ${even}`}.`,
    ...(speedup === undefined
      ? []
      : [
          `Speed-up over the best other: ${times(speedup.median)} in the median, from ${times(speedup.least)} to ${times(speedup.most)}.`,
        ]),
  ];
}

function brief({ compared, fastest, speedup }: GroupSummary): string {
  return `faster in ${outOf(fastest, compared)}, speed-up ${times(speedup?.median)} in the median`;
}

function rewritingSentences({ overProduct, rewriting, rewritingBytes }: GroupSummary): string[] {
  const spends =
    rewritingBytes === undefined
      ? `${percent(rewriting)} of its time`
      : `${percent(rewriting)} of its time and ${percent(rewritingBytes)} of the bytes it moves`;
  return [
    ...(rewriting === undefined ? [] : [`bmm spends ${spends} on its shuffles (medians).`]),
    ...(overProduct === undefined
      ? []
      : [
          `The fused kernel takes ${times(overProduct)} the time of bmm's product alone, without its shuffles (median).`,
        ]),
  ];
}

function energySentence({ cases }: RunSummary): string[] {
  const ratios = cases
    .filter(isCompared)
    .map(energyOverFused)
    .filter((value) => value !== undefined);
  if (ratios.length === 0) return [];
  const less = ratios.filter((value) => value.median > 1).length;
  const share = median(ratios.map((value) => 1 / value.median));
  return [
    `The fused kernel takes ${times(share)} the energy of the thriftiest other in the median, and less in ${outOf(less, ratios.length)} cases.`,
  ];
}
