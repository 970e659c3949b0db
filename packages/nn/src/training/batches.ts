import { requireWhole } from "@papilio/butterfly/errors";
import { uniform } from "@papilio/butterfly/numeric";
import { objectOf, whole } from "../arguments/checks.ts";
import { requireBeta } from "./settings.ts";

/** The examples of a batch, by its number from 0: the same number always gives the same ones. */
export type BatchOrder = (batch: number) => Uint32Array<ArrayBuffer>;

export interface ShuffledOptions {
  /** Examples that there are. */
  readonly examples: number;
  /** Of each batch. */
  readonly batch: number;
  readonly seed: number;
}

/**
 * Passes over all examples, each in an order of its own, one batch after another: a batch may begin in one pass and end
 * in the next.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function shuffledBatches(options: ShuffledOptions): BatchOrder {
  objectOf({ examples: whole, batch: whole, seed: whole })("shuffledBatches", options);
  const { examples, batch, seed } = options;
  requireWhole("examples", examples, 1);
  requireWhole("batch", batch, 1);
  let known = { pass: -1, order: new Uint32Array() };
  const orderOf = (pass: number): Uint32Array => {
    if (known.pass !== pass) known = { pass, order: permutation(examples, seedOf(seed, pass)) };
    return known.order;
  };
  return (index) => {
    requireWhole("The number of a batch", index, 0);
    return Uint32Array.from({ length: batch }, (_, at) => {
      const place = index * batch + at;
      return orderOf(Math.floor(place / examples))[place % examples] as number;
    });
  };
}

export interface WindowsOptions {
  /** Tokens that there are. */
  readonly tokens: number;
  /** Tokens of a window, of which each is followed by another one. */
  readonly context: number;
  /** Windows of each batch. */
  readonly batch: number;
  readonly seed: number;
}

/**
 * Where windows begin, uniformly at random, each followed by a token that is to be predicted.
 *
 * @throws PapilioError `OPTION_INVALID`, for fewer tokens than a window and one more, too
 */
export function randomWindows(options: WindowsOptions): BatchOrder {
  objectOf({ tokens: whole, context: whole, batch: whole, seed: whole })("randomWindows", options);
  const { tokens, context, batch, seed } = options;
  requireWhole("context", context, 1);
  requireWhole("batch", batch, 1);
  requireWhole("tokens", tokens, context + 1);
  return (index) => {
    requireWhole("The number of a batch", index, 0);
    const next = uniform(seedOf(seed, index));
    return Uint32Array.from({ length: batch }, () => below(next, tokens - context));
  };
}

/** Examples in the order in which a seed puts them, and how many of them are for validation. */
export interface Split {
  readonly train: Uint32Array<ArrayBuffer>;
  readonly validation: Uint32Array<ArrayBuffer>;
}

/**
 * Keeps a share of the examples, at random, for validation: at least one where the share is above 0.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function splitExamples(options: {
  readonly examples: number;
  /** From 0 to below 1. */
  readonly share: number;
  readonly seed: number;
}): Split {
  objectOf({ examples: whole, seed: whole })("splitExamples", options);
  const { examples, share, seed } = options;
  requireBeta("share", share);
  const kept = share === 0 ? 0 : Math.max(1, Math.round(share * examples));
  requireWhole("examples", examples, kept + 1);
  const order = permutation(examples, seedOf(seed, SPLIT));
  return { validation: order.slice(0, kept), train: order.slice(kept) };
}

/** A number that no pass or batch has. */
const SPLIT = 2 ** 32 - 1;

/** A seed for a part of a run, by its number. Source: the finalizer of MurmurHash3. */
export function seedOf(seed: number, part: number): number {
  let hash = (seed ^ Math.imul(part + 1, 0x9e3779b1)) >>> 0;
  for (const factor of [0x85ebca6b, 0xc2b2ae35]) {
    hash = Math.imul(hash ^ (hash >>> 15), factor) >>> 0;
  }
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A whole number from 0 to below `end`. */
export function below(next: () => number, end: number): number {
  return Math.min(end - 1, Math.floor(((next() + 1) / 2) * end));
}

/** Source: Fisher and Yates, as Durstenfeld (1964) has it. */
function permutation(length: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  const order = Uint32Array.from({ length }, (_, at) => at);
  for (let at = length - 1; at > 0; at--) {
    const other = below(next, at + 1);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}
