import { stridesOf } from "@papilio/butterfly/numeric";
import { loadWidth, range, times, wideType } from "../wgsl.ts";
import type { FactorGradientProblem } from "./problem.ts";

/** A run of neighbouring features of x or dy, of `group` neighbouring blocks, that an invocation reads each turn. */
export interface FeatureRun {
  /** Name of the operand's binding. */
  readonly name: "x" | "dy";
  /** Features of a block: `c` of x, `b` of dy. */
  readonly size: number;
  /** Features of the run. */
  readonly run: number;
  readonly group: number;
  readonly turn: number;
}

/** WGSL that reads a run. */
export interface RunLoads {
  /** Numbers of a load. */
  readonly width: number;
  /** Statements before the loop over the batch. */
  readonly locate: readonly string[];
  /** Statements of a turn, from vector `n` on. */
  readonly load: readonly string[];
  /** Number `r` of the run, of neighbouring block `g`, of vector `n + u`. */
  value(r: number, g: number, u: number): string;
}

/**
 * How a run is read: batch-last a load takes the vectors of a turn. Batch-first it takes the numbers of neighbouring
 * blocks, which are side by side; where those are all the `d` blocks, features follow one another, and a load goes on
 * with the next.
 */
export function loadsOfRun(
  { pattern: { d }, layout }: Pick<FactorGradientProblem, "pattern" | "layout">,
  { size, run, group, turn }: Omit<FeatureRun, "name">,
): { readonly width: number; readonly loads: number; readonly flat: boolean } {
  if (layout === "batch-last") return { width: turn, loads: run, flat: false };
  if (group < d) return { width: group, loads: run, flat: false };
  const width = Math.min(loadWidth(run * d), loadWidth(size * d));
  return { width, loads: (run * d) / width, flat: true };
}

/**
 * Reads a run whose first feature is `first`. Loads beyond the block read its last numbers instead.
 *
 * @param shared size of a subgroup whose members read the same run: member `m` issues load `m` of each `shared` of them
 */
export function runLoads(
  problem: FactorGradientProblem,
  operand: FeatureRun,
  first: string,
  shared?: number,
): RunLoads {
  const { pattern, layout } = problem;
  const { name, size, group, turn } = operand;
  const { d, rows, cols } = pattern;
  const { vector, feature } = stridesOf(problem, name === "x" ? cols : rows);
  const batchLast = layout === "batch-last";
  const { width, loads, flat } = loadsOfRun(problem, operand);

  const own = shared === undefined ? loads : Math.ceil(loads / shared);
  /** Which load of the run an invocation issues as its `q`-th. */
  const issued = (q: number): string => {
    if (shared === undefined) return `${q}u`;
    const member = q === 0 ? "member" : `${q * shared}u + member`;
    return (q + 1) * shared > loads ? `min(${member}, ${loads - 1}u)` : member;
  };
  const located = (q: number): string => {
    if (flat) {
      const at = `(${first}) * ${d}u + ${times(issued(q), width)}`;
      return `i * ${size * d}u + min(${at}, ${size * d - width}u)`;
    }
    return times(
      `(i * ${size}u + min(${first} + ${issued(q)}, ${size - 1}u)) * ${d}u + k`,
      feature,
    );
  };
  const read = (q: number, u: number): string => {
    const place = `${name}At${q} + ${times(u === 0 ? "n" : `(n + ${u}u)`, vector)}`;
    return `${wideType(width)}(${name}[${width === 1 ? place : `(${place}) / ${width}u`}])`;
  };
  /** Which load has a number, and which of its elements that is. */
  const placeOf = (r: number, g: number, u: number): readonly [load: number, element: number] => {
    if (batchLast) return [r, u];
    if (!flat) return [r, g];
    const at = r * group + g;
    return [Math.floor(at / width), at % width];
  };
  return {
    width,
    locate: range(own).map((q) => `let ${name}At${q} = ${located(q)};`),
    load: range(batchLast ? 1 : turn).flatMap((u) =>
      range(own).map((q) => `let ${name}${q}_${u} = ${read(q, u)};`),
    ),
    value: (r, g, u) => {
      const [load, element] = placeOf(r, g, u);
      const q = shared === undefined ? load : Math.floor(load / shared);
      const loaded = `${name}${q}_${batchLast ? 0 : u}${width === 1 ? "" : `[${element}]`}`;
      return shared === undefined ? loaded : `subgroupBroadcast(${loaded}, ${load % shared}u)`;
    },
  };
}
