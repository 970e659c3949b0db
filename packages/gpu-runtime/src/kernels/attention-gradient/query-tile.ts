import { dispatchGrid, tileIndexWgsl } from "../../device/kernel.ts";
import { limitWgsl, visibleTo } from "../attention/visibility.ts";
import { clamped, times } from "../wgsl.ts";
import { type AttentionGradientProblem, STATISTICS, sizesOf, strideOf } from "./problem.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** Workgroups of invocations along the queries of a head, and where each is. */
export interface QueryTile {
  readonly workgroups: ReturnType<typeof dispatchGrid>;
  /** Whether no invocation is past the queries. */
  readonly exact: boolean;
  /** WGSL that defines `firstQuery`, `head`, `sequence`, `limit`, and `end`, after the last key that any query sees. */
  readonly begin: string;
  /** Statements that define `t{j}`, the query of an invocation in its sequence, and `n{j}`, its vector. */
  query(j: number): string[];
  /** A statement that defines `end{j}`, after the last key that the query sees. */
  end(j: number): string;
  /** WGSL for where the statistics of query `j` lie. */
  statistic(j: number): string;
}

export function queryTile(
  problem: AttentionGradientProblem,
  { own, workgroup }: AttentionGradientVariant,
): QueryTile {
  const sizes = sizesOf(problem);
  const { sequences, queries, heads, causal } = problem;
  const perTile = workgroup * own;
  const queryTiles = Math.ceil(queries / perTile);
  const tiles = queryTiles * heads * sequences;
  const workgroups = dispatchGrid(tiles);
  const exact = queries % perTile === 0;
  const statistics = strideOf(problem, "statistics");
  return {
    workgroups,
    exact,
    begin: `${tileIndexWgsl(workgroups, tiles)}
  let firstQuery = (tile % ${queryTiles}u) * ${perTile}u;
  let head = (tile / ${queryTiles}u) % ${heads}u;
  let sequence = tile / ${queryTiles * heads}u;
  ${limitWgsl(sizes)}
  // Tiles of keys that no query of this workgroup sees are left out.
  let end = ${visibleTo(sizes, clamped(`firstQuery + ${perTile - 1}u`, queries, exact))};`,
    query: (j) => [
      `let t${j} = firstQuery + ${j * workgroup}u + lane;`,
      `let n${j} = sequence * ${queries}u + ${clamped(`t${j}`, queries, exact)};`,
    ],
    end: (j) => `let end${j} = ${causal ? visibleTo(sizes, `t${j}`) : "end"};`,
    statistic: (j) =>
      `${times(`n${j}`, statistics.vector)} + ${times("head", STATISTICS * statistics.feature)}`,
  };
}
