import { PapilioError } from "@papilio/butterfly";
import { requireArray } from "@papilio/butterfly/errors";
import { uniform } from "@papilio/butterfly/numeric";
import { anyNumber, number, objectOf, optional } from "../arguments/checks.ts";
import { type Candidates, candidatesOf } from "./candidates.ts";
import { logitRange } from "./logits.ts";
import { Ranking } from "./ranking.ts";
import { topK } from "./top-k.ts";

/** How the next token is chosen from logits. */
export interface SamplingOptions {
  /** By what logits are divided; 0, the default, takes the most likely token. */
  readonly temperature?: number;
  /** Only so many of the most likely tokens; all unless given. */
  readonly topK?: number;
  /** Only the most likely tokens whose probabilities add up to this; all unless given. */
  readonly topP?: number;
  /** Seed of the random numbers; 0 unless given. */
  readonly seed?: number;
}

const optionsCheck = objectOf({
  temperature: optional(anyNumber),
  topK: optional(anyNumber),
  topP: optional(anyNumber),
  seed: optional(number),
});

/** Chooses a token from logits; minus infinity rules one out. Throws `LOGITS_INVALID`. */
export type Sampler = (logits: Float32Array) => number;

/**
 * A way of choosing tokens: greedy, or by chance. Nucleus sampling: arXiv 1904.09751.
 *
 * @throws PapilioError `SAMPLING_OPTION`; `SEED_INVALID`
 */
export function sampler(options: SamplingOptions = {}): Sampler {
  optionsCheck("sampling", options);
  const { temperature = 0, topK: count = Number.POSITIVE_INFINITY, topP = 1, seed = 0 } = options;
  requireOption(
    "temperature",
    temperature,
    temperature >= 0 && temperature < Number.POSITIVE_INFINITY,
  );
  requireOption(
    "topK",
    count,
    count >= 1 && (count === Number.POSITIVE_INFINITY || Number.isInteger(count)),
  );
  requireOption("topP", topP, topP > 0 && topP <= 1);
  const next = uniform(seed);
  // Beyond these, no weight of a logit in float32 changes, and what is computed with them stays finite.
  const weighing = Math.min(1e60, Math.max(1e-60, temperature));
  return (logits) => {
    requireArray("The logits", logits, "Float32Array");
    const range = logitRange(logits, "the next token");
    // The first of the largest.
    return temperature === 0 ? logits.indexOf(range.most) : draw(candidatesOf(logits, range));
  };

  function draw(candidates: Candidates): number {
    const { most } = candidates;
    const ranking = new Ranking(topK(candidates, count), { most, temperature: weighing });
    const { total } = ranking;
    const kept = topP === 1 ? total : ranking.find((sum) => sum >= topP * total).sum;
    const drawn = ((next() + 1) / 2) * kept;
    return ranking.find((sum) => sum > drawn || sum >= kept).token;
  }
}

function requireOption(name: string, value: number, valid: boolean): void {
  if (valid) return;
  throw new PapilioError(
    "SAMPLING_OPTION",
    `${name} is ${value}.`,
    "Use a temperature from 0 on, a whole topK of at least 1, and a topP above 0 and at most 1.",
  );
}
