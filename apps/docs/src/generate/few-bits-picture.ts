import { drawChart } from "../drawings/chart.ts";
import type { Drawing, Panel } from "../drawings/svg.ts";

/** What experiments/few-bits writes, as far as it is drawn. */
export interface FewBitsResults {
  readonly subjects: readonly {
    readonly name: string;
    readonly metric: "loss" | "accuracy";
    readonly rows: readonly {
      readonly dtype: string;
      readonly rounding: string;
      readonly loss: number;
      readonly accuracy: number;
    }[];
  }[];
}

type Subject = FewBitsResults["subjects"][number];

const ROUNDINGS = ["plain", "structured", "calibrated", "trained"];
const BITS = [2, 3, 4];

/** By how much perplexities grow, and what accuracies are, against the bits of a weight. */
export function fewBitsPicture({ subjects }: FewBitsResults): Drawing {
  return {
    name: "few-bits-results",
    caption:
      "Perplexity beside float32 of models of text, and accuracy of classifiers, against the bits of a weight. With eight bits all are as in float32.",
    panels: subjects.map((subject) =>
      subject.metric === "accuracy" ? accuracyPanel(subject) : perplexityPanel(subject),
    ),
  };
}

function perplexityPanel({ name, rows }: Subject): Panel {
  const exact = rows.find(({ dtype }) => dtype === "f32")?.loss ?? 0;
  const series = seriesOf(rows, ({ loss }) => 100 * Math.expm1(loss - exact));
  return drawChart({
    title: `${name}: less is better`,
    description: `By how many percent the perplexity is larger than in float32. ${endsOf(series, "%")}`,
    x: axisOfBits(),
    y: {
      label: "perplexity, % above f32",
      scale: "log",
      domain: [0.1, 100_000],
      ticks: [0.1, 1, 10, 100, 1000, 10_000, 100_000],
      format: (value) => value.toLocaleString("en"),
    },
    series,
  });
}

function accuracyPanel({ name, rows }: Subject): Panel {
  const series = seriesOf(rows, ({ accuracy }) => 100 * accuracy);
  const least = Math.min(...series.flatMap(({ points }) => points.map(([, value]) => value)));
  const low = 10 * Math.floor(least / 10);
  const ticks = Array.from({ length: (100 - low) / 10 + 1 }, (_, index) => low + 10 * index);
  return drawChart({
    title: `${name}: more is better`,
    description: `The share of images that are classified right. ${endsOf(series, "%")}`,
    x: axisOfBits(),
    y: { label: "accuracy, %", scale: "linear", domain: [low, 100], ticks, format: String },
    series,
  });
}

function axisOfBits() {
  return {
    label: "bits of a weight, without scales",
    scale: "linear" as const,
    domain: [2, 4] as const,
    ticks: BITS,
    format: String,
  };
}

function seriesOf(rows: Subject["rows"], measure: (row: Subject["rows"][number]) => number) {
  return ROUNDINGS.map((rounding) => ({
    label: rounding,
    joined: true,
    points: BITS.flatMap((bits) => {
      const row = rows.find((one) => one.dtype === `q${bits}` && one.rounding === rounding);
      return row === undefined ? [] : [[bits, Math.max(measure(row), 0.1)] as const];
    }),
  }));
}

function endsOf(series: ReturnType<typeof seriesOf>, unit: string): string {
  return `${series
    .map(({ label, points }) => {
      const [[, two] = [0, 0], [, four] = [0, 0]] = [points[0], points.at(-1)];
      return `${label}: ${two.toFixed(1)} ${unit} with two bits, ${four.toFixed(1)} ${unit} with four`;
    })
    .join("; ")}.`;
}
