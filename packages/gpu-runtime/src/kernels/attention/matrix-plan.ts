import type { AttentionProblem } from "./problem.ts";
import type { MatrixAttention } from "./variant.ts";

/**
 * Elements of 16 bytes, to which drivers want rows of operands aligned: rows in workgroup memory are as much
 * further apart, so that they begin in different banks.
 */
const PADDING = { f16: 8, f32: 4 };

/** A matrix in workgroup memory: elements between two of its lines, and of all of it. */
interface Staged {
  readonly majorness: "row_major" | "col_major";
  readonly stride: number;
  readonly elements: number;
}

/** What a workgroup of attention on matrix units holds. */
export interface MatrixAttentionPlan {
  readonly threads: number;
  readonly queries: number;
  /** Features of a head, padded to whole products of both kinds. */
  readonly features: number;
  /** Invocations that share a query. */
  readonly lanes: number;
  /** `queries x features`, `features x keys` and `keys x features`, of f16, as their operands lie in memory. */
  readonly q: Staged;
  readonly k: Staged;
  readonly v: Staged;
  /** `queries x keys`, of f16. */
  readonly weights: Staged;
  /** Scores, then sums of values, of f32. */
  readonly sums: Staged;
  /** Numbers of f32 that the invocations of a query exchange. */
  readonly exchange: number;
  readonly bytes: number;
}

export function matrixAttentionPlan(
  problem: Pick<AttentionProblem, "headFeatures" | "q" | "k" | "v">,
  variant: MatrixAttention,
): MatrixAttentionPlan {
  const { unitM, unitN, unitK, subgroup, subgroups, keys } = variant;
  const queries = unitM * subgroups;
  const features = nextMultiple(problem.headFeatures, leastCommonMultiple(unitN, unitK));
  const lanes = subgroup / unitM;
  const staged = (name: "q" | "k" | "v", vectors: number): Staged => {
    const batchFirst = problem[name].layout === "batch-first";
    const [lines, line] = batchFirst ? [vectors, features] : [features, vectors];
    // The vectors are the columns of what the queries are multiplied by, and else the rows.
    const byVector = name === "k" ? "col_major" : "row_major";
    const byFeature = name === "k" ? "row_major" : "col_major";
    return { majorness: batchFirst ? byVector : byFeature, ...padded(lines, line, PADDING.f16) };
  };
  const [q, k, v] = [staged("q", queries), staged("k", keys), staged("v", keys)];
  const weights = { majorness: "row_major", ...padded(queries, keys, PADDING.f16) } as const;
  const width = Math.max(keys, features);
  const sums = { majorness: "row_major", ...padded(queries, width, PADDING.f32) } as const;
  const exchange = lanes === 1 ? 0 : queries * lanes;
  const halves = q.elements + Math.max(k.elements, v.elements) + weights.elements;
  return {
    threads: subgroup * subgroups,
    queries,
    features,
    lanes,
    q,
    k,
    v,
    weights,
    sums,
    exchange,
    bytes: 2 * halves + 4 * (sums.elements + exchange),
  };
}

/** The least number that both divide. */
export function leastCommonMultiple(x: number, y: number): number {
  let multiple = x;
  while (multiple % y !== 0) multiple += x;
  return multiple;
}

function nextMultiple(count: number, of: number): number {
  return Math.ceil(count / of) * of;
}

function padded(lines: number, line: number, padding: number): Omit<Staged, "majorness"> {
  const stride = line + padding;
  return { stride, elements: lines * stride };
}
