import { counted } from "../analysis/format.ts";
import { requireShape } from "../arguments/checks.ts";
import { requireResults } from "../results/require-results.ts";
import { type BenchResults, machineName } from "../results/results.ts";
import { collectData, type ReportData } from "./data.ts";
import type { Block, ReportDocument } from "./document.ts";
import { drawFigures } from "./draw.ts";
import { environmentTable } from "./environment-table.ts";
import type { Drawn, Sketch } from "./figure.ts";
import { coldStartFigure } from "./figures/cold-start.ts";
import { energyFigure } from "./figures/energy.ts";
import { relativeTimeFigure } from "./figures/relative-time.ts";
import { rewritingFigure } from "./figures/rewriting.ts";
import { rooflineFigure } from "./figures/roofline.ts";
import { batchFigure, chainFigure, sizeFigure } from "./figures/scaling.ts";
import { speedupFigure } from "./figures/speedup.ts";
import { cautions, wrongNotices } from "./notices.ts";
import { renderDocument, reportOptions } from "./render-document.ts";
import type { Report, ReportOptions } from "./report.ts";
import { keySentences } from "./sentences.ts";
import { skippedTables } from "./skipped-tables.ts";
import { groupTables, losses } from "./speed-tables.ts";

/** In the order of the page, which begins with the first. */
const FIGURES: readonly ((data: ReportData) => Sketch)[] = [
  relativeTimeFigure,
  speedupFigure,
  rewritingFigure,
  sizeFigure,
  batchFigure,
  chainFigure,
  rooflineFigure,
  energyFigure,
  coldStartFigure,
];

/**
 * Renders a run's results as a page, as Markdown and as figures. The same results give the same
 * report. Nothing in a results file is trusted: its text is escaped wherever it goes.
 *
 * @throws PapilioError what `Chain.parse` throws, for a case's chain; `parseResults` lets no such case through
 *
 * @example
 * ```ts
 * const { html } = await renderReport(parseResults(await readFile("results.jsonl", "utf8")));
 * ```
 */
export async function renderReport(
  results: BenchResults,
  options: ReportOptions = {},
): Promise<Report> {
  requireResults(results);
  requireShape("The options of renderReport", options, reportOptions);
  const data = collectData(results);
  const { drawn, omitted } = await drawFigures(FIGURES.map((sketchOf) => sketchOf(data)));
  const report = documentOf(data, drawn, omitted);
  return await renderDocument(report, drawn, options);
}

function documentOf(
  data: ReportData,
  drawn: readonly Drawn[],
  omitted: readonly string[],
): ReportDocument {
  const { results, summary } = data;
  const { environment } = results;
  const [first, ...others] = drawn.map((figure): Block => ({ kind: "figure", figure }));
  return {
    title: "Papilio benchmark",
    subtitle: [
      machineName(environment),
      ...(environment.adapter === null ? [] : [environment.adapter.driver]),
      environment.date.slice(0, 10),
      `${counted(results.cases.length, "case")}, ${counted(results.implementations.length, "implementation")}`,
    ].join(" · "),
    notices: wrongNotices(results),
    sections: [
      { id: "glance", heading: "At a glance", blocks: first === undefined ? [] : [first] },
      { id: "summary", heading: "Summary", blocks: [...keySentences(data), ...groupTables(data)] },
      { id: "care", heading: "To be read with care", blocks: cautions(results, summary) },
      { id: "figures", heading: "Figures", blocks: [...others, ...omissions(omitted)] },
      { id: "losing", heading: "Losing cases", blocks: losses(data) },
      { id: "skipped", heading: "Not measured", blocks: skippedTables(data) },
      {
        id: "implementations",
        heading: "Implementations",
        blocks: [implementationTable(data)],
      },
      { id: "environment", heading: "Environment", blocks: [environmentTable(data)] },
    ].filter(({ blocks }) => blocks.length > 0),
  };
}

function omissions(items: readonly string[]): Block[] {
  if (items.length === 0) return [];
  return [
    { kind: "paragraph", text: "These figures are missing, for want of data:" },
    { kind: "list", items },
  ];
}

function implementationTable({ results }: ReportData): Block {
  return {
    kind: "table",
    caption: "What was compared",
    figures: false,
    head: ["implementation", "computes on", "description"],
    rows: results.implementations.map(({ name, processor, description }) => [
      name,
      processor === "cpu" ? "the CPU" : "the adapter",
      description,
    ]),
  };
}
