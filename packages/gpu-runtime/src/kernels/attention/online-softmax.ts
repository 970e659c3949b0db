import { literal } from "../activation.ts";
import type { AttentionProblem } from "./problem.ts";

/**
 * Where the maximum starts: below all scores that make sense. Keys that a query does not see score far
 * lower still, so that their weights are zero even where it sees none, and all differences are finite.
 */
export const LOWEST = "-1e37";
const UNSEEN = "-1e38";

/**
 * Statements that turn `scores`, a query's products with the keys of a tile, into scores, and define
 * `name`, the largest of them and of `highest`. They are in units of log 2, because powers of two are
 * what devices compute. `seen` says of each key whether the query sees it.
 */
export function score(
  { scale }: AttentionProblem,
  name: string,
  highest: string,
  scores: readonly string[],
  seen: readonly string[],
): string[] {
  const factor = literal(scale * Math.LOG2E);
  return [
    ...scores.map((own, k) => `${own} = select(${UNSEEN}, ${own} * ${factor}, ${seen[k]});`),
    `let ${name} = ${scores.reduce((all, own) => `max(${all}, ${own})`, highest)};`,
  ];
}

/**
 * Statements that turn scores into weights relative to `peak`, the largest so far, and bring the
 * query's `highest` and `total` up to date (Milakov and Gimelshein, arXiv 1805.02867, algorithm 3).
 * They define `keep`, by which sums of values are to be multiplied.
 */
export function weigh(query: number, peak: string, scores: readonly string[]): string[] {
  return [
    `let keep${query} = exp2(highest${query} - ${peak});`,
    `highest${query} = ${peak};`,
    ...scores.map((own) => `${own} = exp2(${own} - ${peak});`),
    `total${query} = total${query} * keep${query} + (${scores.join(" + ")});`,
  ];
}

/** WGSL for what sums of weighed values are multiplied by: zero where no key was seen. */
export function shareOf(total: string): string {
  return `select(0.0, 1.0 / ${total}, ${total} > 0.0)`;
}
