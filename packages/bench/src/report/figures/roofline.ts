import { chainCost } from "@papilio/butterfly";
import { counted, quantity } from "../../analysis/format.ts";
import type { CaseSummary } from "../../analysis/summarize.ts";
import { FUSED, isOurs } from "../../implementations/registry.ts";
import { GAPS, logAxis, unitLabels } from "../axes.ts";
import { type ComparedImplementation, isPositive, type ReportData, rankOf } from "../data.ts";
import type { Layer, Panel, Sketch } from "../figure.ts";
import { colour, FUSED_COLOUR } from "../theme.ts";

const NAME = { name: "roofline", title: "Roofline" } as const;

/** Points of a series in a panel; of more cases, every so many are drawn. */
const MOST_POINTS = 300;

interface RoofPoint {
  readonly intensity: number;
  readonly rate: number;
  readonly series: string;
  readonly text: string;
}

/** Achieved rate against arithmetic intensity, under what the adapter was measured to reach. */
export function rooflineFigure({ results, adapterSummary, facets, compared }: ReportData): Sketch {
  const { rates } = results.environment;
  if (rates === null) {
    return { ...NAME, omitted: "The adapter's copy bandwidth and peak were not measured." };
  }
  if (!isPositive(rates.copyBytesPerSecond) || !isPositive(rates.flopsPerSecond)) {
    return { ...NAME, omitted: "The adapter's measured rates are not positive." };
  }
  const cases = new Map(adapterSummary.cases.map((item) => [item.result, item]));
  const groups = facets
    .map(({ label, cases: members }) => {
      const own = members.flatMap(({ result }) => cases.get(result) ?? []);
      return { label, series: seriesOf(own, compared) };
    })
    .filter(({ series }) => series.some(({ points }) => points.length > 0));
  if (groups.length === 0) return { ...NAME, omitted: "No case was timed on the adapter." };

  const all = groups.flatMap(({ series }) => series.flatMap(({ points }) => points));
  const { copyBytesPerSecond: bandwidth, flopsPerSecond: peak } = rates;
  const ridge = peak / bandwidth;
  const x = logAxis([...all.map(({ intensity }) => intensity), ridge], GAPS.horizontal);
  const y = logAxis([...all.map(({ rate }) => rate), peak], GAPS.vertical);
  const thinned = groups.some(({ series }) => series.some(({ points, of }) => points.length < of));
  const f16 = facets.some(({ dtype }) => dtype === "f16");
  const chains = adapterSummary.cases.some(({ chain }) => chain.length > 1);
  return {
    ...NAME,
    caption: [
      `Arithmetic of the pattern in a second against operations for each byte that must move, under the roof of ${quantity(bandwidth, "B/s")} that a copy kernel reached and ${quantity(peak, "FLOP/s")} in registers.`,
      ...(f16 ? ["The peak is that of f32, which f16 may exceed."] : []),
      ...(chains
        ? [
            "Each factor counts as one read and one write, so that what keeps intermediate results on the chip, or in a cache, may lie above the roof.",
          ]
        : ["What finds its operands in a cache may lie above the roof."]),
      ...(thinned
        ? [`At most ${MOST_POINTS} points of a kind are drawn, evenly over the intensity.`]
        : []),
    ].join(" "),
    panels: groups.map(({ label, series }) => roofPanel(label, series, { x, y, bandwidth, peak })),
  };
}

interface Series {
  readonly name: string;
  readonly points: readonly RoofPoint[];
  /** Points that there are, drawn or not. */
  readonly of: number;
}

function seriesOf(
  cases: readonly CaseSummary[],
  compared: readonly ComparedImplementation[],
): Series[] {
  const labels = new Map(compared.map(({ name, label }) => [name, label]));
  const fused = cases.flatMap((item) => pointOf(item, FUSED, "fused kernel", labels));
  const others = cases.flatMap((item) => {
    const best = item.ranking.find(({ implementation }) => !isOurs(implementation));
    return best === undefined ? [] : pointOf(item, best.implementation, "best other", labels);
  });
  return [
    { name: "best other", points: thin(others), of: others.length },
    { name: "fused kernel", points: thin(fused), of: fused.length },
  ];
}

function pointOf(
  item: CaseSummary,
  name: string,
  series: string,
  labels: ReadonlyMap<string, string>,
): RoofPoint[] {
  const time = rankOf(item, name)?.time.median;
  if (!isPositive(time)) return [];
  const { flops, intensity } = chainCost(item.chain, item.result.batch, item.result.dtype);
  const rate = flops / time;
  const text = `${labels.get(name)}, ${item.name}: ${quantity(rate, "FLOP/s")}`;
  return [{ intensity, rate, series, text }];
}

function thin(points: readonly RoofPoint[]): RoofPoint[] {
  const sorted = points.toSorted((p, q) => p.intensity - q.intensity || p.rate - q.rate);
  const step = Math.max(1, sorted.length / MOST_POINTS);
  return sorted.filter((_, index) => Math.floor(index / step) > Math.floor((index - 1) / step));
}

interface Roof {
  readonly x: ReturnType<typeof logAxis>;
  readonly y: ReturnType<typeof logAxis>;
  readonly bandwidth: number;
  readonly peak: number;
}

function roofPanel(
  label: string,
  series: readonly Series[],
  { x, y, bandwidth, peak }: Roof,
): Panel {
  const points = series.flatMap((item) => item.points);
  const [left, right] = x.domain;
  const roof = [left, peak / bandwidth, right].map((intensity) => ({
    intensity,
    rate: Math.min(intensity * bandwidth, peak),
  }));
  const xChannel = {
    field: "intensity",
    type: "quantitative",
    scale: { type: "log", domain: [...x.domain], nice: false },
    axis: { title: "FLOPs for each byte", values: [...x.ticks], format: "~g", labelOverlap: false },
  };
  const yChannel = {
    field: "rate",
    type: "quantitative",
    scale: { type: "log", domain: [...y.domain], nice: false },
    axis: {
      title: "achieved rate",
      values: [...y.ticks],
      labelExpr: unitLabels("FLOP/s"),
      labelOverlap: false,
    },
  };
  const layers = [
    {
      data: { values: roof },
      mark: { type: "line", stroke: colour("ink"), strokeWidth: 1.5, clip: true, aria: false },
      encoding: { x: xChannel, y: yChannel },
    },
    {
      data: { values: points },
      mark: { type: "point", filled: true, size: points.length > 150 ? 14 : 30, opacity: 0.7 },
      encoding: {
        x: xChannel,
        y: yChannel,
        color: {
          field: "series",
          type: "nominal",
          scale: {
            domain: ["fused kernel", "best other"],
            range: [colour(FUSED_COLOUR), colour("blue")],
          },
          legend: { columns: 2 },
        },
        shape: {
          field: "series",
          type: "nominal",
          scale: { domain: ["fused kernel", "best other"], range: ["circle", "square"] },
        },
        description: { field: "text", type: "nominal" },
      },
    },
  ];
  return {
    title: `${label}, below ${quantity(bandwidth, "B/s")} and ${quantity(peak, "FLOP/s")}`,
    description: `${counted(points.length, "point")} under a roof of ${quantity(bandwidth, "B/s")} and ${quantity(peak, "FLOP/s")}.`,
    plotHeight: 230,
    left: 90,
    right: 8,
    legendRows: 1,
    layers: layers as Layer[],
  };
}
