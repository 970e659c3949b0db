import { PapilioError } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { anyNumber, number, objectOf, optional } from "../arguments/checks.ts";
import { requireLogits } from "./logits.ts";

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
  const { temperature = 0, topK = Number.POSITIVE_INFINITY, topP = 1, seed = 0 } = options;
  requireOption(
    "temperature",
    temperature,
    temperature >= 0 && temperature < Number.POSITIVE_INFINITY,
  );
  requireOption(
    "topK",
    topK,
    topK >= 1 && (topK === Number.POSITIVE_INFINITY || Number.isInteger(topK)),
  );
  requireOption("topP", topP, topP > 0 && topP <= 1);
  const next = uniform(seed);
  const choose = temperature === 0 ? mostLikely : draw;
  return (logits) => {
    requireLogits(logits, "the next token");
    return choose(logits);
  };

  function draw(logits: Float32Array): number {
    const candidates = likely(logits, topK);
    const most = logits[candidates[0] as number] as number;
    const weights = candidates.map((token) =>
      Math.exp(((logits[token] as number) - most) / temperature),
    );
    const kept = nucleus(weights, topP);
    const total = sum(weights.slice(0, kept));
    let left = ((next() + 1) / 2) * total;
    for (let index = 0; index < kept; index++) {
      left -= weights[index] as number;
      if (left < 0) return candidates[index] as number;
    }
    return candidates[kept - 1] as number;
  }
}

/** The first of the largest. */
function mostLikely(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) {
    if ((logits[token] as number) > (logits[best] as number)) best = token;
  }
  return best;
}

/** The most likely tokens, the most likely first. */
function likely(logits: Float32Array, count: number): number[] {
  const tokens = Array.from(logits, (_, token) => token);
  tokens.sort((p, q) => (logits[q] as number) - (logits[p] as number) || p - q);
  return tokens.slice(0, Math.min(count, tokens.length));
}

/** How many of the first weights, which fall, make up a share of all: at least one, and none of zero. */
function nucleus(weights: readonly number[], share: number): number {
  const zero = weights.indexOf(0);
  if (share === 1) return zero === -1 ? weights.length : zero;
  const enough = share * sum(weights);
  let reached = 0;
  for (let index = 0; index < weights.length; index++) {
    reached += weights[index] as number;
    if (reached >= enough) return index + 1;
  }
  return weights.length;
}

function sum(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

function requireOption(name: string, value: number, valid: boolean): void {
  if (valid) return;
  throw new PapilioError(
    "SAMPLING_OPTION",
    `${name} is ${value}.`,
    "Use a temperature from 0 on, a whole topK of at least 1, and a topP above 0 and at most 1.",
  );
}
