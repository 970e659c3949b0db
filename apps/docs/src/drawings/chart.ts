import { hue, INK, LINE, line, MUTED, type Panel, round, text } from "./svg.ts";

/** A row of points in a chart. */
interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Joined by lines, or left alone. */
  readonly joined: boolean;
}

/** One axis of a chart. */
interface Axis {
  readonly label: string;
  readonly scale: "linear" | "log";
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

export interface Chart {
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly width?: number;
}

const LEFT = 52;
const TOP = 10;
const PLOT_HEIGHT = 190;

/** A chart of points and lines with its legend below. */
export function drawChart({ title, description, x, y, series, width = 340 }: Chart): Panel {
  // Room for half of the last number below the axis.
  const right = width - 20;
  const bottom = TOP + PLOT_HEIGHT;
  const across = place(x, LEFT, right);
  const up = place(y, bottom, TOP);
  const grid = [
    ...x.ticks.map(
      (tick) =>
        line(across(tick), TOP, across(tick), bottom) +
        text(across(tick), bottom + 16, x.format(tick), {
          anchor: "middle",
          fill: MUTED,
          size: 11,
        }),
    ),
    ...y.ticks.map(
      (tick) =>
        line(LEFT, up(tick), right, up(tick)) +
        text(LEFT - 6, up(tick) + 4, y.format(tick), { anchor: "end", fill: MUTED, size: 11 }),
    ),
    text((LEFT + right) / 2, bottom + 34, x.label, { anchor: "middle", fill: MUTED }),
    `<g transform="translate(12 ${TOP + PLOT_HEIGHT / 2}) rotate(-90)">${text(0, 0, y.label, { anchor: "middle", fill: MUTED })}</g>`,
  ];
  const lines = series.map(({ points, joined }, index) => {
    const places = points.map(([px, py]) => [round(across(px)), round(up(py))] as const);
    const path = joined
      ? `<path d="M${places.map((pair) => pair.join(" ")).join("L")}" fill="none" stroke="${hue(index)}" stroke-width="2"/>`
      : "";
    const dots = places
      .map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.2" fill="${hue(index)}"/>`)
      .join("");
    return path + dots;
  });
  const legend = series.map(({ label }, index) => {
    const row = bottom + 54 + 18 * index;
    return `<circle cx="${LEFT + 5}" cy="${row - 4}" r="4.5" fill="${hue(index)}"/>${text(LEFT + 16, row, label, { fill: INK })}`;
  });
  const frame = `<path d="M${LEFT} ${TOP}V${bottom}H${right}" fill="none" stroke="${LINE}"/>`;
  return {
    title,
    description,
    width,
    height: bottom + 44 + 18 * series.length,
    content: [...grid, frame, ...lines, ...legend].join(""),
  };
}

function place({ scale, domain }: Axis, from: number, to: number): (value: number) => number {
  const along = scale === "log" ? Math.log : (value: number) => value;
  const [low, high] = domain.map(along) as [number, number];
  return (value) => from + ((along(value) - low) / (high - low)) * (to - from);
}
