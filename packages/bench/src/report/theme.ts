import type { Config } from "vega-lite";

/** A colour on a light ground and its counterpart on a dark one. */
interface Colour {
  readonly light: string;
  readonly dark: string;
}

export type ColourName =
  | "ink"
  | "muted"
  | "axis"
  | "grid"
  | "surface"
  | "vermilion"
  | "blue"
  | "green"
  | "pink"
  | "sky"
  | "amber"
  | "grey";

const colours: Readonly<Record<ColourName, Colour>> = {
  ink: { light: "#1f2328", dark: "#e6edf3" },
  muted: { light: "#59636e", dark: "#9aa4af" },
  axis: { light: "#8c959f", dark: "#6e7681" },
  grid: { light: "#e6e9ed", dark: "#262c34" },
  surface: { light: "#ffffff", dark: "#0f141a" },
  // Okabe and Ito, Color Universal Design (2008), distinct with any kind of colour vision;
  // on a dark ground the darker ones are lightened.
  vermilion: { light: "#d55e00", dark: "#f58231" },
  blue: { light: "#0072b2", dark: "#4ba6e8" },
  green: { light: "#009e73", dark: "#2bc499" },
  pink: { light: "#cc79a7", dark: "#e495c2" },
  sky: { light: "#56b4e9", dark: "#8fd0f7" },
  amber: { light: "#e69f00", dark: "#f2bb45" },
  grey: { light: "#6e7781", dark: "#a3adb8" },
};

/** The colour as figures are drawn, on a light ground. */
export function colour(name: ColourName): string {
  return colours[name].light;
}

/** The fused kernel's colour, in every figure. */
export const FUSED_COLOUR: ColourName = "vermilion";

/** Colours of the other implementations, in turn; beyond these, shapes and dashes tell them apart. */
const OTHERS: readonly ColourName[] = ["blue", "green", "pink", "sky", "amber", "grey"];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"] as const;
const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [5, 3],
  [2, 2],
  [8, 3, 2, 3],
];

export interface Look {
  readonly colour: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

/** How the other implementation number `index` looks. */
export function otherLook(index: number): Look {
  const round = Math.floor(index / OTHERS.length);
  return {
    colour: colour(OTHERS[index % OTHERS.length] as ColourName),
    shape: SHAPES[(index + round) % SHAPES.length] as string,
    dash: DASHES[round % DASHES.length] as readonly number[],
  };
}

/** How the fused kernel looks. */
export const FUSED_LOOK: Look = { colour: colour(FUSED_COLOUR), shape: "circle", dash: [1, 0] };

/** Style rules that repaint figures inside `selector` for a dark ground. */
export function darkRules(selector: string): string {
  return Object.values(colours)
    .map(
      ({ light, dark }) =>
        `${selector} [fill="${light}"]{fill:${dark}}${selector} [stroke="${light}"]{stroke:${dark}}`,
    )
    .join("\n");
}

/** A page's variables, `--ink:#1f2328` and so on. */
export function variables(ground: keyof Colour): string {
  return Object.entries(colours)
    .map(([name, pair]) => `--${name}:${pair[ground]}`)
    .join(";");
}

/** Fonts of figures and of the page: those that the reader's system has. */
export const FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif";

/** What all figures have in common. */
export const CONFIG: Config = {
  background: "transparent",
  font: FONT,
  view: { stroke: colour("grid") },
  axis: {
    labelColor: colour("muted"),
    titleColor: colour("muted"),
    labelFontSize: 11,
    titleFontSize: 11.5,
    titleFontWeight: "normal",
    titlePadding: 8,
    labelLimit: 0,
    labelPadding: 4,
    gridColor: colour("grid"),
    domainColor: colour("axis"),
    tickColor: colour("axis"),
    tickSize: 4,
  },
  legend: {
    orient: "bottom",
    title: null,
    labelColor: colour("ink"),
    labelFontSize: 11,
    labelLimit: 0,
    symbolSize: 60,
    symbolOpacity: 1,
    symbolStrokeWidth: 0,
    columnPadding: 12,
    rowPadding: 3,
    offset: 10,
  },
  title: {
    anchor: "start",
    frame: "group",
    color: colour("ink"),
    fontSize: 13,
    fontWeight: 600,
    subtitleColor: colour("muted"),
    subtitleFontSize: 11,
    offset: 8,
  },
};
