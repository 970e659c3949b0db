import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quantity } from "@papilio/bench/analysis";
import { ascending, median } from "@papilio/butterfly/numeric";
import { drawChart } from "../drawings/chart.ts";
import { type Drawing, renderDrawing } from "../drawings/svg.ts";
import { fewBitsPicture } from "./few-bits-picture.ts";

/** A page of the results folder, and the picture that it begins with. */
interface Page {
  readonly name: string;
  readonly text: string;
  readonly data: string;
  readonly draw: (data: never) => Drawing;
}

const PAGES: readonly Page[] = [
  { name: "accuracy", text: "accuracy.md", data: "accuracy.md", draw: accuracyPicture },
  { name: "cpu", text: "cpu-two-cores.md", data: "cpu-two-cores.json", draw: cpuPicture },
  {
    name: "factorization",
    text: "factorization.md",
    data: "factorization.json",
    draw: factorizationPicture,
  },
  {
    name: "few-bits",
    text: "few-bits-accuracy.md",
    data: "few-bits-accuracy.json",
    draw: fewBitsPicture,
  },
  {
    name: "fourier",
    text: "fourier-lavapipe.md",
    data: "fourier-lavapipe.json",
    draw: fourierPicture,
  },
];

/** Pages that experiments wrote, by path, each with a picture of its numbers below its title. */
export function picturedPages(folder: string): Map<string, string> {
  return new Map(
    PAGES.map(({ name, text, data, draw }) => {
      const [title = "", ...rest] = readFileSync(join(folder, text), "utf8").split("\n");
      const contents = readFileSync(join(folder, data), "utf8");
      const numbers = (data.endsWith(".json") ? JSON.parse(contents) : contents) as never;
      const picture = renderDrawing(draw(numbers));
      return [`results/${name}.md`, [title, "", picture, ...rest].join("\n")];
    }),
  );
}

/** What models have on the test data against the weights of their linear layers, by the tables of the page. */
function accuracyPicture(page: string): Drawing {
  const tasks = page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const rows = [
        ...section.matchAll(
          /^\| [^|]+ \| \d+ \(([\d.]+) %\) \| [^|]+ \| [^|]+ \| ([\d.]+)( %)? \|/gm,
        ),
      ].map(([, share, value, percent]) => ({
        point: [Number(share), Number(value)] as const,
        isAccuracy: percent !== undefined,
      }));
      const points = rows.map(({ point }) => point).toSorted(([one], [other]) => one - other);
      const label = section.slice(0, section.indexOf(":"));
      return rows.length === 0 ? [] : [{ label, points, isAccuracy: rows[0]?.isAccuracy }];
    });
  return {
    name: "accuracy-results",
    caption:
      "Each point is a kind of layers, by the mean over seeds: dense ones at the right, with all weights. Lines join the kinds of one task.",
    panels: [true, false].flatMap((isAccuracy) => {
      const own = tasks.filter((task) => task.isAccuracy === isAccuracy);
      if (own.length === 0) return [];
      const values = own.flatMap(({ points }) => points.map(([, value]) => value));
      const step = isAccuracy ? 5 : 0.1;
      const [low, high] = [
        Math.floor(Math.min(...values) / step),
        Math.ceil(Math.max(...values) / step),
      ];
      const ticks = Array.from({ length: high - low + 1 }, (_, index) => (low + index) * step);
      const ends = own.map(({ label, points }) => {
        const [[, least] = [], [, most] = []] = [points[0], points.at(-1)];
        return `${label} ${least} with the fewest weights and ${most} with all`;
      });
      const unit = isAccuracy ? "accuracy, %" : "loss, nats a character";
      return [
        drawChart({
          title: isAccuracy ? "Test accuracy: more is better" : "Test loss: less is better",
          description: `${unit}: ${ends.join("; ")}`,
          x: {
            label: "weights of linear layers, % of dense",
            scale: "log",
            domain: [10, 100],
            ticks: [10, 20, 50, 100],
            format: String,
          },
          y: {
            label: unit,
            scale: "linear",
            domain: [low * step, high * step],
            ticks,
            format: (value) => (isAccuracy ? String(value) : value.toFixed(1)),
          },
          series: own.map(({ label, points }) => ({ label, points, joined: true })),
          width: 420,
        }),
      ];
    }),
  };
}

interface CpuResults {
  readonly groups: readonly { readonly name: string }[];
  readonly cases: readonly {
    readonly chain: string;
    readonly batch: number;
    readonly group: string;
    readonly results: readonly {
      readonly implementation: string;
      readonly status: string;
      readonly timing?: { readonly wall: readonly number[] };
    }[];
  }[];
}

/** Each product: how many times as fast as ONNX Runtime, against its time. */
function cpuPicture({ groups, cases }: CpuResults): Drawing {
  const compared = [...Map.groupBy(cases, ({ chain, batch }) => `${chain} x ${batch}`).values()];
  const points = compared.flatMap((layouts) => {
    const fastest = (isOf: (name: string) => boolean): number =>
      Math.min(
        ...layouts.flatMap(({ results }) =>
          results.flatMap(({ implementation, timing }) =>
            timing !== undefined && isOf(implementation) ? [median(timing.wall)] : [],
          ),
        ),
      );
    const theirs = fastest((name) => name.startsWith("ort-cpu-"));
    const ours = fastest((name) => name === "cpu-wasm");
    if (!Number.isFinite(theirs) || !Number.isFinite(ours)) return [];
    return [{ group: layouts[0]?.group, point: [theirs, theirs / ours] as const }];
  });
  const faster = points.filter(({ point }) => point[1] > 1).length;
  const middle = median(points.map(({ point }) => point[1]));
  const times = points.map(({ point }) => point[0]);
  const ratios = points.map(({ point }) => point[1]);
  return {
    name: "cpu-results",
    caption: `Each point is a product by so many vectors, by the fastest way of each side in either layout. Above 1 Papilio is the faster: in ${faster} of ${points.length}, ${middle.toFixed(2)} times in the median.`,
    panels: [
      drawChart({
        title: "Times as fast as ONNX Runtime on the CPU",
        description: `${faster} of ${points.length} products are faster, from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(1)} times`,
        x: {
          label: "time of ONNX Runtime",
          scale: "log",
          ...decades(times),
          format: seconds,
        },
        y: { label: "times as fast", scale: "log", ...decades([...ratios, 1], 3), format: String },
        series: groups.flatMap(({ name }) => {
          const own = points.filter(({ group }) => group === name).map(({ point }) => point);
          return own.length === 0 ? [] : [{ label: name, points: own, joined: false }];
        }),
        width: 520,
      }),
    ],
  };
}

interface FactorizationResults {
  readonly sizes: readonly {
    readonly chain: string;
    readonly n: number;
    readonly threads: number;
    readonly bounds: boolean;
    readonly seconds: number;
  }[];
}

/** How the time of a factorization grows with the matrix. */
function factorizationPicture({ sizes }: FactorizationResults): Drawing {
  const plain = sizes.filter(({ bounds }) => !bounds);
  const series = [...Map.groupBy(plain, ({ chain, threads }) => `${chain}, ${threads}`)].map(
    ([key, rows]) => ({
      label: `${key} ${key.endsWith(", 1") ? "thread" : "threads"}`,
      points: rows.toSorted((p, q) => p.n - q.n).map(({ n, seconds: time }) => [n, time] as const),
      joined: true,
    }),
  );
  const counts = ascending([...new Set(plain.map(({ n }) => n))]);
  const [least = 1, most = 1] = [counts[0], counts.at(-1)];
  const largest = plain.filter(({ n }) => n === most).map(({ seconds: time }) => time);
  return {
    name: "factorization-results",
    caption: `The time to factorize a square matrix, without bounds of the error. That of ${most} rows takes ${quantity(Math.min(...largest), "s")} at the best.`,
    panels: [
      drawChart({
        title: "Time to factorize",
        description: `The time grows from a matrix of ${least} rows to one of ${most}, where it is ${largest.map((time) => quantity(time, "s")).join(", ")}`,
        x: {
          label: "rows",
          scale: "log",
          domain: [least, most],
          ticks: [...counts],
          format: String,
        },
        y: {
          label: "time",
          scale: "log",
          ...decades(plain.map(({ seconds: time }) => time)),
          format: seconds,
        },
        series,
        width: 520,
      }),
    ],
  };
}

interface FourierResults {
  readonly rows: readonly {
    readonly n: number;
    readonly batch: number;
    readonly implementation: string;
    /** In milliseconds. */
    readonly samples: readonly number[];
  }[];
}

/** Times of transforms against their sizes, for one vector and for several. */
function fourierPicture({ rows }: FourierResults): Drawing {
  const batches = ascending([...new Set(rows.map(({ batch }) => batch))]);
  const sizes = ascending([...new Set(rows.map(({ n }) => n))]);
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)];
  const axis = decades(rows.map(({ samples }) => median(samples) / 1000));
  return {
    name: "fourier-results",
    caption:
      "Medians. The butterfly is the fast Fourier transform as a product of factors; the dense matrix was measured up to the size where its line ends.",
    panels: [...batches].map((batch) => {
      const own = rows.filter((row) => row.batch === batch);
      const series = [...Map.groupBy(own, ({ implementation }) => implementation)].map(
        ([label, points]) => ({
          label,
          points: points.map(({ n, samples }) => [n, median(samples) / 1000] as const),
          joined: true,
        }),
      );
      const last = series.map(({ label, points }) => {
        const [n, time] = points.at(-1) ?? [0, 0];
        return `${label} ${quantity(time, "s")} at ${n}`;
      });
      return drawChart({
        title: batch === 1 ? "One vector" : `${batch} vectors`,
        description: `Times of the largest transforms: ${last.join(", ")}`,
        x: {
          label: "points",
          scale: "log",
          domain: [least, most],
          ticks: [...sizes],
          format: String,
        },
        y: {
          label: "time",
          scale: "log",
          ...axis,
          format: seconds,
        },
        series,
      });
    }),
  };
}

/** `10 ms`. */
function seconds(value: number): string {
  return quantity(value, "s").replace(/\.0+(?=\s)/, "");
}

/** A logarithmic axis from round number to round number, labelled at powers of ten, and at `between` of them. */
function decades(
  values: readonly number[],
  between?: number,
): { readonly domain: readonly [number, number]; readonly ticks: readonly number[] } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const steps = between === undefined ? [1] : [1, between];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    steps.map((step) => Number(`${step}e${first + index}`)),
  ).flat();
  const from = ticks.findLast((tick) => tick <= low) ?? low;
  const to = ticks.find((tick) => tick >= high) ?? high;
  return { domain: [from, to], ticks: ticks.filter((tick) => tick >= from && tick <= to) };
}
