import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import * as v from "valibot";
import { estimateRatio } from "../analysis/statistics.ts";
import {
  anyNumber,
  callback,
  dtype as dtypeShape,
  having,
  layout as layoutShape,
  rates as ratesShape,
  requireShape,
} from "../arguments/checks.ts";
import type { Case } from "../cases/case.ts";
import { memorySchemas } from "../results/results-schema.ts";
import {
  cpuCandidate,
  interpolatedCandidates,
  measuredCandidates,
  modelledCandidates,
  type Prepared,
  type RankedCandidate,
} from "./candidates.ts";
import { bare, interpolatedConfidence, measuredConfidence, predictedRatio } from "./certainty.ts";
import { explain } from "./explain.ts";
import { Interpolator } from "./interpolate.ts";
import { type LeftOut, leaveOneOut, type Validation } from "./leave-one-out.ts";
import { observe } from "./observations.ts";
import type { Basis, Quantity, Question, SelectContext, Selection } from "./question.ts";

const questionShape = v.object({
  chain: having("a Chain", "patterns", "product"),
  batch: anyNumber,
  dtype: dtypeShape,
  layout: v.optional(layoutShape),
});
const contextShape = v.object({
  adapter: v.object({
    name: v.string(),
    driver: v.string(),
    kind: v.picklist(["hardware", "software"]),
  }),
  results: v.optional(
    v.array(
      v.object({
        cases: v.array(memorySchemas.caseResult),
        implementations: v.array(having("an implementation of a run")),
        environment: having("an environment", "adapter", "date"),
      }),
    ),
  ),
  rates: v.optional(ratesShape),
  threads: v.optional(v.number()),
  filter: v.optional(callback),
});

/**
 * Answers which implementation is best. See {@link select}; this one prepares the results once, for
 * many questions.
 */
export function createSelector(context: SelectContext): (question: Question) => Selection {
  requireShape("The context", context, contextShape);
  const observations = observe(context);
  const interpolator = new Interpolator(observations);
  const validations = new Map<LeftOut, Validation>();
  const prepared: Prepared = {
    context,
    observations,
    interpolator,
    validation: (leftOut) => {
      const known = validations.get(leftOut) ?? leaveOneOut(observations, interpolator, leftOut);
      validations.set(leftOut, known);
      return known;
    },
  };
  return (question) => {
    requireShape("The question", question, questionShape);
    return answer(question, prepared);
  };
}

/**
 * Says which implementation is best for a multiplication on an adapter, by how much, and how sure
 * that is: from samples of this very case where there are some; else predicted from other cases
 * measured on the adapter; else from the cost model and the adapter's rates. One that was wrong or
 * skipped on this very case is not chosen. The CPU backend of the machine is among them: where nothing
 * measured tells of it, by the cost model with which `choosePlace` of `@papilio/nn` chooses.
 *
 * @throws PapilioError `SELECTION_IMPOSSIBLE` when there are neither results of the adapter that
 * help nor its rates, or the filter leaves nothing; `BATCH_INVALID`
 *
 * @example
 * ```ts
 * const { best } = select(
 *   { chain: Chain.parse("4,64,64,4"), batch: 128, dtype: "f32" },
 *   { adapter: gpu.report, results: [parseResults(text)] },
 * );
 * ```
 */
export function select(question: Question, context: SelectContext): Selection {
  return createSelector(context)(question);
}

function answer(question: Question, prepared: Prepared): Selection {
  const { context, observations, validation } = prepared;
  // Of layouts that come out equal, batch-last is named: in it, what lies next to each other in
  // memory is always a block's, whatever the pattern.
  const layouts = question.layout === undefined ? LAYOUTS.toReversed() : [question.layout];
  const items = layouts.map((layout): Case => ({ ...question, layout }));
  const leftOut: LeftOut = observations.cases.some(
    ({ result }) => result.chain === question.chain.toString(),
  )
    ? "case"
    : "chain";
  const known = items.flatMap((item) => [
    ...measuredCandidates(item, prepared),
    ...interpolatedCandidates(item, prepared, leftOut),
  ]);
  const candidates = (
    known.length > 0
      ? [...known, ...items.flatMap((item) => cpuCandidate(item, known, prepared))]
      : items.flatMap((item) => modelledCandidates(item, context))
  ).toSorted((p, q) => p.seconds.median - q.seconds.median);
  const [best] = candidates;
  if (best === undefined) throw impossible(question, prepared);
  const others = candidates.filter(({ implementation }) => implementation !== best.implementation);
  const [runnerUp] = others;
  const basis = weaker(best.basis, runnerUp?.basis ?? best.basis);
  const advantage = runnerUp && advantageOf(best, runnerUp, () => validation(leftOut));
  const confidence = advantage
    ? confidenceOf(basis, best, candidates, advantage.median, () => validation(leftOut))
    : null;
  const partial = {
    best: best.implementation,
    layout: best.layout,
    ...(runnerUp && advantage ? { runnerUp: runnerUp.implementation, advantage } : {}),
    basis,
    confidence,
  };
  return {
    ...partial,
    explanation: explain(partial, {
      question,
      best,
      observations,
      adapter: context.adapter?.name ?? "the CPU",
      runnerUp,
      validation: basis === "interpolated" ? validation(leftOut) : undefined,
    }),
    candidates: candidates.map(({ implementation, layout, seconds, basis: from }) => ({
      implementation,
      layout,
      seconds,
      basis: from,
    })),
  };
}

const STRENGTH: readonly Basis[] = ["model", "interpolated", "measured"];

function weaker(p: Basis, q: Basis): Basis {
  return STRENGTH[Math.min(STRENGTH.indexOf(p), STRENGTH.indexOf(q))] as Basis;
}

function advantageOf(
  best: RankedCandidate,
  runnerUp: RankedCandidate,
  validation: () => Validation,
): Quantity {
  if (best.samples !== undefined && runnerUp.samples !== undefined) {
    return estimateRatio(runnerUp.samples, best.samples);
  }
  const ratio = runnerUp.seconds.median / best.seconds.median;
  if (best.basis === "model" || runnerUp.basis === "model") return bare(ratio);
  return predictedRatio(validation(), runnerUp.implementation, best.implementation, ratio);
}

function confidenceOf(
  basis: Basis,
  best: RankedCandidate,
  candidates: readonly RankedCandidate[],
  advantage: number,
  validation: () => Validation,
): number | null {
  switch (basis) {
    case "measured": {
      if (best.samples === undefined) return null;
      const others = candidates.filter((other) => other !== best);
      return measuredConfidence(
        best.samples,
        others.flatMap(({ samples }) => (samples === undefined ? [] : [samples])),
      );
    }
    case "interpolated": {
      const distances = candidates.map((one) => one.interpolated?.distance ?? 0);
      return interpolatedConfidence(validation(), advantage, Math.max(...distances));
    }
    case "model":
      return null;
  }
}

function impossible({ chain, batch, dtype }: Question, { context }: Prepared): PapilioError {
  const what = `${chain} x ${batch} ${dtype} on ${context.adapter?.name ?? "the CPU"}`;
  const given = context.rates !== undefined || (context.results ?? []).length > 0;
  return new PapilioError(
    "SELECTION_IMPOSSIBLE",
    given
      ? `Nothing that may be chosen is measured or modelled for ${what}.`
      : `There are neither results nor rates for ${what}.`,
    "Give results of this adapter in this precision, or its rates by measureRates, and a filter that allows some.",
  );
}
