import {
  describeValue,
  requireNumber,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { requireNotNegative } from "./settings.ts";

/** The learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

export interface WarmupCosineOptions {
  /** The largest learning rate, at the end of the warm-up. */
  readonly rate: number;
  /** Steps in all, at least 1. */
  readonly steps: number;
  /** Steps of the warm-up, in which the rate grows linearly; 0 unless given. */
  readonly warmup?: number;
  /** The rate from the last step on; 0 unless given. */
  readonly final?: number;
}

/**
 * A learning rate that grows linearly, `rate (step + 1) / warmup`, and then falls along half a cosine:
 * `final + (rate - final) (1 + cos(π t)) / 2`, with `t` from 0 after the warm-up to 1 after all steps.
 *
 * Source: arXiv 1608.03983, without restarts.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  requireObject("The options of warmupCosine", options, "WarmupCosineOptions");
  const { rate, steps, warmup = 0, final = 0 } = options;
  requireNotNegative("rate", rate);
  requireNotNegative("final", final);
  requireWhole("steps", steps, 1);
  requireWhole("warmup", warmup, 0);
  if (warmup > steps) {
    throw wrongArgument("warmup", describeValue(warmup), `at most the ${steps} steps in all`);
  }
  return (step) => {
    requireNumber("The step", step);
    if (step < warmup) return (rate * (step + 1)) / warmup;
    if (step >= steps) return final;
    const share = (step - warmup) / (steps - warmup);
    return final + ((rate - final) * (1 + Math.cos(Math.PI * share))) / 2;
  };
}
