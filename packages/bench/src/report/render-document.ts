import { callback, options as optionsOf, type Shape } from "../arguments/checks.ts";
import type { ReportDocument } from "./document.ts";
import type { Drawn } from "./figure.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Report, ReportOptions } from "./report.ts";
import { composeSvg } from "./svg.ts";

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
