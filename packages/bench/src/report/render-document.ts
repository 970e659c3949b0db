import { callback, options as optionsOf, type Shape } from "../arguments/checks.ts";
import type { ReportDocument } from "./document.ts";
import type { Drawn } from "./figure.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
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

/** What {@link ReportOptions} must be. */
export const reportOptions: Shape = optionsOf({ figurePath: callback });

/** A report in all of its forms. */
export async function renderDocument(
  report: ReportDocument,
  drawn: readonly Drawn[],
  { figurePath }: ReportOptions,
): Promise<Report> {
  return {
    html: await renderHtml(report),
    markdown: renderMarkdown(report, figurePath),
    figures: drawn.map((figure) => ({
      name: figure.name,
      title: figure.title,
      svg: composeSvg(figure),
    })),
  };
}
