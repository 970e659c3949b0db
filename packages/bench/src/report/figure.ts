import type { TopLevelSpec } from "vega-lite";

/** A layered plot, as Vega-Lite describes it. */
type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;

export type Layer = LayeredSpec["layer"][number];

/** One plot. A figure has several, which stand side by side or below one another. */
export interface Panel {
  readonly title: string;
  /** For readers who do not see it: what is drawn, in a sentence. */
  readonly description: string;
  /** Height of the plot alone in pixels, without title, axis and legend. */
  readonly plotHeight: number;
  /** Pixels at the left of the plot, for the labels of the axis and its title. */
  readonly left: number;
  /** Pixels at the right of the plot, for labels outside. */
  readonly right: number;
  /** Rows of the legend below the axis; 0 without one. */
  readonly legendRows: number;
  readonly layers: readonly Layer[];
}

/** Outer width of a panel in pixels: two stand side by side on a desktop, one fills a phone. */
export const PANEL_WIDTH = 412;

/** A figure before it is drawn, or why there is none. */
export type Sketch = {
  /** Of its file: lower case and hyphens. */
  readonly name: string;
  readonly title: string;
} & (
  | {
      /** What is to be seen, in sentences. */
      readonly caption: string;
      readonly panels: readonly Panel[];
    }
  | { readonly omitted: string }
);

/** A panel that is drawn. */
export interface Drawing {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** What stands inside of the `svg` element. */
  readonly content: string;
}

/** A figure that is drawn, panel by panel. */
export interface Drawn {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly drawings: readonly Drawing[];
}
