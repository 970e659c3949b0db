import type { FloatDtype, Layout } from "@papilio/butterfly";
import { timedOf } from "../analysis/clock.ts";
import { type Estimate, estimateRatio } from "../analysis/statistics.ts";
import {
  type CaseSummary,
  type Ranked,
  type RunSummary,
  summarizeRun,
} from "../analysis/summarize.ts";
import { FUSED } from "../implementations/registry.ts";
import type { BenchResults } from "../results/results.ts";
import { printable } from "./escape.ts";
import { FUSED_LOOK, type Look, otherLook } from "./theme.ts";

/** An implementation as figures show it. */
export interface ComparedImplementation extends Look {
  readonly name: string;
  /** The name, shortened where it is long, and unlike every other's. */
  readonly label: string;
  readonly processor: "adapter" | "cpu";
}

/** Cases of one precision and one layout. */
export interface Facet {
  readonly label: string;
  readonly dtype: FloatDtype;
  readonly layout: Layout;
  readonly cases: readonly CaseSummary[];
}

/** What a report draws from. */
export interface ReportData {
  readonly results: BenchResults;
  readonly summary: RunSummary;
  /** The same without implementations on the CPU; the summary itself where there are none. */
  readonly adapterSummary: RunSummary;
  /** Those that were timed in any case, the fused kernel first. */
  readonly compared: readonly ComparedImplementation[];
  /** All cases with a time. */
  readonly facets: readonly Facet[];
}

/** Longest label of an implementation, in characters. */
const LABEL_LENGTH = 22;

/** Summarizes the results and sorts them for figures. */
export function collectData(results: BenchResults): ReportData {
  const summary = summarizeRun(results);
  const processors = new Map(results.implementations.map((entry) => [entry.name, entry.processor]));
  const onAdapter = (name: string): boolean => processors.get(name) !== "cpu";
  const timed = new Set(
    summary.cases.flatMap(({ ranking }) => ranking.map(({ implementation }) => implementation)),
  );
  return {
    results,
    summary,
    adapterSummary: [...timed].every(onAdapter) ? summary : summarizeRun(results, onAdapter),
    compared: comparedOf(results, timed, onAdapter),
    facets: facetsOf(summary.cases.filter(({ ranking }) => ranking.length > 0)),
  };
}

function comparedOf(
  results: BenchResults,
  timed: ReadonlySet<string>,
  onAdapter: (name: string) => boolean,
): ComparedImplementation[] {
  const listed = results.implementations.map(({ name }) => name).filter((name) => timed.has(name));
  const names = [...new Set([FUSED, ...listed, ...timed])].filter((name) => timed.has(name));
  const labels = labelsOf(names);
  const others = names.filter((name) => name !== FUSED);
  return names.map((name, index) => ({
    name,
    label: labels[index] as string,
    processor: onAdapter(name) ? "adapter" : "cpu",
    ...(name === FUSED ? FUSED_LOOK : otherLook(others.indexOf(name))),
  }));
}

function labelsOf(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const characters = [...printable(name)];
    const short =
      characters.length <= LABEL_LENGTH
        ? characters.join("")
        : `${characters.slice(0, LABEL_LENGTH - 1).join("")}…`;
    let label = short;
    for (let number = 2; taken.has(label); number++) label = `${short} ${number}`;
    taken.add(label);
    return label;
  });
}

function facetsOf(cases: readonly CaseSummary[]): Facet[] {
  const groups = Map.groupBy(cases, ({ result }) => facetLabel(result));
  return [...groups]
    .map(([label, members]) => {
      const { dtype, layout } = (members[0] as CaseSummary).result;
      return { label, dtype, layout, cases: members };
    })
    .sort(byFacet);
}

/** `f32 batch-last`: which facet a case belongs to. */
export function facetLabel({ dtype, layout }: FacetKey): string {
  return `${dtype} ${layout}`;
}

type FacetKey = Pick<Facet, "dtype" | "layout">;

/** Single precision first, double last, and the layout that the paper recommends first. */
export function byFacet(one: FacetKey, other: FacetKey): number {
  return facetPlace(one) - facetPlace(other);
}

function facetPlace({ dtype, layout }: FacetKey): number {
  return 2 * ["f32", "f16", "f64"].indexOf(dtype) + (layout === "batch-last" ? 0 : 1);
}

/** Whether the summary counts a case: several blocks in a factor, one of ours and one of the others. */
export function isCompared({ chain, speedup }: CaseSummary): boolean {
  return speedup !== undefined && chain.patterns.some(({ blocks }) => blocks > 1);
}

/** Where an implementation stands in a case. */
export function rankOf({ ranking }: CaseSummary, name: string): Ranked | undefined {
  return ranking.find(({ implementation }) => implementation === name);
}

/** The time of `name` over the fused kernel's, by the clock of the run. */
export function timeOverFused({ result, clock }: CaseSummary, name: string): Estimate | undefined {
  const find = (wanted: string): readonly number[] | undefined =>
    timedOf(result.results).find(({ implementation }) => implementation === wanted)?.timing[clock];
  const [above, below] = [find(name), find(FUSED)];
  return above && below && estimateRatio(above, below);
}

/** Whether a logarithmic axis can show a number. */
export function isPositive(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}
