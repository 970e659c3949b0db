import { chainCost } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import { counted, quantity } from "../../analysis/format.ts";
import type { CaseSummary } from "../../analysis/summarize.ts";
import { unitLabels } from "../axes.ts";
import { type Facet, isPositive, type ReportData, rankOf } from "../data.ts";
import type { Sketch } from "../figure.ts";
import { type LinePoint, lineAxes, linePanel } from "../lines.ts";

const PER_VECTOR = "time for each vector";
const WHOLE_NUMBERS = "format(datum.value, ',~d')";

interface Group {
  readonly title: string;
  readonly description: string;
  readonly points: readonly LinePoint[];
}

/** Time for each multiplication against how many there are. */
export function sizeFigure(data: ReportData): Sketch {
  const name = { name: "scaling-size", title: "Scaling with the size of the problem" } as const;
  const groups = data.facets.map((facet) => ({
    title: facet.label,
    description: `Median time for each multiplication in bins of problem size, ${counted(facet.cases.length, "case")}.`,
    points: pointsBySize(data, facet),
  }));
  return figure(data, groups, {
    ...name,
    omitted: "No case was timed.",
    caption: `Time for one multiplication and addition of the pattern, ${clockOf(data)}, against how many the problem has: n·a·b·c·d, summed over the factors. A flat line scales with the size; at the left, where problems are small, the fixed cost of a dispatch shows. Medians of the cases within a factor of four.`,
    x: { title: "multiplications and additions, n·a·b·c·d", labels: unitLabels("") },
    y: { title: "time for each", unit: "s" },
  });
}

/** Time for each vector against how many there are. */
export function batchFigure(data: ReportData): Sketch {
  const name = { name: "scaling-batch", title: "Scaling with the batch" } as const;
  const groups = data.facets.map((facet) => pointsByBatch(data, facet));
  return figure(data, groups, {
    ...name,
    omitted: "No pattern was timed at two batch sizes or more.",
    caption: `${capital(PER_VECTOR)}, ${clockOf(data)}, against the vectors of a batch: the median over those patterns that were run at every batch size. A falling line gains from more vectors, a flat one has all it needs.`,
    x: { title: "vectors in a batch, n", labels: WHOLE_NUMBERS },
    y: { title: PER_VECTOR, unit: "s" },
  });
}

/** Time of chains of several factors against their size. */
export function chainFigure(data: ReportData): Sketch {
  const name = { name: "scaling-chains", title: "Chains of several factors" } as const;
  const kinds = [
    { title: "2 factors", has: (length: number) => length === 2 },
    { title: "3 factors or more", has: (length: number) => length > 2 },
  ];
  const groups = data.facets.flatMap((facet) =>
    kinds.map(({ title, has }) => {
      const cases = facet.cases.filter(({ chain }) => has(chain.length));
      return {
        title: `${facet.label}, ${title}`,
        description: `Median time for each vector against the columns of the product, ${counted(cases.length, "case")}.`,
        points: linesOf(data, cases, ({ chain }) => chain.cols, perVector, `for each vector, N =`),
      };
    }),
  );
  return figure(data, groups, {
    ...name,
    omitted: "No chain of two factors or more was timed.",
    caption: `${capital(PER_VECTOR)} that goes through all factors of a chain, ${clockOf(data)}, against the size N of the vector: medians over the chains and batches of that size.`,
    x: { title: "columns of the product, N", labels: WHOLE_NUMBERS },
    y: { title: PER_VECTOR, unit: "s" },
  });
}

interface Wording {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly omitted: string;
  readonly x: { readonly title: string; readonly labels: string };
  readonly y: { readonly title: string; readonly unit: string };
}

function figure(data: ReportData, groups: readonly Group[], wording: Wording): Sketch {
  const { name, title, caption, omitted, x, y } = wording;
  const drawn = groups.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return { name, title, omitted };
  const axes = lineAxes(
    drawn.flatMap(({ points }) => points),
    x.labels === WHOLE_NUMBERS,
  );
  return {
    name,
    title,
    caption,
    panels: drawn.map((group) =>
      linePanel({
        ...group,
        compared: data.compared,
        x: { ...x, axis: axes.x },
        y: { ...y, axis: axes.y },
      }),
    ),
  };
}

function perVector({ result }: CaseSummary): number {
  return result.batch;
}

/** Lines over medians of cases with the same `x`, of the time divided by `unit`. */
function linesOf(
  { compared }: ReportData,
  cases: readonly CaseSummary[],
  x: (item: CaseSummary) => number,
  unit: (item: CaseSummary) => number,
  words: string,
): LinePoint[] {
  const bins = [...Map.groupBy(cases, x)].sort(([p], [q]) => p - q);
  return compared.flatMap(({ name, label }) =>
    bins.flatMap(([at, members]): LinePoint[] => {
      const values = members
        .map((item) => (rankOf(item, name)?.time.median ?? Number.NaN) / unit(item))
        .filter(isPositive);
      if (values.length === 0) return [];
      const y = median(values);
      const text = `${label}: ${quantity(y, "s")} ${words} ${quantity(at, "").trim()} (${counted(values.length, "case")})`;
      return [{ x: at, y, series: label, text }];
    }),
  );
}

function pointsBySize(data: ReportData, { cases }: Facet): LinePoint[] {
  const multiplications = ({ chain, result }: CaseSummary): number =>
    chainCost(chain, result.batch, result.dtype).flops / 2;
  return linesOf(
    data,
    cases,
    (item) => 4 ** Math.round(Math.log2(multiplications(item)) / 2),
    multiplications,
    "for each multiplication of about",
  );
}

function pointsByBatch(data: ReportData, { label, cases }: Facet): Group {
  const byChain = [...Map.groupBy(cases, ({ result }) => result.chain).values()];
  const batchesOf = (members: readonly CaseSummary[]): string =>
    [...new Set(members.map(({ result }) => result.batch))].sort((p, q) => p - q).join();
  // The same patterns at every point of a line: of the sets of batch sizes, the most common.
  const sets = [...Map.groupBy(byChain, batchesOf)]
    .filter(([batches]) => batches.includes(","))
    .sort(([, p], [, q]) => q.length - p.length);
  const chains = sets[0]?.[1] ?? [];
  return {
    title: label,
    description: `Median time for each vector over ${counted(chains.length, "pattern")} at every batch size.`,
    points: data.compared.flatMap((one) => {
      const complete = chains.filter((members) =>
        members.every((item) => rankOf(item, one.name) !== undefined),
      );
      return linesOf(
        { ...data, compared: [one] },
        complete.flat(),
        ({ result }) => result.batch,
        perVector,
        "for each vector, n =",
      );
    }),
  };
}

function clockOf({ summary }: ReportData): string {
  return summary.clock === "device" ? "by the device's clock" : "by the wall clock";
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
