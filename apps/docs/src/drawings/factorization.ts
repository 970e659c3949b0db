import { Chain } from "@papilio/butterfly";
import { factorize, searchChains } from "@papilio/butterfly/factorization";
import { errorBound, uniform } from "@papilio/butterfly/numeric";
import { drawChart } from "./chart.ts";
import type { Drawing } from "./svg.ts";

/** Error against parameters, for matrices that are near to butterflies and for one that is not. */
export async function frontDrawing(): Promise<Drawing> {
  const n = 64;
  const next = uniform(1);
  const matrices: [label: string, entry: (row: number, column: number) => number][] = [
    ["1 / (1 + |i - j|)", (i, j) => 1 / (1 + Math.abs(i - j))],
    ["exp(-((i - j) / 8)²)", (i, j) => Math.exp(-(((i - j) / 8) ** 2))],
    ["random numbers", () => next() - 0.5],
  ];
  const series = [];
  for (const [label, entry] of matrices) {
    const dense = Float64Array.from({ length: n * n }, (_, index) =>
      entry(Math.floor(index / n), index % n),
    );
    const { front } = await searchChains(dense, n, n, { threads: 1 });
    const points = front
      .filter(({ parameters }) => parameters <= 1)
      .map(({ parameters, error }) => [parameters, Math.max(error, 1e-4)] as const);
    series.push({ label, points, joined: true });
  }
  return {
    name: "front",
    caption:
      "What searchChains finds for three matrices of 64 × 64: each point is a chain that no other one beats in both. Errors below 10⁻⁴ are drawn there.",
    panels: [
      drawChart({
        title: "Relative error against stored values",
        description:
          "The smooth kernels fall to small errors at a fraction of the values; random numbers do not",
        x: {
          label: "stored values over those of the dense matrix",
          scale: "linear",
          domain: [0, 1],
          ticks: [0, 0.25, 0.5, 0.75, 1],
          format: (value) => `${100 * value} %`,
        },
        y: {
          label: "relative error",
          scale: "log",
          domain: [1e-4, 1],
          ticks: [1e-4, 1e-3, 1e-2, 1e-1, 1],
          format: (value) =>
            value === 1 ? "1" : `10${["", "⁻¹", "⁻²", "⁻³", "⁻⁴"][Math.round(-Math.log10(value))]}`,
        },
        series,
      }),
    ],
  };
}

/** The error that is reached, between its bounds. */
export async function boundsDrawing(): Promise<Drawing> {
  const sizes = [8, 16, 32, 64, 128];
  const found = [];
  for (const n of sizes) {
    const dense = Float64Array.from(
      { length: n * n },
      (_, index) => 1 / (1 + Math.abs(Math.floor(index / n) - (index % n))),
    );
    const { error, bounds } = await factorize(dense, Chain.squareDyadic(n), { threads: 1 });
    found.push({ n, error, lower: bounds?.lower ?? 0, upper: bounds?.upper ?? 0 });
  }
  return {
    name: "bounds",
    caption:
      "The dyadic chain for 1 / (1 + |i - j|): no butterfly of this chain is below the lower bound, and the error that factorize reaches is guaranteed to be below the upper one.",
    panels: [
      drawChart({
        title: "Error and its bounds",
        description: "The error lies between both bounds at every size",
        x: {
          label: "size of the matrix",
          scale: "log",
          domain: [8, 128],
          ticks: sizes,
          format: String,
        },
        y: {
          label: "relative error",
          scale: "linear",
          domain: [0, 0.6],
          ticks: [0, 0.2, 0.4, 0.6],
          format: String,
        },
        series: [
          { label: "reached", points: found.map(({ n, error }) => [n, error]), joined: true },
          { label: "upper bound", points: found.map(({ n, upper }) => [n, upper]), joined: true },
          { label: "lower bound", points: found.map(({ n, lower }) => [n, lower]), joined: true },
        ],
      }),
    ],
  };
}

/** Errors of sums in float32, beside what `verify` allows. */
export function accuracyDrawing(): Drawing {
  const counts = [2, 8, 32, 128, 512, 2048];
  const sums = 200;
  const measured = counts.map((terms): readonly [number, number] => {
    const next = uniform(terms);
    let worst = 0;
    for (let sum = 0; sum < sums; sum++) {
      let single = 0;
      let double = 0;
      let magnitude = 0;
      for (let term = 0; term < terms; term++) {
        const [w, x] = [Math.fround(next() - 0.5), Math.fround(next() - 0.5)];
        single = Math.fround(single + Math.fround(w * x));
        double += w * x;
        magnitude += Math.abs(w * x);
      }
      worst = Math.max(worst, Math.abs(single - double) / magnitude);
    }
    return [terms, worst];
  });
  const bound = (dtype: "f32" | "f16"): [number, number][] =>
    counts.map((terms) => [terms, errorBound(0.5, 1, { dtype, terms, subnormalOperands: 0 })]);
  return {
    name: "accuracy",
    caption: `The largest error of ${sums} sums of random products in float32, over the sum of their absolute values, beside what verify allows for them. Half precision adds one rounding of the stored sum.`,
    panels: [
      drawChart({
        title: "Errors and bounds",
        description:
          "The measured errors stay below the bounds, and both grow with the length of the sum",
        x: {
          label: "products in a sum",
          scale: "log",
          domain: [2, 2048],
          ticks: counts,
          format: String,
        },
        y: {
          label: "error",
          scale: "log",
          domain: [1e-8, 1e-2],
          ticks: [1e-8, 1e-6, 1e-4, 1e-2],
          format: (value) =>
            `10${["", "", "⁻²", "", "⁻⁴", "", "⁻⁶", "", "⁻⁸"][Math.round(-Math.log10(value))]}`,
        },
        series: [
          { label: "measured, float32", points: measured, joined: true },
          { label: "bound, f32", points: bound("f32"), joined: true },
          { label: "bound, f16 with sums in f32", points: bound("f16"), joined: true },
        ],
      }),
    ],
  };
}
