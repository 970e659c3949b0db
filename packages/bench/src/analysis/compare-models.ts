import { requireShape } from "../arguments/checks.ts";
import { type ModelResults, type VariantResult, variantName } from "../results/model-results.ts";
import { requireModelResults } from "../results/require-results.ts";
import { type RunFacts, warningsOf } from "./compare-warnings.ts";
import {
  COMPARE_THRESHOLD,
  type Compared,
  type CompareOptions,
  type Comparison,
  compareShape,
  conclude,
  divide,
  judge,
  requireThreshold,
  type Unmatched,
} from "./comparison.ts";
import { estimateRatio } from "./statistics.ts";

/**
 * Aligns two runs of a model by its variants, and compares the times, by the wall clock as models are
 * timed. With `relativeTo`, the name of a variant such as `papilio adapter dense f32 batch-last`, times are compared as
 * multiples of its time in the same run.
 *
 * @throws PapilioError `COMPARE_THRESHOLD` unless it is positive and finite; `COMPARE_NOTHING` when the
 *   runs are of other models or sizes, or have no timed variant in common, or none with the reference
 */
export function compareModels(
  before: ModelResults,
  after: ModelResults,
  options: CompareOptions = {},
): Comparison {
  requireModelResults(before);
  requireModelResults(after);
  requireShape("The options of compareModels", options, compareShape);
  const { threshold = COMPARE_THRESHOLD, relativeTo } = options;
  requireThreshold(threshold);
  const same = before.model === after.model && before.units === after.units;
  const { model, unit, units } = before;
  const name = `${model}, ${units} ${unit}`;
  const [old, now] = [before, after].map(
    ({ variants }) => new Map(variants.map((variant) => [variantName(variant), variant])),
  ) as [Map<string, VariantResult>, Map<string, VariantResult>];
  const references =
    relativeTo === undefined ? undefined : [old, now].map((run) => timed(run.get(relativeTo)));
  const compared: Compared[] = [];
  const broken: Unmatched[] = [];
  const onlyBefore: Unmatched[] = [];
  for (const [implementation, variant] of same ? old : []) {
    const [earlier, later] = [timed(variant), timed(now.get(implementation))];
    if (implementation === relativeTo || earlier === undefined) continue;
    if (later === undefined) {
      const other = now.get(implementation);
      const wrong = other?.verification.ok === false;
      (wrong ? broken : onlyBefore).push({ name, implementation, reason: reasonOf(other) });
      continue;
    }
    if (later.transfers !== earlier.transfers) {
      const reason = "only one run's times include the copies of inputs and outputs";
      onlyBefore.push({ name, implementation, reason });
      continue;
    }
    const pairs = [[earlier, later]];
    if (references !== undefined) {
      const [first, second] = references;
      if (first === undefined || second === undefined) continue;
      pairs.push([first, second]);
    }
    const [own, reference] = (pairs as [VariantResult, VariantResult][]).map(([p, q]) =>
      estimateRatio(q.wall, p.wall),
    );
    if (own === undefined) continue;
    const ratio = reference === undefined ? own : divide(own, reference);
    compared.push({
      case: { model, unit, units },
      name,
      implementation,
      clock: "wall",
      ratio,
      samples: Math.min(...pairs.flat().map(({ wall }) => wall.length)),
      verdict: judge(ratio, threshold),
    });
  }
  const onlyAfter = [...(same ? now : [])].flatMap(([implementation, later]): Unmatched[] => {
    const earlier = old.get(implementation);
    if (timed(later) === undefined || timed(earlier) || implementation === relativeTo) return [];
    return [{ name, implementation, reason: reasonOf(earlier) }];
  });
  const warnings = warningsOf(factsOf(before), factsOf(after), compared);
  return conclude(threshold, relativeTo, { compared, broken, onlyBefore, onlyAfter, warnings });
}

/** The variant where it is right and has times. */
function timed(variant: VariantResult | undefined): VariantResult | undefined {
  return variant?.verification.ok && variant.wall.length > 0 ? variant : undefined;
}

function reasonOf(variant: VariantResult | undefined): string {
  if (variant === undefined) return "the other run did not try it";
  return variant.verification.ok ? "the other run was stopped before it" : "wrong in the other run";
}

function factsOf({ environment, options, complete }: ModelResults): RunFacts {
  return { environment, options: { ...options, maxRunSeconds: null }, complete, damagedLines: [] };
}
