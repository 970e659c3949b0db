import { counted } from "../analysis/format.ts";
import { callback, options as optionsOf, requireShape } from "../arguments/checks.ts";
import { requireResults } from "../results/require-results.ts";
import { type BenchResults, machineName } from "../results/results.ts";
import { collectData, type ReportData } from "./data.ts";
import type { Block, ReportDocument } from "./document.ts";
import { drawFigure } from "./draw.ts";
import { environmentTable } from "./environment-table.ts";
import type { Drawn, Sketch } from "./figure.ts";
import { coldStartFigure } from "./figures/cold-start.ts";
import { energyFigure } from "./figures/energy.ts";
import { relativeTimeFigure } from "./figures/relative-time.ts";
import { rewritingFigure } from "./figures/rewriting.ts";
import { rooflineFigure } from "./figures/roofline.ts";
import { batchFigure, chainFigure, sizeFigure } from "./figures/scaling.ts";
import { speedupFigure } from "./figures/speedup.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import { noticesOf } from "./notices.ts";
import { keySentences } from "./sentences.ts";
import { skippedTables } from "./skipped-tables.ts";
import { groupTables, losses } from "./speed-tables.ts";
import { composeSvg } from "./svg.ts";

/** A figure as an SVG document that opens by itself. */
export interface ReportFigure {
  /** Lower case and hyphens: `speedup`. Figures keep their names from report to report. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

/** A report in all of its forms. */
export interface Report {
  /** One page that opens offline: figures inside, no script, no request. */
  readonly html: string;
  readonly markdown: string;
  /** Those that the results have data for; the page and the Markdown say why others are missing. */
  readonly figures: readonly ReportFigure[];
}

export interface ReportOptions {
  /**
   * Where the Markdown finds a figure's SVG, as a URL relative to itself; without it, the Markdown
   * has the captions alone.
   */
  readonly figurePath?: (name: string) => string;
}

/** In the order of the page. */
const FIGURES: readonly ((data: ReportData) => Sketch)[] = [
  speedupFigure,
  relativeTimeFigure,
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
  requireShape("The options of renderReport", options, optionsOf({ figurePath: callback }));
  const data = collectData(results);
  const drawn: Drawn[] = [];
  const omitted: string[] = [];
  for (const sketchOf of FIGURES) {
    const sketch = sketchOf(data);
    if ("omitted" in sketch) {
      omitted.push(`${sketch.title}: ${sketch.omitted}`);
    } else {
      drawn.push(await drawFigure(sketch));
    }
  }
  const figures = drawn.map((figure): Block => ({ kind: "figure", figure }));
  const report = documentOf(data, [...figures, ...omissions(omitted)]);
  return {
    html: await renderHtml(report),
    markdown: renderMarkdown(report, options.figurePath),
    figures: drawn.map((figure) => ({
      name: figure.name,
      title: figure.title,
      svg: composeSvg(figure),
    })),
  };
}

function documentOf(data: ReportData, figures: readonly Block[]): ReportDocument {
  const { results, summary } = data;
  const { environment } = results;
  return {
    title: "Papilio benchmark",
    subtitle: [
      machineName(environment),
      ...(environment.adapter === null ? [] : [environment.adapter.driver]),
      environment.date.slice(0, 10),
      `${counted(results.cases.length, "case")}, ${counted(results.implementations.length, "implementation")}`,
    ].join(" · "),
    notices: noticesOf(results, summary),
    sections: [
      { id: "summary", heading: "Summary", blocks: [...keySentences(data), ...groupTables(data)] },
      { id: "figures", heading: "Figures", blocks: figures },
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
