/** The forms of a report. In a file of its own: public declarations name no type of the library that draws. */

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
