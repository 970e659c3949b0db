import * as vega from "vega";
import { compile } from "vega-lite";
import { type Drawing, type Drawn, PANEL_WIDTH, type Panel, type Sketch } from "./figure.ts";
import { slimSvg } from "./slim-svg.ts";
import { CONFIG } from "./theme.ts";

/** Draws the figures for which there is data, and says why there are no others. */
export async function drawFigures(
  sketches: readonly Sketch[],
): Promise<{ readonly drawn: Drawn[]; readonly omitted: string[] }> {
  const drawn: Drawn[] = [];
  const omitted: string[] = [];
  for (const sketch of sketches) {
    if ("omitted" in sketch) omitted.push(`${sketch.title}: ${sketch.omitted}`);
    else drawn.push(await drawFigure(sketch));
  }
  return { drawn, omitted };
}

/** Draws a figure's panels with Vega, which needs no DOM for it. */
async function drawFigure(sketch: Extract<Sketch, { panels: unknown }>): Promise<Drawn> {
  const { name, title, caption, panels } = sketch;
  const drawings: Drawing[] = [];
  for (const [index, panel] of panels.entries()) {
    drawings.push(await drawPanel(panel, `${name}-${index}`));
  }
  return { name, title, caption, drawings };
}

const TOP = 30;
const AXIS = 46;
const LEGEND_ROW = 16;

/**
 * Margins are given, not measured: without a canvas Vega takes text for wider than it is, and with
 * one the same report would look different elsewhere.
 */
async function drawPanel(panel: Panel, id: string): Promise<Drawing> {
  const { title, description, plotHeight, left, right, legendRows, layers } = panel;
  const bottom = AXIS + (legendRows > 0 ? 6 + legendRows * LEGEND_ROW : 0);
  const logger = vega.logger(vega.None);
  const { spec } = compile(
    {
      title: { text: title, dx: 4 - left },
      width: PANEL_WIDTH - left - right,
      height: plotHeight,
      padding: { left, top: TOP, right, bottom },
      autosize: "none",
      layer: [...layers],
    },
    { config: { ...CONFIG, axisY: { titleX: 12 - left } }, logger },
  );
  const view = new vega.View(vega.parse(spec), { renderer: "none", logger });
  try {
    const { content } = slimSvg(await view.toSVG(), id);
    const height = TOP + plotHeight + bottom;
    return { title, description, width: PANEL_WIDTH, height, content };
  } finally {
    view.finalize();
  }
}
