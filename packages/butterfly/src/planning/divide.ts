import { requireFunction, requireWhole } from "../errors/argument-checks.ts";

/** A chain divided into stages, with what they cost together. */
export interface Division<Stage> {
  /** Left-most factors first. */
  readonly stages: readonly Stage[];
  readonly cost: number;
}

/** A stage that can replace a range of factors, and its cost. */
export interface Candidate<Stage> {
  readonly stage: Stage;
  readonly cost: number;
}

/**
 * The cheapest divisions of a chain of `length` factors into stages, the cheapest first. Dynamic
 * programming over where one stage ends and the next begins: the stages' costs add up, so the best
 * divisions of a whole are made of the best of its parts. Asks for the candidates of every range once.
 *
 * @param candidates the stages that can replace factors `from` to `to - 1`; at least one for each single
 *   factor
 * @param kept how many divisions are kept of each beginning of the chain, and returned at most
 * @throws PapilioError `OPTION_INVALID`
 */
export function divideChain<Stage>(
  length: number,
  candidates: (from: number, to: number) => Iterable<Candidate<Stage>>,
  kept: number = 1,
): Division<Stage>[] {
  requireWhole("The number of factors", length, 1);
  requireFunction("What lists candidates", candidates);
  requireWhole("The number of divisions", kept, 1);
  /** For each number of factors from the left, the best ways to divide them. */
  const best: Division<Stage>[][] = [[{ stages: [], cost: 0 }]];
  for (let to = 1; to <= length; to++) {
    const ways: Division<Stage>[] = [];
    for (let from = 0; from < to; from++) {
      const found = candidates(from, to);
      requireFunction("The iterator of the candidates", found?.[Symbol.iterator]);
      for (const { stage, cost } of found) {
        for (const before of best[from] as Division<Stage>[]) {
          ways.push({ stages: [...before.stages, stage], cost: before.cost + cost });
        }
      }
    }
    ways.sort((p, q) => p.cost - q.cost);
    best.push(ways.slice(0, kept));
  }
  return best[length] as Division<Stage>[];
}
