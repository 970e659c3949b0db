import { literal } from "../activation.ts";
import { isNotFiniteWgsl, largerWgsl, nanWgsl } from "../not-a-number.ts";
import type { AttentionSizes } from "./problem.ts";

/** Where the maximum starts: the least float32, so that differences to it are no NaN. */
export const LOWEST = "-3.4028234e38";

/**
 * Statements that turn `scores`, a query's products with the keys of a tile, into scores, and define
 * `name`, the largest of them and of `highest`: NaN where any is. They are in units of log 2, because
 * powers of two are what devices compute. `seen` says of each key whether the query sees it.
 */
export function score(
  { scale }: Pick<AttentionSizes, "scale">,
  name: string,
  highest: string,
  scores: readonly string[],
  seen: readonly string[],
): string[] {
  const factor = literal(scale * Math.LOG2E);
  return [
    ...scores.map((own, k) => `${own} = select(${LOWEST}, ${own} * ${factor}, ${seen[k]});`),
    `var ${name} = ${highest};`,
    ...scores.map((own) => `${name} = ${largerWgsl(name, own, 1)};`),
  ];
}

/**
 * Statements that turn scores into weights relative to `peak`, the largest so far, and bring the
 * query's `highest` and `total` up to date (Milakov and Gimelshein, arXiv 1805.02867, algorithm 3).
 * They define `keep`, by which sums of values are to be multiplied. What is not seen weighs nothing.
 * `stored` is what a weight becomes before it counts, of all weights the same multiple.
 */
export function weigh(
  query: number,
  peak: string,
  scores: readonly string[],
  seen: readonly string[],
  stored: (weight: string) => string = (weight) => weight,
): string[] {
  return [
    `let keep${query} = exp2(highest${query} - ${peak});`,
    `highest${query} = ${peak};`,
    ...scores.map(
      (own, k) => `${own} = select(0.0, ${stored(`exp2(${own} - ${peak})`)}, ${seen[k]});`,
    ),
    `total${query} = total${query} * keep${query} + (${scores.join(" + ")});`,
  ];
}

/**
 * WGSL for what sums of weighed values are multiplied by: zero where no key is seen, and NaN where the
 * largest score is NaN or infinite of either sign, whatever the driver's exp2 made of it.
 */
export function shareOf(total: string, peak: string, seen: string): string {
  const wrong = `${isNotFiniteWgsl(peak, 1)} || ${peak} <= ${LOWEST}`;
  return `select(0.0, select(1.0 / ${total}, ${nanWgsl("group.z", 1)}, ${wrong}), ${seen} > 0u)`;
}
