import { median } from "@papilio/butterfly/numeric";
import type { Case } from "../cases/case.ts";
import type { Interpolator } from "./interpolate.ts";
import type { Observations, Observed } from "./observations.ts";
import { isModelled, predictSeconds } from "./predict.ts";
import { AS_GOOD } from "./question.ts";

/**
 * What is left out at a time: one case, which leaves its chain with other batches in; or all cases
 * of a chain, which is harder.
 */
export type LeftOut = "case" | "chain";

/** A case whose times were predicted without it. */
export interface Trial {
  readonly case: Observed;
  /** Predicted and measured seconds of each implementation. */
  readonly times: ReadonlyMap<string, { readonly predicted: number; readonly measured: number }>;
  readonly chosen: string;
  /** Predicted time of the second over that of the chosen one. */
  readonly advantage: number;
  /** Measured time of the chosen one over that of the fastest: at least 1. */
  readonly regret: number;
  /** How far the nearest measured case lay. */
  readonly distance: number;
}

/** How often predictions chose well on cases that they did not know. */
export interface Validation {
  readonly leftOut: LeftOut;
  readonly trials: readonly Trial[];
  /** Trials whose choice was the fastest. */
  readonly best: number;
  /** Trials whose choice was the fastest or needed at most 10 % longer: {@link AS_GOOD}. */
  readonly asGood: number;
}

/** More cases than this are not left out: every so many-th is. */
const MAX_TRIALS = 300;

/** Cases with a choice: at least two implementations that were timed. */
function choices({ cases }: Observations): readonly Observed[] {
  const real = cases.filter(({ timed }) => timed.length >= 2);
  const stride = Math.max(1, Math.ceil(real.length / MAX_TRIALS));
  return real.filter((_, index) => index % stride === 0);
}

/**
 * Leaves measured cases out in turn, and chooses for each from the others.
 */
export function leaveOneOut(
  observations: Observations,
  interpolator: Interpolator,
  leftOut: LeftOut,
): Validation {
  const trials = choices(observations).flatMap((left) => {
    const { chain, result } = left;
    const item: Case = { ...result, chain };
    const use = (source: Observed): boolean =>
      leftOut === "case" ? source.name !== left.name : source.result.chain !== result.chain;
    let distance = 0;
    const trial = judge(left, observations, (implementation) => {
      const prediction = interpolator.predict(implementation, item, use);
      distance = Math.max(distance, prediction?.distance ?? 0);
      return prediction?.seconds;
    });
    return trial === undefined ? [] : [{ ...trial, distance }];
  });
  return validate(leftOut, trials);
}

/** How well the cost model alone would have chosen: there is nothing to leave out. */
export function judgeModel(observations: Observations): Validation {
  const trials = choices(observations).flatMap((left) => {
    const item: Case = { ...left.result, chain: left.chain };
    const trial = judge(left, observations, (implementation) =>
      isModelled(implementation)
        ? predictSeconds(implementation, item, observations.rates)
        : undefined,
    );
    return trial === undefined ? [] : [{ ...trial, distance: 0 }];
  });
  return validate("case", trials);
}

function judge(
  left: Observed,
  { clock }: Observations,
  predict: (implementation: string) => number | undefined,
): Omit<Trial, "distance"> | undefined {
  const times = new Map<string, { predicted: number; measured: number }>();
  for (const { implementation, timing } of left.timed) {
    const predicted = predict(implementation);
    if (predicted !== undefined) {
      times.set(implementation, { predicted, measured: median(timing[clock]) });
    }
  }
  const [chosen, second] = [...times].sort(([, p], [, q]) => p.predicted - q.predicted);
  if (chosen === undefined || second === undefined) return undefined;
  const fastest = Math.min(...left.timed.map(({ timing }) => median(timing[clock])));
  return {
    case: left,
    times,
    chosen: chosen[0],
    advantage: second[1].predicted / chosen[1].predicted,
    regret: chosen[1].measured / fastest,
  };
}

function validate(leftOut: LeftOut, trials: readonly Trial[]): Validation {
  return {
    leftOut,
    trials,
    best: trials.filter(({ regret }) => regret <= 1).length,
    asGood: trials.filter(({ regret }) => regret <= AS_GOOD).length,
  };
}
