import { ascending, quantile } from "@papilio/butterfly/numeric";
import type { LogAxis } from "./axes.ts";
import type { Layer, Panel } from "./figure.ts";
import { colour } from "./theme.ts";

/** A distribution, drawn as a box. */
export interface Box {
  readonly count: number;
  readonly least: number;
  /** The 5 % quantile, where the whisker ends. */
  readonly low: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  /** The 95 % quantile. */
  readonly high: number;
  readonly most: number;
}

/** The box of at least one value. */
export function boxOf(values: readonly number[]): Box {
  const sorted = ascending(values);
  const at = (q: number): number => quantile(sorted, q);
  return {
    count: sorted.length,
    least: at(0),
    low: at(0.05),
    lower: at(0.25),
    median: at(0.5),
    upper: at(0.75),
    high: at(0.95),
    most: at(1),
  };
}

/** What the captions of figures with boxes say about them. */
export const BOX_LEGEND: string =
  "A box goes from the lower to the upper quartile with a line at the median, whiskers from the 5 % to the 95 % quantile, dots to the extremes; the number at the right is the median.";

/** A row of boxes: one box, or several below one another. */
export interface BoxRow extends Box {
  readonly row: string;
  readonly colour: string;
  /** Which of the row's boxes; all rows have the same kinds, or none. */
  readonly kind?: string;
  /** The median in words. */
  readonly text: string;
}

interface BoxPanel {
  readonly title: string;
  readonly description: string;
  /** From the top. */
  readonly rows: readonly BoxRow[];
  readonly axis: {
    readonly title: string;
    /** Linear from 0 to 1 where there is no logarithmic axis. */
    readonly log?: LogAxis;
    /** Vega expression of a label. */
    readonly labels: string;
  };
  /** Where a line goes from top to bottom. */
  readonly mark?: number;
}

/** Mean width of a letter in the label of a row, in pixels, generously. */
const LETTER = 6.4;

/** A panel of horizontal boxes, one row for each implementation. */
export function boxPanel({ title, description, rows, axis, mark }: BoxPanel): Panel {
  const names = [...new Set(rows.map(({ row }) => row))];
  const kinds = [...new Set(rows.flatMap(({ kind }) => kind ?? []))];
  const position = {
    field: "row",
    type: "nominal",
    scale: { domain: names, paddingInner: 0.3, paddingOuter: 0.2 },
    axis: { title: null, ticks: false, domain: false, grid: false, labelColor: colour("ink") },
  } as const;
  const y =
    kinds.length > 1
      ? {
          y: position,
          yOffset: { field: "kind", type: "nominal", scale: { domain: kinds, paddingInner: 0.2 } },
        }
      : { y: position };
  const fill =
    kinds.length > 1
      ? ({
          field: "kind",
          type: "nominal",
          scale: { domain: kinds, range: kinds.map((kind) => colourOf(rows, kind)) },
          legend: { symbolType: "square", symbolOpacity: 0.55 },
        } as const)
      : ({ field: "colour", type: "nominal", scale: null } as const);
  const x = (field: string) =>
    ({
      field,
      type: "quantitative",
      scale: axis.log
        ? { type: "log", domain: [...axis.log.domain], nice: false }
        : { domain: [0, 1] },
      axis: {
        title: axis.title,
        values: axis.log ? [...axis.log.ticks] : [0, 0.25, 0.5, 0.75, 1],
        labelExpr: axis.labels,
        labelOverlap: false,
      },
    }) as const;
  const data = { values: rows.map((row) => ({ ...row })) };
  const layers: unknown[] = [
    ...(mark === undefined
      ? []
      : [
          {
            data: { values: [{ at: mark }] },
            mark: { type: "rule", stroke: colour("muted"), strokeDash: [4, 3], aria: false },
            encoding: { x: x("at") },
          },
        ]),
    ...[
      ["low", "lower"],
      ["upper", "high"],
    ].map(([from = "", to = ""]) => ({
      data,
      mark: { type: "rule", stroke: colour("axis"), aria: false },
      encoding: { ...y, x: x(from), x2: { field: to } },
    })),
    ...(["least", "most"] as const).map((field) => ({
      data,
      mark: { type: "circle", size: 9, color: colour("axis"), opacity: 1, aria: false },
      encoding: { ...y, x: x(field) },
    })),
    {
      data,
      mark: { type: "bar", opacity: 0.55 },
      encoding: {
        ...y,
        x: x("lower"),
        x2: { field: "upper" },
        color: fill,
        description: { field: "summary", type: "nominal" },
      },
    },
    {
      data,
      mark: { type: "tick", thickness: 2, color: colour("ink"), opacity: 1, aria: false },
      encoding: { ...y, x: x("median") },
    },
    {
      data,
      mark: { type: "text", align: "left", dx: 6, fontSize: 11, color: colour("ink"), aria: false },
      encoding: { ...y, x: { value: "width" }, text: { field: "text", type: "nominal" } },
    },
  ];
  data.values = rows.map((row) => ({ ...row, summary: summaryOf(row) }));
  const longest = Math.max(...names.map((name) => name.length), 0);
  return {
    title,
    description,
    plotHeight: rows.length * (kinds.length > 1 ? 18 : 23) + 8,
    left: Math.max(48, 16 + Math.ceil(longest * LETTER)),
    right: 54,
    legendRows: kinds.length > 1 ? 1 : 0,
    layers: layers as Layer[],
  };
}

function colourOf(rows: readonly BoxRow[], kind: string): string {
  return rows.find((row) => row.kind === kind)?.colour ?? colour("grey");
}

function summaryOf({ row, kind, text, count }: BoxRow): string {
  return `${row}${kind === undefined ? "" : `, ${kind}`}: median ${text} of ${count}`;
}
